#include "engine/llama_sequences.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace bantam::engine {
namespace {

using base::ErrorKind;
using base::fail;

base::Status check(const LlamaSession& session, std::span<const std::vector<Token>> sequences) {
  if (sequences.size() > static_cast<std::size_t>(session.streams())) {
    return fail(ErrorKind::bad_input,
                fmt::format("{} sequences at once are more than {}", sequences.size(), session.streams()));
  }
  for (const auto& sequence : sequences) {
    const auto most = static_cast<std::size_t>(session.request_tokens());
    if (!sequence.empty() && sequence.size() <= most) continue;
    return fail(ErrorKind::bad_input,
                fmt::format("a sequence has {} tokens; the model takes 1 to {}", sequence.size(), most));
  }
  return {};
}

base::Status fill_batch(LlamaSession& session, std::span<const std::vector<Token>> sequences) {
  session.start_batch();
  for (std::size_t i = 0; i < sequences.size(); ++i) {
    const int number = static_cast<int>(i);
    for (std::size_t position = 0; position < sequences[i].size(); ++position) {
      const Token token = sequences[i][position];
      if (!session.add(token, static_cast<int>(position), number, number, true)) {
        return fail(ErrorKind::bad_input, fmt::format("token {} is not in the vocabulary", token));
      }
    }
  }
  return {};
}

}  // namespace

base::Status compute_sequences(LlamaSession& session, std::span<const std::vector<Token>> sequences) {
  TRY(check(session, sequences));
  TRY(session.use(Shape::encoding));
  TRY(fill_batch(session, sequences));
  TRY(session.compute());
  session.wait();
  return {};
}

base::Result<std::vector<std::vector<float>>> take_vectors(LlamaSession& session, std::size_t count) {
  std::vector<std::vector<float>> vectors;
  for (std::size_t i = 0; i < count; ++i) {
    const auto values = session.embedding(static_cast<int>(i));
    TRY(check_finite(session, values, i));
    vectors.emplace_back(values.begin(), values.end());
  }
  return vectors;
}

base::Status check_finite(LlamaSession& session, std::span<const float> values, std::size_t sequence) {
  if (!values.empty() &&
      std::all_of(values.begin(), values.end(), [](float x) { return std::isfinite(x); })) {
    return {};
  }
  session.wipe();
  return fail(ErrorKind::integrity, fmt::format("the output of sequence {} is not finite", sequence),
              "the weights or a kernel are broken: check the file's hash, then try without repacking");
}

}  // namespace bantam::engine
