#include "engine/llama_generate_queue.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

#include "base/clock.hpp"
#include "engine/llama_text.hpp"
#include "engine/logits.hpp"
#include "engine/stop_strings.hpp"

namespace bantam::engine {
namespace {

using base::ErrorKind;
using base::fail;

// Fewer tokens than this are not worth a computation of their own.
constexpr std::size_t kLeastShared = 16;

struct Stream {
  int sequence = 0;
  std::optional<std::size_t> request;  // absent: free
  std::size_t position = 0;            // of the next token to compute
  int row = -1;                        // of its logits in the batch computed last; -1: none
  std::optional<StopStrings> stop;
};

class Queue {
 public:
  Queue(LlamaSession& session, std::span<const GenerateRequest> requests, const GenerateOptions& options)
      : session_(session), requests_(requests), options_(options), vocabulary_(session.vocabulary()) {}

  base::Result<std::vector<Generation>> run() {
    TRY(read_prompts());
    streams_.resize(std::min(requests_.size(), static_cast<std::size_t>(session_.streams())));
    for (std::size_t i = 0; i < streams_.size(); ++i) streams_[i].sequence = static_cast<int>(i);
    TRY(compute_shared());
    while (refill()) {
      TRY(step());
    }
    return std::move(out_);
  }

 private:
  base::Status read_prompts() {
    const std::int64_t submitted_ns = clock_.now_ns();
    for (const GenerateRequest& request : requests_) {
      Generation& out = out_.emplace_back();
      out.submitted_ns = submitted_ns;
      out.prompt_tokens = request.tokens;
      if (out.prompt_tokens.empty()) {
        TRY_ASSIGN(out.prompt_tokens, tokens_of(vocabulary_, request.prompt, options_.parse_special));
      }
      if (out.prompt_tokens.empty())
        return fail(ErrorKind::bad_input, "a prompt has no tokens", "give a prompt that is not empty");
      if (room_of(out) < 1) {
        return fail(ErrorKind::bad_input,
                    fmt::format("a prompt of {} tokens leaves no room for output in a context of {} tokens",
                                out.prompt_tokens.size(), session_.request_tokens()),
                    "shorten the prompt, or raise max_model_len");
      }
      out.finish = "length";
    }
    return {};
  }

  int room_of(const Generation& out) const {
    return session_.request_tokens() - static_cast<int>(out.prompt_tokens.size());
  }

  std::size_t most_tokens(const Generation& out) const {
    return static_cast<std::size_t>(std::max(0, std::min(options_.max_new_tokens, room_of(out))));
  }

  // Each prompt keeps a token of its own, whose logits begin its answer.
  std::size_t common_tokens() const {
    if (streams_.size() < 2 || !session_.can_share()) return 0;
    const std::vector<Token>& first = out_.front().prompt_tokens;
    std::size_t common = first.size();
    for (const Generation& out : out_) {
      const auto& tokens = out.prompt_tokens;
      const auto end = std::mismatch(first.begin(), first.end(), tokens.begin(), tokens.end()).first;
      const std::size_t equal = static_cast<std::size_t>(end - first.begin());
      common = std::min({common, equal, tokens.size() - 1});
    }
    return common < kLeastShared ? 0 : common;
  }

  // The cells belong to all streams and stay in them when a request ends.
  base::Status compute_shared() {
    const std::size_t common = common_tokens();
    const auto most = static_cast<std::size_t>(session_.batch_tokens());
    while (shared_ < common) {
      session_.start_batch();
      for (const std::size_t end = std::min(common, shared_ + most); shared_ < end; ++shared_) {
        TRY(add(out_.front().prompt_tokens[shared_], shared_, 0, streams_.back().sequence, false));
      }
      TRY(session_.compute());
    }
    return {};
  }

  // Gives free streams the next requests; false when nothing is left to do.
  bool refill() {
    bool busy = false;
    for (Stream& stream : streams_) {
      while (!stream.request && next_ < requests_.size()) {
        const std::size_t index = next_++;
        if (most_tokens(out_[index]) == 0) continue;
        out_[index].smallest_top2_gap = std::numeric_limits<double>::infinity();
        stream.request = index;
        stream.position = shared_;
        stream.stop.emplace(options_, requests_[index].in_thought);
      }
      busy = busy || stream.request;
    }
    return busy;
  }

