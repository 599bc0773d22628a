#include "tune/knobs.hpp"

#include <gmock/gmock.h>

#include <algorithm>

namespace bantam::tune {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Knob knob(const KnobFacts& facts, std::string_view name) {
  const auto all = knobs_for(facts);
  const auto found = std::ranges::find(all, name, &Knob::name);
  EXPECT_NE(found, all.end());
  return found == all.end() ? Knob{} : *found;
}

std::vector<std::string> labels(const Knob& knob) {
  std::vector<std::string> all;
  for (const Choice& choice : knob.choices) all.push_back(choice.label);
  return all;
}

TEST(Knobs, ThreadsAreThoseOfTheMachine) {
  EXPECT_THAT(labels(knob({.physical_cores = 2, .allowed_cpus = 2}, "threads")),
              ElementsAre("threads=1", "threads=2"));
  EXPECT_THAT(labels(knob({.physical_cores = 4, .allowed_cpus = 8}, "threads")),
              ElementsAre("threads=1", "threads=2", "threads=3", "threads=4", "threads=8"));
  const Knob single = knob({.physical_cores = 1, .allowed_cpus = 1}, "threads");
  EXPECT_EQ(single.skipped, "there is one CPU");
  EXPECT_THAT(single.choices, IsEmpty());
}

// What is computed at once makes no difference to a prompt that is shorter.
TEST(Knobs, BatchesAreTriedAsFarAsThePromptFillsThem) {
  EXPECT_THAT(labels(knob({.prompt_tokens = 200}, "n_ubatch")),
              ElementsAre("n-ubatch=64", "n-ubatch=128", "n-ubatch=256"));
  EXPECT_THAT(*knob({.prompt_tokens = 20}, "n_ubatch").skipped, HasSubstr("prompt of 20 tokens"));
}

TEST(Knobs, WhatTheUserHasFixedIsLeftAlone) {
  EXPECT_EQ(knob({.given = {"flash_attn"}}, "flash_attn").skipped, "it is given");
  EXPECT_EQ(knob({.given = {"cache_type_v"}}, "kv_cache").skipped, "it is given");
  EXPECT_FALSE(knob({.given = {"flash_attn"}}, "repack").skipped);
}

TEST(Knobs, ADraftServesOneRequestAtATime) {
  EXPECT_THAT(labels(knob({.draft_model = "small.gguf"}, "draft")),
              ElementsAre("draft=off", "draft=lookup", "draft=small.gguf"));
  EXPECT_TRUE(knob({.is_batched = true}, "draft").skipped);
}

TEST(Knobs, TheCurrentChoiceIsFoundAmongTheOthers) {
  plan::EngineSettings settings;
  settings.threads = 2;
  const KnobFacts facts{.physical_cores = 2, .allowed_cpus = 2};
  EXPECT_EQ(current(settings, knob(facts, "threads")).label, "threads=2");
  EXPECT_EQ(current(settings, knob(facts, "repack")).label, "repack=on");
  EXPECT_EQ(current(settings, knob(facts, "kv_cache")).label, "kv-cache=f16");
  EXPECT_EQ(current(settings, knob(facts, "draft")).label, "draft=off");
  // No choice: flash attention is left to the engine.
  EXPECT_EQ(current(settings, knob(facts, "flash_attn")).label, "flash_attn=auto");
}

// A choice and what it replaces set the same members, so that a sweep knows what it varies.
TEST(Knobs, ChoicesSetWhatTheyReplace) {
  plan::EngineSettings settings;
  settings.threads = 2;
  settings.flash_attn = "on";
  for (const Knob& knob : knobs_for({.physical_cores = 2, .allowed_cpus = 4, .prompt_tokens = 600})) {
    const plan::EngineSettings same = with(settings, current(settings, knob));
    EXPECT_EQ(plan::to_json(same), plan::to_json(settings)) << knob.name;
    for (const Choice& choice : knob.choices) {
      const plan::EngineSettings back = with(with(settings, choice), current(settings, knob));
      EXPECT_EQ(plan::to_json(back), plan::to_json(settings)) << choice.label;
    }
  }
}

}  // namespace
}  // namespace bantam::tune
