#include "engine/null_engine.hpp"

#include <algorithm>
#include <cmath>

#include "base/clock.hpp"
#include "engine/arrivals.hpp"

namespace bantam::engine {

std::vector<Token> byte_tokens(std::string_view text) {
  std::vector<Token> tokens;
  tokens.reserve(text.size());
  for (const char byte : text) tokens.push_back(static_cast<unsigned char>(byte));
  return tokens;
}

std::string byte_text(std::span<const Token> tokens) {
  std::string text;
  text.reserve(tokens.size());
  for (const Token token : tokens) {
    if (token >= 0 && token < kByteEos) text.push_back(static_cast<char>(static_cast<unsigned char>(token)));
  }
  return text;
}

std::vector<Token> byte_prompt(const GenerateRequest& request) {
  return request.tokens.empty() ? byte_tokens(request.prompt) : request.tokens;
}

namespace {

class NullEngine final : public Engine {
 public:
  NullEngine(Capacity capacity, Heartbeat* heartbeat) : heartbeat_(heartbeat) {
    properties_.engine = "null";
    properties_.architecture = "none";
    properties_.vocabulary = kByteVocabulary;
    properties_.context_train = capacity.tokens_per_stream;
    properties_.context = capacity.tokens_per_stream * capacity.streams;
    properties_.request_tokens = capacity.tokens_per_stream;
    properties_.eos = kByteEos;
    properties_.details = {{"name", "null"}};
  }

  const Properties& properties() const override { return properties_; }
  base::Result<std::vector<Token>> tokenize(std::string_view text, bool) override {
    return byte_tokens(text);
  }
  std::string detokenize(std::span<const Token> tokens) override { return byte_text(tokens); }

  base::Result<std::vector<Score>> score(std::span<const ScoreRequest> requests) override {
    std::vector<Score> scores;
    for (const ScoreRequest& request : requests) {
      scores.push_back(
          {-static_cast<double>(request.continuation.size()) * std::log(kByteVocabulary), false});
    }
    beat();
    return scores;
  }

  base::Result<std::vector<Generation>> generate(std::span<const GenerateRequest> requests,
                                                 const GenerateOptions& options) override {
    if (have_arrivals(requests)) return serve(requests, options);
    const std::int64_t submitted_ns = clock_.now_ns();
    std::vector<Generation> all(requests.size());
    const auto count = static_cast<std::size_t>(std::max(0, options.max_new_tokens));
    for (std::size_t i = 0; i < all.size(); ++i) {
      all[i].submitted_ns = submitted_ns;
      all[i].prompt_tokens = byte_prompt(requests[i]);
      all[i].tokens.reserve(count);
      all[i].token_ns.reserve(count);
      all[i].finish = "length";
      all[i].prefill_done_ns = clock_.now_ns();
    }
    for (std::size_t step = 0; step < count; ++step) {
      for (Generation& one : all) {
        one.tokens.push_back('a' + static_cast<Token>(step % 26));
        one.token_ns.push_back(clock_.now_ns());
      }
      beat();
    }
    for (Generation& one : all) one.text = byte_text(one.tokens);
    return all;
  }

  // Every token is as probable as any other.
  base::Status extend(std::span<const Token>, bool, std::span<float> rows) override {
    std::fill(rows.begin(), rows.end(), 0.0F);
    beat();
    return {};
  }

  base::Result<std::int64_t> time_prompt(int, int) override { return time_nothing(); }
  base::Result<std::int64_t> time_generation(int, int) override { return time_nothing(); }
  MemoryUse memory() const override { return {}; }

 private:
  // A request takes no time: none ever waits for another.
  std::vector<Generation> serve(std::span<const GenerateRequest> requests, const GenerateOptions& options) {
    std::vector<Generation> all(requests.size());
    ArrivalQueue queue(requests, clock_.now_ns());
    const auto count = static_cast<std::size_t>(std::max(0, options.max_new_tokens));
    while (const auto next_ns = queue.next_ns()) {
      wait_until(clock_, *next_ns, heartbeat_);
      const auto request = queue.take(clock_.now_ns());
      if (!request) continue;
      Generation& one = all[*request];
      one.submitted_ns = *next_ns;
      one.prompt_tokens = byte_prompt(requests[*request]);
      one.finish = "length";
      one.prefill_done_ns = clock_.now_ns();
      for (std::size_t step = 0; step < count; ++step) {
        one.tokens.push_back('a' + static_cast<Token>(step % 26));
        one.token_ns.push_back(clock_.now_ns());
      }
      one.text = byte_text(one.tokens);
      beat();
    }
    return all;
  }

  std::int64_t time_nothing() {
    const std::int64_t start_ns = clock_.now_ns();
    beat();
    return std::max<std::int64_t>(1, clock_.now_ns() - start_ns);
  }
  void beat() {
    if (heartbeat_ != nullptr) heartbeat_->fetch_add(1, std::memory_order_relaxed);
  }

  Heartbeat* heartbeat_;
  base::MonotonicClock clock_;
  Properties properties_;
};

}  // namespace

std::unique_ptr<Engine> open_null(Capacity capacity, Heartbeat* heartbeat) {
  return std::make_unique<NullEngine>(capacity, heartbeat);
}

}  // namespace bantam::engine
