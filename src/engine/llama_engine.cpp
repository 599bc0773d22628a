#include "engine/llama_engine.hpp"

#include <utility>

#include "engine/llama_extend.hpp"
#include "engine/llama_generate.hpp"
#include "engine/llama_generate_queue.hpp"
#include "engine/llama_properties.hpp"
#include "engine/llama_score.hpp"
#include "engine/llama_session.hpp"
#include "engine/llama_speed_test.hpp"
#include "engine/llama_text.hpp"

namespace bantam::engine {
namespace {

class LlamaEngine final : public Engine {
 public:
  explicit LlamaEngine(std::unique_ptr<LlamaSession> session)
      : session_(std::move(session)), properties_(properties_of(*session_)) {}

  const Properties& properties() const override { return properties_; }

  base::Result<std::vector<Token>> tokenize(std::string_view text, bool parse_special) override {
    return tokens_of(session_->vocabulary(), text, parse_special);
  }
  std::string text_of(std::span<const Token> tokens) override {
    return pieces_of(session_->vocabulary(), tokens);
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
    if (options.refill) return llama_generate_queue(*session_, requests, options);
    return llama_generate(*session_, requests, options);
  }
  base::Status extend(std::span<const Token> tokens, bool restart, std::span<float> rows) override {
    return sequence_.extend(*session_, tokens, restart, rows);
  }
  base::Result<std::int64_t> time_prompt(int n_prompt) override {
    sequence_.end();
    return llama_time_prompt(*session_, n_prompt);
  }
  base::Result<std::int64_t> time_generation(int n_gen) override {
    sequence_.end();
    return llama_time_generation(*session_, n_gen);
  }

  MemoryUse memory() const override { return memory_of(*session_); }

 private:
  std::unique_ptr<LlamaSession> session_;
  LlamaSequence sequence_;
  LlamaScorer scorer_;
  Properties properties_;
};

}  // namespace

base::Result<std::unique_ptr<Engine>> open_llama(const ModelFile& file, const plan::EngineSettings& settings,
                                                 Capacity capacity, Heartbeat* heartbeat) {
  TRY_ASSIGN(auto session, LlamaSession::open(file, settings, capacity, heartbeat));
  return std::make_unique<LlamaEngine>(std::move(session));
}

}  // namespace bantam::engine
