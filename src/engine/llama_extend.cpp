#include "engine/llama_extend.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace bantam::engine {
namespace {

using base::ErrorKind;
using base::fail;

// Copies the logits of the batch's rows; false when one of them is not finite.
bool take_rows(LlamaSession& session, std::size_t count, std::span<float> rows) {
  const std::size_t vocabulary = rows.size() / count;
  bool finite = true;
  for (std::size_t i = 0; i < count; ++i) {
    const auto logits = session.logits(static_cast<int>(i));
    if (logits.size() != vocabulary) return false;
    finite = finite && std::all_of(logits.begin(), logits.end(), [](float x) { return std::isfinite(x); });
    std::copy(logits.begin(), logits.end(), rows.begin() + static_cast<std::ptrdiff_t>(i * vocabulary));
  }
  return finite;
}

}  // namespace

base::Status LlamaSequence::extend(LlamaSession& session, std::span<const Token> tokens, bool restart,
                                   std::span<float> rows) {
  if (restart) {
    TRY(session.use(Shape::scoring));
    length_ = 0;
  }
  if (!length_) return fail(ErrorKind::bad_input, "there is no sequence to continue");
  const int begin = *length_;
  length_.reset();  // until this call has come to its end
  if (begin + static_cast<int>(tokens.size()) > session.request_tokens()) {
    return fail(ErrorKind::bad_input,
                fmt::format("a sequence of {} tokens is longer than the context of {} tokens",
                            static_cast<std::size_t>(begin) + tokens.size(), session.request_tokens()));
  }
  if (!rows.empty() && tokens.size() > kMostRows) {
    return fail(ErrorKind::bad_input, fmt::format("logits of {} tokens at once are too many", tokens.size()));
  }
  const auto most = static_cast<std::size_t>(session.batch_tokens());
  for (std::size_t done = 0; done < tokens.size();) {
    const std::size_t count = std::min(most, tokens.size() - done);
    session.start_batch();
    for (std::size_t i = 0; i < count; ++i) {
      const int position = begin + static_cast<int>(done + i);
      if (!session.add(tokens[done + i], position, 0, 0, !rows.empty())) {
        return fail(ErrorKind::bad_input, fmt::format("token {} is not in the vocabulary", tokens[done + i]));
      }
    }
    TRY(session.compute());
    done += count;
  }
  if (!rows.empty() && !take_rows(session, tokens.size(), rows)) {
    session.wipe();
    return fail(ErrorKind::integrity, "logits are not finite",
                "the weights or a kernel are broken: check the file's hash, then try without repacking");
  }
  length_ = begin + static_cast<int>(tokens.size());
  return {};
}

}  // namespace bantam::engine
