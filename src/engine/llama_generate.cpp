#include "engine/llama_generate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include "base/clock.hpp"
#include "engine/llama_text.hpp"
#include "engine/logits.hpp"

namespace bantam::engine {
namespace {

using base::ErrorKind;
using base::fail;

struct Stream {
  int sequence = 0;
  int next_position = 0;  // of the next token to compute
  int row = -1;           // in the batch computed last; -1: it has no logits there
  std::size_t most_tokens = 0;
  bool ended = false;
  Generation out;
};

// Generates all streams of one call. Everything that the decode loop writes to is reserved before it.
class Decoding {
 public:
  Decoding(LlamaSession& session, const GenerateOptions& options)
      : session_(session), options_(options), vocabulary_(session.vocabulary()) {
    for (const std::string& stop : options.stop) longest_stop_ = std::max(longest_stop_, stop.size());
  }

  base::Result<std::vector<Generation>> run(std::span<const GenerateRequest> requests) {
    const std::int64_t submitted_ns = clock_.now_ns();
    streams_.resize(requests.size());
    for (std::size_t i = 0; i < requests.size(); ++i) {
      streams_[i].sequence = static_cast<int>(i);
      streams_[i].out.submitted_ns = submitted_ns;
      TRY(read_prompt(requests[i], streams_[i]));
    }
    TRY(prefill());
    TRY(decode());
    return finished();
  }

 private:
  base::Status read_prompt(const GenerateRequest& request, Stream& stream) {
    std::vector<Token>& prompt = stream.out.prompt_tokens;
    prompt = request.tokens;
    if (prompt.empty()) {
      TRY_ASSIGN(prompt, tokens_of(vocabulary_, request.prompt, options_.parse_special));
    }
    if (prompt.empty())
      return fail(ErrorKind::bad_input, "a prompt has no tokens", "give a prompt that is not empty");
    const int room = session_.request_tokens() - static_cast<int>(prompt.size());
    if (room < 1) {
      return fail(ErrorKind::bad_input,
                  fmt::format("a prompt of {} tokens leaves no room for output in a context of {} tokens",
                              prompt.size(), session_.request_tokens()),
                  "shorten the prompt, or raise max_model_len");
    }
    stream.most_tokens = static_cast<std::size_t>(std::max(0, std::min(options_.max_new_tokens, room)));
    stream.ended = stream.most_tokens == 0;
    stream.out.finish = "length";
    stream.out.smallest_top2_gap = std::numeric_limits<double>::infinity();
    stream.out.tokens.reserve(stream.most_tokens);
    stream.out.token_ns.reserve(stream.most_tokens);
    if (longest_stop_ > 0) stream.out.text.reserve(stream.most_tokens * 16);
    return {};
  }

  // All prompts in a row, in batches; logits for the last token of each.
  base::Status prefill() {
    int rows = 0;
    session_.start_batch();
    for (Stream& stream : streams_) {
      const std::vector<Token>& prompt = stream.out.prompt_tokens;
      for (std::size_t i = 0; i < prompt.size(); ++i) {
        if (rows == session_.batch_tokens()) {
          TRY(compute_prefill());
          rows = 0;
        }
        const bool last = i + 1 == prompt.size();
        if (!session_.add(prompt[i], static_cast<int>(i), stream.sequence, stream.sequence, last)) {
          return bad_token(prompt[i]);
        }
        if (last) stream.row = rows;
        ++rows;
      }
      stream.next_position = static_cast<int>(prompt.size());
    }
    return compute_prefill();
  }

  base::Status compute_prefill() {
    TRY(session_.compute());
    session_.wait();
    const std::int64_t done_ns = clock_.now_ns();
    for (Stream& stream : streams_) {
      if (stream.row < 0) continue;
      stream.out.prefill_done_ns = done_ns;
      if (!stream.ended) TRY(take_token(stream));
      stream.row = -1;
    }
    session_.start_batch();
    return {};
  }

  base::Status decode() {
    while (true) {
      session_.start_batch();
      int rows = 0;
      for (Stream& stream : streams_) {
        if (stream.ended) continue;
        session_.add(stream.out.tokens.back(), stream.next_position++, stream.sequence, stream.sequence,
                     true);
        stream.row = rows++;
      }
      if (rows == 0) return {};
      TRY(session_.compute());
      for (Stream& stream : streams_) {
        if (!stream.ended) TRY(take_token(stream));
      }
    }
  }

  // The most probable token of the stream's row becomes its next token.
  base::Status take_token(Stream& stream) {
    const TopTwo top = top_two(session_.logits(stream.row));
    const std::int64_t known_ns = clock_.now_ns();
    if (!top.finite) {
      session_.wipe();
      return fail(ErrorKind::integrity,
                  fmt::format("logits are not finite after {} generated tokens", stream.out.tokens.size()),
                  "the weights or a kernel are broken: check the file's hash, then try without repacking");
    }
    Generation& out = stream.out;
    out.smallest_top2_gap = std::min(out.smallest_top2_gap, static_cast<double>(top.gap));
    const auto token = static_cast<Token>(top.index);
    if (!options_.ignore_eos && llama_vocab_is_eog(vocabulary_, token)) {
      out.finish = "stop";
      stream.ended = true;
      return {};
    }
    out.tokens.push_back(token);
    out.token_ns.push_back(known_ns);
    if (longest_stop_ > 0 && holds_stop(out, token)) {
      out.finish = "stop";
      stream.ended = true;
    }
    if (out.tokens.size() == stream.most_tokens) stream.ended = true;
    return {};
  }

  // Appends the token's text and looks for a stop string that ends in it.
  bool holds_stop(Generation& out, Token token) {
    const std::size_t before = out.text.size();
    append_piece(vocabulary_, token, out.text);
    const std::size_t from = before - std::min(before, longest_stop_ - 1);
    return std::any_of(options_.stop.begin(), options_.stop.end(), [&](const std::string& stop) {
      return !stop.empty() && out.text.find(stop, from) != std::string::npos;
    });
  }

  base::Status bad_token(Token token) const {
    return fail(ErrorKind::bad_input, fmt::format("token {} is not in the vocabulary", token));
  }

  std::vector<Generation> finished() {
    std::vector<Generation> all;
    all.reserve(streams_.size());
    for (Stream& stream : streams_) {
      Generation& out = stream.out;
      if (longest_stop_ == 0) out.text = pieces_of(vocabulary_, out.tokens);
      // No step was taken, or the vocabulary has one token.
      if (out.smallest_top2_gap == std::numeric_limits<double>::infinity()) out.smallest_top2_gap = 0.0;
      all.push_back(std::move(out));
    }
    return all;
  }

  LlamaSession& session_;
  const GenerateOptions& options_;
  const llama_vocab* vocabulary_;
  base::MonotonicClock clock_;
  std::size_t longest_stop_ = 0;
  std::vector<Stream> streams_;
};

}  // namespace

base::Result<std::vector<Generation>> llama_generate(LlamaSession& session,
                                                     std::span<const GenerateRequest> requests,
                                                     const GenerateOptions& options) {
  if (requests.empty()) return std::vector<Generation>{};
  if (requests.size() > static_cast<std::size_t>(session.streams())) {
    return fail(ErrorKind::usage, fmt::format("{} requests at once, but the engine was opened for {}",
                                              requests.size(), session.streams()));
  }
  // Streams that all run to the same length stay together by themselves.
  const bool even = session.streams() == 1 || options.ignore_eos;
  TRY(session.use(even ? Shape::apart : Shape::together));
  return Decoding(session, options).run(requests);
}

}  // namespace bantam::engine
