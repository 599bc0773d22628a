#include "engine/llama/engine.hpp"

#include <fmt/format.h>
#include <random>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "engine/arrivals.hpp"
#include "engine/llama/generate.hpp"
#include "engine/llama/properties.hpp"
#include "engine/llama/score.hpp"
#include "engine/llama/session.hpp"
#include "engine/llama/speculate.hpp"
#include "engine/llama/text.hpp"

namespace bantam::engine {

// llama-bench's two tests as its test_prompt() and test_gen() do them: no sampling, an empty cache, the same
// batches.

// Nanoseconds to compute `n_prompt` pseudo-random tokens in full batches.
base::Result<std::int64_t> llama_time_prompt(LlamaSession& session, int n_prompt, int n_depth);
// Nanoseconds to compute `n_gen` pseudo-random tokens one after the other.
base::Result<std::int64_t> llama_time_generation(LlamaSession& session, int n_gen, int n_depth);
namespace {

// Tokens are drawn for answers, never where time is measured.
base::Status check_sampling(std::span<const GenerateRequest> requests, const GenerateOptions& options) {
  if (!options.sampling || (options.refill && !have_arrivals(requests))) return {};
  return base::fail(base::ErrorKind::usage, "sampling is for answers, not for requests that are timed");
}

class LlamaEngine : public Engine {
 public:
  explicit LlamaEngine(std::unique_ptr<LlamaSession> session)
      : session_(std::move(session)), properties_(session_properties(*session_)) {}

  const Properties& properties() const override { return properties_; }

  base::Result<std::vector<Token>> tokenize(std::string_view text, bool parse_special) override {
    return text_tokens(session_->vocabulary(), text, parse_special);
  }
  std::string detokenize(std::span<const Token> tokens) override {
    return token_text(session_->vocabulary(), tokens);
  }

  base::Result<std::vector<Score>> score(std::span<const ScoreRequest> requests) override {
    sequence_.end();
    return scorer_.score(*session_, requests);
  }
  base::Status hold(std::span<const Token> prefix) override { return scorer_.hold(*session_, prefix); }
  bool set_sharing(bool wanted) override { return scorer_.set_sharing(*session_, wanted); }
  std::string use_own_kernels(bool wanted) override { return scorer_.use_own_kernels(wanted); }
  ScoreWork score_work() const override { return scorer_.work(); }

  base::Result<std::vector<Generation>> generate(std::span<const GenerateRequest> requests,
                                                 const GenerateOptions& options) override {
    sequence_.end();
    TRY(check_sampling(requests, options));
    if (have_arrivals(requests)) return llama_generate_arrivals(*session_, requests, options);
    if (options.refill) return llama_generate_queue(*session_, requests, options);
    return llama_generate(*session_, requests, options);
  }
  base::Status extend(std::span<const Token> tokens, bool restart, std::span<float> rows) override {
    return sequence_.extend(*session_, tokens, restart, rows);
  }
  base::Result<std::int64_t> time_prompt(int n_prompt, int n_depth) override {
    sequence_.end();
    return llama_time_prompt(*session_, n_prompt, n_depth);
  }
  base::Result<std::int64_t> time_generation(int n_gen, int n_depth) override {
    sequence_.end();
    return llama_time_generation(*session_, n_gen, n_depth);
  }

  MemoryUse memory() const override { return session_memory(*session_); }
  void idle_before_batches(std::int64_t nanoseconds) override { session_->idle_before_batches(nanoseconds); }

 protected:
  LlamaSession& session() { return *session_; }
  void end_sequence() { sequence_.end(); }

 private:
  std::unique_ptr<LlamaSession> session_;
  LlamaSequence sequence_;
  LlamaScorer scorer_;
  Properties properties_;
};

void add(std::optional<std::int64_t>& sum, const std::optional<std::int64_t>& bytes) {
  if (bytes) sum = sum.value_or(0) + *bytes;
}

// With a draft: single requests are decoded speculatively, all else as it is without.
class SpeculatingEngine final : public LlamaEngine, public Speculator {
 public:
  SpeculatingEngine(std::unique_ptr<LlamaSession> session, std::unique_ptr<LlamaSpeculation> speculation)
      : LlamaEngine(std::move(session)),
        speculation_(std::move(speculation)),
        properties_(LlamaEngine::properties()) {
    properties_.details["draft"] = speculation_->details();
  }

  const Properties& properties() const override { return properties_; }

  base::Result<std::vector<Generation>> generate(std::span<const GenerateRequest> requests,
                                                 const GenerateOptions& options) override {
    if (requests.size() != 1 || options.refill || options.sampling || requests.front().arrival_ns)
      return LlamaEngine::generate(requests, options);
    end_sequence();
    TRY_ASSIGN(Generation one, speculation_->generate(session(), requests.front(), options));
    std::vector<Generation> all;
    all.push_back(std::move(one));
    return all;
  }