  // One batch: the newest token of every stream that answers, then as much of the prompts as fits.
  base::Status step() {
    session_.start_batch();
    int rows = 0;
    for (Stream& stream : streams_) {
      stream.row = -1;
      if (!stream.request || !answers(stream)) continue;
      TRY(add(out_[*stream.request].tokens.back(), stream.position++, stream.sequence, stream.sequence,
              true));
      stream.row = rows++;
    }
    for (Stream& stream : streams_) {
      if (stream.request && !answers(stream)) TRY(add_prompt(stream, rows));
    }
    TRY(session_.compute());
    for (Stream& stream : streams_) {
      if (stream.row >= 0) TRY(take_token(stream));
    }
    return {};
  }

  bool answers(const Stream& stream) const {
    return stream.position >= out_[*stream.request].prompt_tokens.size();
  }

  base::Status add_prompt(Stream& stream, int& rows) {
    const std::vector<Token>& prompt = out_[*stream.request].prompt_tokens;
    for (; rows < session_.batch_tokens() && stream.position < prompt.size(); ++stream.position) {
      const bool last = stream.position + 1 == prompt.size();
      TRY(add(prompt[stream.position], stream.position, stream.sequence, stream.sequence, last));
      if (last) stream.row = rows;
      ++rows;
    }
    return {};
  }

  base::Status add(Token token, std::size_t position, int first, int last, bool logits) {
    if (session_.add(token, static_cast<int>(position), first, last, logits)) return {};
    return fail(ErrorKind::bad_input, fmt::format("token {} is not in the vocabulary", token));
  }

  // The most probable token of the stream's row becomes its next token.
  base::Status take_token(Stream& stream) {
    Generation& out = out_[*stream.request];
    const TopTwo top = top_two(session_.logits(stream.row));
    const std::int64_t known_ns = clock_.now_ns();
    if (out.tokens.empty()) out.prefill_done_ns = known_ns;
    if (!top.finite) {
      session_.wipe();
      return fail(ErrorKind::integrity,
                  fmt::format("logits are not finite after {} generated tokens", out.tokens.size()),
                  "the weights or a kernel are broken: check the file's hash, then try without repacking");
    }
    out.smallest_top2_gap = std::min(out.smallest_top2_gap, static_cast<double>(top.gap));
    const auto token = static_cast<Token>(top.index);
    if (!options_.ignore_eos && llama_vocab_is_eog(vocabulary_, token)) {
      out.finish = "stop";
      end(stream);
      return {};
    }
    out.tokens.push_back(token);
    out.token_ns.push_back(known_ns);
    append_piece(vocabulary_, token, out.text);
    const bool stopped = stream.stop->found_in(out.text);
    if (stopped) out.finish = "stop";
    if (stopped || out.tokens.size() == most_tokens(out)) end(stream);
    return {};
  }

  // Its cells are free, but for the shared ones.
  void end(Stream& stream) {
    const int kept = static_cast<int>(shared_);
    llama_memory_seq_rm(session_.cache(), stream.sequence, kept > 0 ? kept : -1, -1);
    stream.request.reset();
    stream.row = -1;
  }

  LlamaSession& session_;
  std::span<const GenerateRequest> requests_;
  const GenerateOptions& options_;
  const llama_vocab* vocabulary_;
  base::MonotonicClock clock_;
  std::vector<Stream> streams_;
  std::vector<Generation> out_;  // by request
  std::size_t shared_ = 0;       // tokens at the start of every stream
  std::size_t next_ = 0;         // request that no stream has taken yet
};

}  // namespace

base::Result<std::vector<Generation>> llama_generate_queue(LlamaSession& session,
                                                           std::span<const GenerateRequest> requests,
                                                           const GenerateOptions& options) {
  if (requests.empty()) return std::vector<Generation>{};
  TRY(session.use(Shape::together));
  return Queue(session, requests, options).run();
}

}  // namespace bantam::engine
