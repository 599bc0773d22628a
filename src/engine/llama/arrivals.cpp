// Requests that arrive while others are computed: continuous batching. A stream that ends is taken by the
// next request that has arrived; each computes its own prompt, and no cells are shared.

#include "engine/arrivals.hpp"

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

#include "base/clock.hpp"
#include "engine/llama/generate.hpp"
#include "engine/llama/requests.hpp"
#include "engine/llama/text.hpp"
#include "engine/logits.hpp"

namespace bantam::engine {
namespace {

using base::ErrorKind;
using base::fail;

struct Server {
  int sequence = 0;
  std::optional<std::size_t> request;  // absent: free
  std::size_t position = 0;            // of the next token to compute
  std::size_t most_tokens = 0;
  std::optional<int> row;  // of its logits in the batch computed last
};

// Serves all requests of one call. Outputs are reserved before the first one arrives; a prompt is cut into
// tokens when its request is begun, which its latency contains.
class Serving {
 public:
  Serving(LlamaSession& session, std::span<const GenerateRequest> requests, const GenerateOptions& options)
      : session_(session),
        requests_(requests),
        options_(options),
        vocabulary_(session.vocabulary()),
        queue_(requests, clock_.now_ns()),
        servers_(static_cast<std::size_t>(session.streams())),
        out_(requests.size()) {
    for (std::size_t i = 0; i < servers_.size(); ++i) servers_[i].sequence = static_cast<int>(i);
    const std::size_t most = most_tokens_behind(session, 0, options);
    for (std::size_t i = 0; i < out_.size(); ++i) {
      out_[i].submitted_ns = queue_.arrival_ns(i);
      out_[i].tokens.reserve(most);
      out_[i].token_ns.reserve(most);
      out_[i].finish = "length";
      out_[i].smallest_top2_gap = std::numeric_limits<double>::infinity();
    }
  }

  base::Result<std::vector<Generation>> run() {
    while (true) {
      TRY_ASSIGN(const bool is_busy, begin_arrived());
      if (is_busy) {
        TRY(step());
      } else if (const auto next_ns = queue_.next_ns()) {
        wait_until(clock_, *next_ns, session_.heartbeat());
      } else {
        return finished();
      }
    }
  }

 private:
  // Gives free streams the requests that have arrived; false when no stream has any.
  base::Result<bool> begin_arrived() {
    bool is_busy = false;
    for (Server& server : servers_) {
      while (!server.request) {
        const auto request = queue_.take(clock_.now_ns());
        if (!request) break;
        TRY(begin(server, *request));
      }
      is_busy = is_busy || server.request;
    }
    return is_busy;
  }

  base::Status begin(Server& server, std::size_t request) {
    std::vector<Token>& prompt = out_[request].prompt_tokens;
    TRY_ASSIGN(prompt, prompt_of(session_, requests_[request], options_));
    server.most_tokens = most_tokens_behind(session_, prompt.size(), options_);
    server.position = 0;
    if (server.most_tokens > 0) server.request = request;
    return {};
  }

  // One batch: the newest token of every stream that answers, then as much of the prompts as fits.
  base::Status step() {
    session_.start_batch();
    int rows = 0;
    for (Server& server : servers_) {
      server.row.reset();
      if (!server.request || !answers(server)) continue;
      TRY(add(server, out_[*server.request].tokens.back(), true));
      server.row = rows++;
    }
    for (Server& server : servers_) {
      if (server.request && !answers(server)) TRY(add_prompt(server, rows));
    }
    TRY(session_.compute());
    session_.wait();
    const std::int64_t computed_ns = clock_.now_ns();
    for (Server& server : servers_) {
      if (!server.row) continue;
      Generation& out = out_[*server.request];
      if (out.tokens.empty()) out.prefill_done_ns = computed_ns;
      TRY(take_token(server, out));
    }
    return {};
  }

  bool answers(const Server& server) const {
    return server.position >= out_[*server.request].prompt_tokens.size();
  }

  base::Status add_prompt(Server& server, int& rows) {
    const std::vector<Token>& prompt = out_[*server.request].prompt_tokens;
    while (rows < session_.batch_tokens() && server.position < prompt.size()) {
      const bool is_last = server.position + 1 == prompt.size();
      TRY(add(server, prompt[server.position], is_last));
      if (is_last) server.row = rows;
      ++rows;
    }
    return {};
  }

  base::Status add(Server& server, Token token, bool logits) {
    const int position = static_cast<int>(server.position++);
    if (session_.add(token, position, server.sequence, server.sequence, logits)) return {};
    return unknown_token(token);
  }

  // The most probable token of the stream's row becomes its next token.
  base::Status take_token(Server& server, Generation& out) {
    const TopTwo top = top_two(session_.logits(*server.row));
    const std::int64_t known_ns = clock_.now_ns();
    if (!top.finite) return not_finite(session_, out.tokens.size());
    out.smallest_top2_gap = std::min(out.smallest_top2_gap, static_cast<double>(top.gap));
    const auto token = static_cast<Token>(top.index);
    if (!options_.ignore_eos && llama_vocab_is_eog(vocabulary_, token)) {
      out.finish = "stop";
      end(server);
      return {};
    }
    out.tokens.push_back(token);
    out.token_ns.push_back(known_ns);
    if (out.tokens.size() == server.most_tokens) end(server);
    return {};
  }

  void end(Server& server) {
    llama_memory_seq_rm(session_.cache(), server.sequence, -1, -1);
    server.request.reset();
    server.row.reset();
  }

  std::vector<Generation> finished() {
    const AnswerText before(vocabulary_);
    for (Generation& out : out_) {
      AnswerText text = before;
      for (const Token token : out.tokens) text.append(token, out.text);
      // No step was taken, or the vocabulary has one token.
      if (out.smallest_top2_gap == std::numeric_limits<double>::infinity()) out.smallest_top2_gap = 0.0;
    }
    return std::move(out_);
  }

  LlamaSession& session_;
  std::span<const GenerateRequest> requests_;
  const GenerateOptions& options_;
  const llama_vocab* vocabulary_;
  base::MonotonicClock clock_;
  ArrivalQueue queue_;
  std::vector<Server> servers_;
  std::vector<Generation> out_;  // by request
};

}  // namespace

base::Result<std::vector<Generation>> llama_generate_arrivals(LlamaSession& session,
                                                              std::span<const GenerateRequest> requests,
                                                              const GenerateOptions& options) {
  if (!options.stop.empty())
    return fail(ErrorKind::usage, "requests that arrive on their own have no stop strings");
  TRY(session.use(CacheLayout::together));
  return Serving(session, requests, options).run();
}

}  // namespace bantam::engine
