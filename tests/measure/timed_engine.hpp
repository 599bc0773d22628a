#pragma once
// An engine whose calls take as long as a test says, on a clock that the test holds.

#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "engine/arrivals.hpp"
#include "engine/engine.hpp"
#include "support/fake_clock.hpp"

namespace bantam::measure {

class TimedEngine final : public engine::Engine {
 public:
  explicit TimedEngine(support::FakeClock& clock) : clock_(clock) {}

  double prefill_s = 0.5;
  std::function<double(int call)> gap_s = [](int) {
    return 0.25;
  };  // between tokens of the call-th generate()
  std::function<engine::Token(int call)> first_token = [](int) { return 7; };
  int tokens_per_request = 5;
  std::vector<std::size_t> batch_sizes;  // of each generate() call
  int token_tests = 0;
  bool fail_next = false;

  const engine::Properties& properties() const override { return properties_; }
  base::Result<std::vector<engine::Token>> tokenize(std::string_view text, bool) override {
    return std::vector<engine::Token>(text.size(), 1);
  }
  std::string detokenize(std::span<const engine::Token>) override { return {}; }
  base::Result<std::vector<engine::Score>> score(std::span<const engine::ScoreRequest>) override {
    return std::vector<engine::Score>();
  }

  // All streams get their tokens at the same moments; requests that arrive on their own are served one by
  // one.
  base::Result<std::vector<engine::Generation>> generate(std::span<const engine::GenerateRequest> requests,
                                                         const engine::GenerateOptions&) override {
    if (fail_next) return base::fail(base::ErrorKind::integrity, "logits are not finite");
    const int call = static_cast<int>(batch_sizes.size());
    batch_sizes.push_back(requests.size());
    if (engine::have_arrivals(requests)) {
      std::vector<engine::Generation> all;
      for (const engine::GenerateRequest& request : requests) {
        const std::int64_t arrival_ns = request.arrival_ns.value_or(clock_.now_ns());
        if (clock_.now_ns() < arrival_ns) clock_.advance_s(base::seconds(arrival_ns - clock_.now_ns()));
        all.push_back(one_request(call));
        all.back().submitted_ns = arrival_ns;
      }
      return all;
    }
    return std::vector<engine::Generation>(requests.size(), one_request(call));
  }

  base::Status extend(std::span<const engine::Token>, bool, std::span<float>) override {
    return base::fail(base::ErrorKind::bad_input, "no logits in this test");
  }
  base::Result<std::int64_t> time_prompt(int n_prompt, int) override { return token_test(n_prompt); }
  base::Result<std::int64_t> time_generation(int n_gen, int) override { return token_test(n_gen); }
  engine::MemoryUse memory() const override { return {}; }

 private:
  engine::Generation one_request(int call) {
    engine::Generation generation;
    generation.prompt_tokens.assign(10, 1);
    generation.submitted_ns = clock_.now_ns();
    clock_.advance_s(prefill_s);
    generation.prefill_done_ns = clock_.now_ns();
    for (int i = 0; i < tokens_per_request; ++i) {
      clock_.advance_s(gap_s(call));
      generation.tokens.push_back(i == 0 ? first_token(call) : i);
      generation.token_ns.push_back(clock_.now_ns());
    }
    generation.finish = "length";
    return generation;
  }

  // A millisecond a token.
  base::Result<std::int64_t> token_test(int tokens) {
    ++token_tests;
    clock_.advance_s(tokens * 1e-3);
    return std::int64_t{tokens} * 1'000'000;
  }

  support::FakeClock& clock_;
  engine::Properties properties_;
};

}  // namespace bantam::measure