  base::Result<PlainRun> generate_without_draft(const GenerateRequest& request,
                                                const GenerateOptions& options) override {
    end_sequence();
    return speculation_->generate_without_draft(session(), request, options);
  }

  MemoryUse memory() const override {
    MemoryUse use = LlamaEngine::memory();
    const MemoryUse draft = speculation_->memory();
    add(use.weights_bytes, draft.weights_bytes);
    add(use.kv_bytes, draft.kv_bytes);
    add(use.compute_bytes, draft.compute_bytes);
    add(use.device_bytes, draft.device_bytes);
    return use;
  }

 private:
  std::unique_ptr<LlamaSpeculation> speculation_;
  Properties properties_;
};

base::Result<std::unique_ptr<Engine>> open_speculating(std::unique_ptr<LlamaSession> session,
                                                       const Draft& draft, Capacity capacity,
                                                       Heartbeat* heartbeat) {
  TRY_ASSIGN(auto speculation, LlamaSpeculation::open(*session, draft, capacity, heartbeat));
  return std::make_unique<SpeculatingEngine>(std::move(session), std::move(speculation));
}

}  // namespace

base::Result<std::unique_ptr<Engine>> open_llama(const ModelFile& file, const plan::EngineSettings& settings,
                                                 Capacity capacity, Heartbeat* heartbeat,
                                                 const std::optional<Draft>& draft) {
  TRY_ASSIGN(auto session, LlamaSession::open(file, settings, capacity, heartbeat));
  if (draft) return open_speculating(std::move(session), *draft, capacity, heartbeat);
  return std::make_unique<LlamaEngine>(std::move(session));
}

namespace {

// The same tokens for a given vocabulary every time; BOS first where the model's tokenizer adds it.
std::vector<Token> pseudo_random_tokens(const llama_vocab* vocabulary, int count) {
  std::minstd_rand sequence(1);
  const auto size = static_cast<std::uint32_t>(llama_vocab_n_tokens(vocabulary));
  std::vector<Token> tokens;
  tokens.reserve(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) tokens.push_back(static_cast<Token>(sequence() % size));
  if (llama_vocab_get_add_bos(vocabulary)) tokens.front() = llama_vocab_bos(vocabulary);
  return tokens;
}

// Tokens in batches of `batch_tokens`, behind `depth` others, logits for the last one of each batch.
base::Status compute_tokens(LlamaSession& session, std::span<const Token> tokens, int depth,
                            int batch_tokens) {
  const int count = static_cast<int>(tokens.size());
  for (int first = 0; first < count; first += batch_tokens) {
    session.start_batch();
    const int end = std::min(count, first + batch_tokens);
    for (int i = first; i < end; ++i)
      session.add(tokens[static_cast<std::size_t>(i)], depth + i, 0, 0, i + 1 == end);
    TRY(session.compute());
    session.wait();
  }
  return {};
}

base::Result<std::int64_t> time_tokens(LlamaSession& session, int count, int depth, int batch_tokens) {
  const base::MonotonicClock clock;
  const std::vector<Token> tokens = pseudo_random_tokens(session.vocabulary(), depth + count);
  const auto [before, timed] = std::pair(std::span(tokens).first(static_cast<std::size_t>(depth)),
                                         std::span(tokens).subspan(static_cast<std::size_t>(depth)));
  TRY(compute_tokens(session, before, 0, session.batch_tokens()));
  const std::int64_t start_ns = clock.now_ns();
  TRY(compute_tokens(session, timed, depth, batch_tokens));
  return clock.now_ns() - start_ns;
}

base::Status prepare(LlamaSession& session, int count, int depth) {
  if (count < 1) return base::fail(base::ErrorKind::usage, fmt::format("a speed test of {} tokens", count));
  if (depth < 0 || count > session.request_tokens() - depth) {
    return base::fail(
        base::ErrorKind::bad_input,
        fmt::format("a speed test of {} tokens at a depth of {} is longer than the context of {} "
                    "tokens",
                    count, depth, session.request_tokens()),
        "ask for fewer tokens, or raise max_model_len");
  }
  return session.use(CacheLayout::apart);
}

}  // namespace

base::Result<std::int64_t> llama_time_prompt(LlamaSession& session, int n_prompt, int n_depth) {
  TRY(prepare(session, n_prompt, n_depth));
  return time_tokens(session, n_prompt, n_depth, session.batch_tokens());
}

base::Result<std::int64_t> llama_time_generation(LlamaSession& session, int n_gen, int n_depth) {
  TRY(prepare(session, n_gen, n_depth));
  return time_tokens(session, n_gen, n_depth, 1);
}

}  // namespace bantam::engine
