// Which token is drawn. Expected by hand, from the definitions of Transformers 5
// (generation/logits_process.py).

#include "engine/sampling.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <set>
#include <vector>

namespace bantam::engine {
namespace {

constexpr float kNever = -60.0F;

// 0.1, 0.4, 0.2, 0.3: with these places the order of the draw is not that of the probabilities.
std::vector<float> tenths() {
  std::vector<float> logits;
  for (const float p : {0.1F, 0.4F, 0.2F, 0.3F}) logits.push_back(std::log(p) + 2.0F);
  return logits;
}

// The places that 1,000 evenly spread numbers draw, with how many of them.
std::vector<int> counts(const std::vector<float>& logits, const Sampling& sampling) {
  std::vector<int> of_places(logits.size());
  for (int i = 0; i < 1000; ++i) ++of_places[drawn_token(logits, sampling, (i + 0.5) / 1000.0)];
  return of_places;
}

TEST(DrawnToken, FallsAsOftenAsTheSoftmaxSays) {
  EXPECT_EQ(counts(tenths(), {}), (std::vector<int>{100, 400, 200, 300}));
  // Squares 1, 16, 4, 9 of 30.
  EXPECT_EQ(counts(tenths(), {.temperature = 0.5}), (std::vector<int>{33, 534, 133, 300}));
}

TEST(DrawnToken, TopKKeepsTheBestAndThoseAsGoodAsTheLastOfThem) {
  EXPECT_EQ(counts(tenths(), {.top_k = 2}), (std::vector<int>{0, 571, 0, 429}));  // 4 and 3 of 7
  EXPECT_EQ(counts({1.0F, 2.0F, 1.0F, kNever}, {.temperature = 1e6, .top_k = 2}),
            (std::vector<int>{333, 334, 333, 0}));
  EXPECT_EQ(counts(tenths(), {.top_k = 9}), counts(tenths(), {}));
}

TEST(DrawnToken, TopPLeavesOutWhatSumsUpToTheRest) {
  // The two least ones make 0.3.
  EXPECT_EQ(counts(tenths(), {.top_p = 0.69}), (std::vector<int>{0, 571, 0, 429}));
  EXPECT_EQ(counts(tenths(), {.top_p = 0.71}), (std::vector<int>{0, 444, 223, 333}));  // 4, 2 and 3 of 9
  EXPECT_EQ(counts(tenths(), {.top_p = 0.0}), (std::vector<int>{0, 1000, 0, 0}));
  // Of what top_k leaves, 4/7 and 3/7.
  EXPECT_EQ(counts(tenths(), {.top_k = 2, .top_p = 0.56}), (std::vector<int>{0, 1000, 0, 0}));
  EXPECT_EQ(counts(tenths(), {.top_k = 2, .top_p = 0.58}), (std::vector<int>{0, 571, 0, 429}));
}

TEST(DrawnToken, MinPIsAShareOfTheBest) {
  EXPECT_EQ(counts(tenths(), {.min_p = 0.6}), (std::vector<int>{0, 571, 0, 429}));
  EXPECT_EQ(counts(tenths(), {.min_p = 1.0}), (std::vector<int>{0, 1000, 0, 0}));
}

TEST(DrawnToken, ALowTemperatureTakesTheBest) {
  EXPECT_EQ(counts(tenths(), {.temperature = 1e-6}), (std::vector<int>{0, 1000, 0, 0}));
}

TEST(DrawnToken, TheLastNumberStillDrawsATokenThatIsKept) {
  EXPECT_EQ(drawn_token(tenths(), {.top_k = 2}, std::nextafter(1.0, 0.0)), 3U);
  EXPECT_EQ(drawn_token(tenths(), {.top_k = 2}, 0.0), 1U);
}

// SplitMix64's published first numbers for the seed 1234567.
TEST(DrawnNumber, IsSplitMix64) {
  const std::vector<std::uint64_t> bits{6457827717110365317U, 3203168211198807973U, 9817491932198370423U};
  for (std::size_t step = 0; step < bits.size(); ++step)
    EXPECT_EQ(drawn_number(1234567, step), static_cast<double>(bits[step] >> 11U) / 9007199254740992.0);
}

TEST(DrawnNumber, DiffersByStepAndSeed) {
  std::set<double> numbers;
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    for (std::size_t step = 0; step < 30; ++step) {
      const double number = drawn_number(seed, step);
      EXPECT_GE(number, 0.0);
      EXPECT_LT(number, 1.0);
      numbers.insert(number);
    }
  }
  EXPECT_EQ(numbers.size(), 900U);
}

}  // namespace
}  // namespace bantam::engine
