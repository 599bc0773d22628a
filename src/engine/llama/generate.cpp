#include "engine/llama/generate.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <limits>
#include <optional>
#include <string>
#include <utility>

#include "base/clock.hpp"
#include "engine/llama/requests.hpp"
#include "engine/llama/text.hpp"
#include "engine/logits.hpp"
#include "engine/sampling.hpp"
#include "engine/stop_strings.hpp"

namespace bantam::engine {
namespace {

using base::ErrorKind;
using base::fail;

struct Stream {
  explicit Stream(const AnswerText& start) : text(start) {}

  int sequence = 0;
  int next_position = 0;   // of the next token to compute
  std::optional<int> row;  // in the batch computed last; absent: it has no logits there
  std::size_t most_tokens = 0;
  bool ended = false;
  AnswerText text;  // of out.text
  Generation out;
};

// Generates all streams of one call. Everything that the decode loop writes to is reserved before it.
class Decoding {
 public:
  Decoding(LlamaSession& session, const GenerateOptions& options)
      : session_(session), options_(options), vocabulary_(session.vocabulary()), text_(session.vocabulary()) {
    for (const std::string& stop : options.stop) longest_stop_ = std::max(longest_stop_, stop.size());
  }

  base::Result<std::vector<Generation>> run(std::span<const GenerateRequest> requests) {
    const std::int64_t submitted_ns = clock_.now_ns();
    streams_.assign(requests.size(), Stream(text_));
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
    TRY_ASSIGN(stream.out.prompt_tokens, prompt_of(session_, request, options_));
    stream.most_tokens = most_tokens_behind(session_, stream.out.prompt_tokens.size(), options_);
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
          return unknown_token(prompt[i]);
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
      if (!stream.row) continue;
      stream.out.prefill_done_ns = done_ns;
      if (!stream.ended) TRY(take_token(stream));
      stream.row.reset();
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
    const TopTwo top = top_two(session_.logits(*stream.row));
    const std::int64_t known_ns = clock_.now_ns();
    if (!top.finite) return not_finite(session_, stream.out.tokens.size());
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
    if (longest_stop_ > 0 && holds_stop(stream, token)) {
      out.finish = "stop";
      stream.ended = true;
    }
    if (out.tokens.size() == stream.most_tokens) stream.ended = true;
    return {};
  }

  // Appends the token's text and looks for a stop string that ends in it.
  bool holds_stop(Stream& stream, Token token) {
    Generation& out = stream.out;
    const std::size_t before = out.text.size();
    stream.text.append(token, out.text);
    const std::size_t from = before - std::min(before, longest_stop_ - 1);
    return std::any_of(options_.stop.begin(), options_.stop.end(), [&](const std::string& stop) {
      return !stop.empty() && out.text.find(stop, from) != std::string::npos;
    });
  }

  std::vector<Generation> finished() {
    std::vector<Generation> all;
    all.reserve(streams_.size());
    for (Stream& stream : streams_) {
      Generation& out = stream.out;
      for (const Token token : out.tokens) {
        if (longest_stop_ == 0) stream.text.append(token, out.text);
      }
      // No step was taken, or the vocabulary has one token.
      if (out.smallest_top2_gap == std::numeric_limits<double>::infinity()) out.smallest_top2_gap = 0.0;
      all.push_back(std::move(out));
    }
    return all;
  }

  LlamaSession& session_;
  const GenerateOptions& options_;
  const llama_vocab* vocabulary_;
  const AnswerText text_;  // before its first token
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
  TRY(session.use(even ? CacheLayout::apart : CacheLayout::together));
  return Decoding(session, options).run(requests);
}

namespace {

using base::ErrorKind;
using base::fail;

// Fewer tokens than this are not worth a computation of their own.
constexpr std::size_t kLeastShared = 16;

struct QueuedStream {
  int sequence = 0;
  std::optional<std::size_t> request;  // absent: free
  std::size_t position = 0;            // of the next token to compute
  std::optional<int> row;              // of its logits in the batch computed last
  std::optional<AnswerText> text;
  std::optional<StopStrings> stop;
};

class Queue {
 public:
  Queue(LlamaSession& session, std::span<const GenerateRequest> requests, const GenerateOptions& options)
      : session_(session),
        requests_(requests),
        options_(options),
        vocabulary_(session.vocabulary()),
        text_(session.vocabulary()) {}

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
      TRY_ASSIGN(out.prompt_tokens, prompt_of(session_, request, options_));
      out.finish = "length";
    }
    return {};
  }

