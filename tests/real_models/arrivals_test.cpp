// Requests that arrive while others are computed give the tokens that each gives alone, in the order of their
// arrival and not before it.

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "engine/llama/engine.hpp"
#include "support/shared.hpp"

namespace bantam::engine {
namespace {

std::unique_ptr<Engine> open_nano(Capacity capacity) {
  plan::EngineSettings settings;
  settings.threads = 1;
  settings.cache_type_k = settings.cache_type_v = "f32";
  settings.flash_attn = "off";
  const ModelFile nano(std::string(BANTAM_SOURCE_DIR) + "/models/nano/nano-f16.gguf");
  auto engine = open_llama(nano, settings, capacity, nullptr);
  if (!engine) ADD_FAILURE() << engine.error().message;
  return engine ? *std::move(engine) : nullptr;
}

std::vector<GenerateRequest> arriving(std::int64_t first_ns) {
  std::vector<GenerateRequest> requests;
  for (int n = 1; n <= 7; ++n) {
    const std::string more(static_cast<std::size_t>(n % 3) * 8, '.');
    requests.push_back({"Mia has " + std::to_string(n) + " shells" + more + " and she", {}});
    requests.back().arrival_ns = first_ns + (n - 1) * 3'000'000;  // 3 ms apart
  }
  return requests;
}

TEST(Arrivals, GiveTheTokensThatEachRequestGivesAlone) {
  const auto engine = open_nano({128, 2});
  ASSERT_TRUE(engine);
  GenerateOptions options;
  options.max_new_tokens = 24;
  options.ignore_eos = true;
  const base::MonotonicClock clock;
  const auto requests = arriving(clock.now_ns() + 10'000'000);
  options.refill = true;
  const auto served = engine->generate(requests, options);
  ASSERT_TRUE(served) << served.error().message;
  ASSERT_EQ(served->size(), requests.size());
  options.refill = false;
  for (std::size_t i = 0; i < requests.size(); ++i) {
    const Generation& one = (*served)[i];
    GenerateRequest request = requests[i];
    request.arrival_ns.reset();
    const auto alone = engine->generate({&request, 1}, options);
    ASSERT_TRUE(alone);
    // Sums in another order may turn the choice between two equally good tokens.
    if (one.smallest_top2_gap > 1e-3) {
      EXPECT_EQ(one.tokens, alone->front().tokens) << i;
      EXPECT_EQ(one.text, alone->front().text) << i;
    }
    EXPECT_EQ(one.tokens.size(), 24U);
    EXPECT_EQ(one.cached_tokens, 0);
    EXPECT_EQ(one.submitted_ns, *requests[i].arrival_ns);
    EXPECT_GE(one.prefill_done_ns, one.submitted_ns);
    EXPECT_GE(one.token_ns.front(), one.prefill_done_ns);
    EXPECT_TRUE(std::ranges::is_sorted(one.token_ns));
    // With two streams, it is begun only when at most one of those before it is unfinished.
    if (i < 2) continue;
    std::int64_t done_before = 0;
    for (std::size_t other = 0; other < i; ++other)
      done_before += (*served)[other].token_ns.back() <= one.token_ns.front() ? 1 : 0;
    EXPECT_GE(done_before, static_cast<std::int64_t>(i) - 1) << i;
  }
}

TEST(Arrivals, RefuseStopStringsAndPromptsThatAreTooLong) {
  const auto engine = open_nano({64, 2});
  ASSERT_TRUE(engine);
  auto requests = arriving(0);
  GenerateOptions options;
  options.stop = {"."};
  EXPECT_EQ(engine->generate(requests, options).error().kind, base::ErrorKind::usage);
  options.stop.clear();
  requests.back().prompt = std::string(2000, 'x');
  EXPECT_EQ(engine->generate(requests, options).error().kind, base::ErrorKind::bad_input);
  // And goes on.
  requests.pop_back();
  EXPECT_TRUE(engine->generate(requests, options));
}

}  // namespace
}  // namespace bantam::engine
