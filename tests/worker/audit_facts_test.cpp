// Facts that are gathered from engines and clocks which cheat in known ways.
#include "worker/audit_facts.hpp"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <set>

#include "engine/null_engine.hpp"
#include "support/fake_clock.hpp"

namespace bantam::worker {
namespace {

using engine::Token;

// Gives its readings one after the other, the last one again and again.
class ListedClock final : public base::Clock {
 public:
  explicit ListedClock(std::vector<std::int64_t> readings) : readings_(std::move(readings)) {}
  std::int64_t now_ns() const override { return readings_[std::min(next_++, readings_.size() - 1)]; }

 private:
  std::vector<std::int64_t> readings_;
  mutable std::size_t next_ = 0;
};

TEST(observe_clock, finds_the_smallest_step_and_steps_back) {
  const job::ClockFacts facts = observe_clock(ListedClock({100, 100, 140, 130, 160, 200}), 6);
  EXPECT_EQ(facts.readings, 6);
  EXPECT_EQ(facts.backward_steps, 1);
  EXPECT_EQ(facts.smallest_step_ns, 30);  // steps: 0, 40, -10, 30, 40
  EXPECT_DOUBLE_EQ(facts.reading_ns, 20.0);
}

TEST(observe_clock, finds_no_step_of_a_clock_that_stands) {
  const job::ClockFacts facts = observe_clock(ListedClock({7}), 100);
  EXPECT_FALSE(facts.smallest_step_ns);
  EXPECT_EQ(facts.backward_steps, 0);
}

// Knows prompts that it has answered, and answers them in half of the time: what an audit must find.
class Remembering final : public engine::Engine {
 public:
  explicit Remembering(support::FakeClock& clock) : clock_(clock) { properties_.vocabulary = 100; }

  std::vector<std::vector<Token>> asked;
  bool remembers = true;

  const engine::Properties& properties() const override { return properties_; }
  base::Result<std::vector<Token>> tokenize(std::string_view text, bool) override {
    return engine::byte_tokens(text);
  }
  std::string detokenize(std::span<const Token> tokens) override { return engine::byte_text(tokens); }
  base::Result<std::vector<engine::Score>> score(std::span<const engine::ScoreRequest>) override {
    return std::vector<engine::Score>();
  }
  base::Result<std::vector<engine::Generation>> generate(std::span<const engine::GenerateRequest> requests,
                                                         const engine::GenerateOptions& options) override {
    engine::Generation one;
    one.prompt_tokens = requests.front().tokens;
    one.submitted_ns = clock_.now_ns();
    const bool is_known = !known_.insert(one.prompt_tokens).second;
    asked.push_back(one.prompt_tokens);
    clock_.advance_s(is_known && remembers ? 0.05 : 0.1);
    for (int i = 0; i < options.max_new_tokens; ++i) {
      clock_.advance_s(0.001);
      one.tokens.push_back(1);
      one.token_ns.push_back(clock_.now_ns());
    }
    return std::vector{one};
  }
  base::Status extend(std::span<const Token>, bool, std::span<float>) override { return {}; }
  base::Result<std::int64_t> time_prompt(int, int) override { return 1; }
  base::Result<std::int64_t> time_generation(int, int) override { return 1; }
  engine::MemoryUse memory() const override { return {}; }

 private:
  support::FakeClock& clock_;
  engine::Properties properties_;
  std::set<std::vector<Token>> known_;
};

TEST(observe_repeats, sees_an_engine_that_remembers_a_prompt) {
  support::FakeClock clock;
  Remembering engine(clock);
  const auto facts = observe_repeats(engine, {1, 2, 3, 4, 5, 6, 7, 8}, 5.0, clock).value();
  ASSERT_GE(std::ssize(facts.pairs), job::kFewestRepeats);
  for (const job::RepeatPair& pair : facts.pairs) {
    EXPECT_NEAR(pair.other_ttft_s, 0.101, 1e-9);
    EXPECT_NEAR(pair.same_ttft_s, 0.051, 1e-9);
  }
}

TEST(observe_repeats, asks_the_same_number_of_the_same_tokens_in_changing_order) {
  support::FakeClock clock;
  Remembering engine(clock);
  engine.remembers = false;
  const std::vector<Token> same{9, 1, 2, 3, 4, 5, 6, 7};
  const auto facts = observe_repeats(engine, same, 0.0, clock).value();
  EXPECT_EQ(std::ssize(facts.pairs), job::kFewestRepeats);
  EXPECT_EQ(facts.prompt_tokens, 8);
  int same_first = 0, repeated = 0;
  std::map<std::vector<Token>, int> times;
  for (std::size_t i = 0; i < engine.asked.size(); ++i) {
    std::vector<Token> sorted = engine.asked[i];
    ++times[sorted];
    EXPECT_EQ(sorted.front(), 9);  // a special token stays in front
    std::ranges::sort(sorted);
    EXPECT_EQ(sorted, (std::vector<Token>{1, 2, 3, 4, 5, 6, 7, 9}));
    repeated += engine.asked[i] == same ? 1 : 0;
    if (i >= 4 && i % 2 == 0)
      same_first += engine.asked[i] == same ? 1 : 0;  // after four that are not counted
  }
  EXPECT_EQ(repeated, 2 + job::kFewestRepeats);
  EXPECT_EQ(same_first, job::kFewestRepeats / 2);
  for (const auto& [tokens, count] : times) {
    if (tokens != same) {
      EXPECT_EQ(count, 1);
    }
  }
}

TEST(observe_own_cost, measures_the_null_engine_as_a_run_does) {
  int told = 0;
  const base::MonotonicClock clock;
  const auto facts = observe_own_cost(clock, nullptr, [&told](const record::Trial&) {
                       ++told;
                       return base::Status();
                     }).value();
  EXPECT_EQ(facts.requests, 50);
  EXPECT_EQ(facts.tokens, 50 * 256);
  EXPECT_GE(told, 52);  // the warm-up, too, which takes 2 to 10
  EXPECT_LE(told, 60);
  EXPECT_GT(facts.timed_token_s, 0.0);
  EXPECT_GT(facts.with_pauses_token_s, facts.timed_token_s);
}

TEST(measure_requests, keeps_what_the_engine_gave) {
  const base::MonotonicClock clock;
  const auto engine = engine::open_null({200, 1}, nullptr);
  const auto requests = measure_requests(*engine, {"one two", "three"}, 5, clock).value();
  ASSERT_EQ(requests.size(), 2U);
  EXPECT_EQ(requests[0].facts.prompt_tokens, 7);
  EXPECT_EQ(requests[0].facts.counted_prompt_tokens, 7);
  EXPECT_EQ(requests[1].facts.asked_tokens, 5);
  EXPECT_EQ(requests[1].facts.tokens, (std::vector<Token>{'a', 'b', 'c', 'd', 'e'}));
  EXPECT_EQ(requests[1].facts.text, "abcde");
  EXPECT_EQ(requests[1].facts.text_again, "abcde");
  EXPECT_EQ(std::ssize(requests[1].facts.token_ns), 5);
}

// Generates 'a', 'b', 'c', ... but, when answers are asked for, another third token, or an end before it.
class TwoFaced final : public engine::Engine {
 public:
  bool ends_early = false;
  std::vector<Token> extended;