  std::size_t most_tokens(const Generation& out) const {
    return most_tokens_behind(session_, out.prompt_tokens.size(), options_);
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
    for (QueuedStream& stream : streams_) {
      while (!stream.request && next_ < requests_.size()) {
        const std::size_t index = next_++;
        if (most_tokens(out_[index]) == 0) continue;
        out_[index].smallest_top2_gap = std::numeric_limits<double>::infinity();
        stream.request = index;
        stream.position = shared_;
        stream.text = text_;
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
    for (QueuedStream& stream : streams_) {
      stream.row.reset();
      if (!stream.request || !answers(stream)) continue;
      TRY(add(out_[*stream.request].tokens.back(), stream.position++, stream.sequence, stream.sequence,
              true));
      stream.row = rows++;
    }
    for (QueuedStream& stream : streams_) {
      if (stream.request && !answers(stream)) TRY(add_prompt(stream, rows));
    }
    TRY(session_.compute());
    for (QueuedStream& stream : streams_) {
      if (stream.row) TRY(take_token(stream));
    }
    return {};
  }

  bool answers(const QueuedStream& stream) const {
    return stream.position >= out_[*stream.request].prompt_tokens.size();
  }

  base::Status add_prompt(QueuedStream& stream, int& rows) {
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
    return unknown_token(token);
  }

  std::size_t chosen(std::size_t request, std::span<const float> logits, const TopTwo& top) const {
    if (!options_.sampling) return top.index;
    const double number = drawn_number(requests_[request].seed, out_[request].tokens.size());
    return drawn_token(logits, *options_.sampling, number);
  }

  // The most probable token of the stream's row, or the one drawn from it, becomes its next token.
  base::Status take_token(QueuedStream& stream) {
    Generation& out = out_[*stream.request];
    const std::span<const float> logits = session_.logits(*stream.row);
    const TopTwo top = top_two(logits);
    const std::int64_t known_ns = clock_.now_ns();
    if (out.tokens.empty()) out.prefill_done_ns = known_ns;
    if (!top.finite) return not_finite(session_, out.tokens.size());
    out.smallest_top2_gap = std::min(out.smallest_top2_gap, static_cast<double>(top.gap));
    const auto token = static_cast<Token>(chosen(*stream.request, logits, top));
    if (!options_.ignore_eos && llama_vocab_is_eog(vocabulary_, token)) {
      out.finish = "stop";
      end(stream);
      return {};
    }
    out.tokens.push_back(token);
    out.token_ns.push_back(known_ns);
    stream.text->append(token, out.text);
    const bool stopped = stream.stop->found_in(out.text);
    if (stopped) out.finish = "stop";
    if (stopped || out.tokens.size() == most_tokens(out)) end(stream);
    return {};
  }

  // Its cells are free, but for the shared ones.
  void end(QueuedStream& stream) {
    const int kept = static_cast<int>(shared_);
    llama_memory_seq_rm(session_.cache(), stream.sequence, kept > 0 ? kept : -1, -1);
    stream.request.reset();
    stream.row.reset();
  }

  LlamaSession& session_;
  std::span<const GenerateRequest> requests_;
  const GenerateOptions& options_;
  const llama_vocab* vocabulary_;
  const AnswerText text_;  // before its first token
  base::MonotonicClock clock_;
  std::vector<QueuedStream> streams_;
  std::vector<Generation> out_;  // by request
  std::size_t shared_ = 0;       // tokens at the start of every stream
  std::size_t next_ = 0;         // request that no stream has taken yet
};

}  // namespace

base::Result<std::vector<Generation>> llama_generate_queue(LlamaSession& session,
                                                           std::span<const GenerateRequest> requests,
                                                           const GenerateOptions& options) {
  if (requests.empty()) return std::vector<Generation>{};
  TRY(session.use(CacheLayout::together));
  return Queue(session, requests, options).run();
}

}  // namespace bantam::engine