  TwoFaced() : null_(engine::open_null({200, 4}, nullptr)) {}
  const engine::Properties& properties() const override { return null_->properties(); }
  base::Result<std::vector<Token>> tokenize(std::string_view text, bool special) override {
    return null_->tokenize(text, special);
  }
  std::string detokenize(std::span<const Token> tokens) override { return null_->detokenize(tokens); }
  base::Result<std::vector<engine::Score>> score(std::span<const engine::ScoreRequest> requests) override {
    return null_->score(requests);
  }
  base::Result<std::vector<engine::Generation>> generate(std::span<const engine::GenerateRequest> requests,
                                                         const engine::GenerateOptions& options) override {
    auto all = null_->generate(requests, options);
    for (engine::Generation& one : *all) {
      if (options.refill) change(one);
    }
    return all;
  }
  base::Status extend(std::span<const Token> tokens, bool restart, std::span<float> rows) override {
    if (restart) extended.clear();
    extended.insert(extended.end(), tokens.begin(), tokens.end());
    if (rows.empty()) return {};
    std::ranges::fill(rows, 0.0F);
    rows['c'] = 3.0F;
    rows['z'] = 2.75F;
    return {};
  }
  base::Result<std::int64_t> time_prompt(int, int) override { return 1; }
  base::Result<std::int64_t> time_generation(int, int) override { return 1; }
  engine::MemoryUse memory() const override { return {}; }

 private:
  void change(engine::Generation& one) const {
    if (!ends_early) {
      one.tokens[2] = 'z';
      return;
    }
    one.tokens.resize(2);
    one.finish = "stop";
  }

  std::unique_ptr<engine::Engine> null_;
};

TEST(compare_answers, finds_where_answers_part_and_how_near_the_tie_was) {
  const base::MonotonicClock clock;
  TwoFaced engine;
  const std::vector<std::string> prompts{"hi"};
  const auto measured = measure_requests(engine, prompts, 4, clock).value();
  const auto outputs = compare_answers(engine, prompts, 4, measured).value();
  ASSERT_EQ(outputs.size(), 1U);
  EXPECT_EQ(outputs[0].measured, (std::vector<Token>{'a', 'b', 'c', 'd'}));
  EXPECT_EQ(outputs[0].answered, (std::vector<Token>{'a', 'b', 'z', 'd'}));
  EXPECT_FALSE(outputs[0].answer_ended);
  EXPECT_EQ(outputs[0].gap, 0.25);
  EXPECT_EQ(engine.extended, (std::vector<Token>{'h', 'i', 'a', 'b'}));  // up to the token in question
}

TEST(compare_answers, takes_an_end_of_sequence_as_one) {
  const base::MonotonicClock clock;
  TwoFaced engine;
  engine.ends_early = true;
  const std::vector<std::string> prompts{"hi"};
  const auto measured = measure_requests(engine, prompts, 4, clock).value();
  const auto outputs = compare_answers(engine, prompts, 4, measured).value();
  EXPECT_EQ(outputs[0].answered, (std::vector<Token>{'a', 'b'}));
  EXPECT_TRUE(outputs[0].answer_ended);
  EXPECT_FALSE(outputs[0].gap);
  EXPECT_TRUE(engine.extended.empty());
}

}  // namespace
}  // namespace bantam::worker
