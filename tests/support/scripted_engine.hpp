#pragma once
// An engine whose answers, scores and time stamps a test writes down beforehand. Its tokens are bytes; its
// time is its own and passes only as the script says.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/engine.hpp"

namespace bantam::engine {

struct ScriptedAnswer {
  std::string prompt_part;  // answers prompts that hold this text; "" answers all
  std::string text;         // ends with end-of-sequence, unless cut by a limit or a stop string
};

struct ScriptedScore {
  std::string context_part;  // for contexts that hold this text ...
  std::string continuation;  // ... followed by exactly this
  Score score;
};

// The first entry that fits is taken; a request that none fits is bad_input.
struct Script {
  std::vector<ScriptedAnswer> answers;
  std::vector<ScriptedScore> scores;
  std::int64_t start_ns = 1'000'000'000;          // now, before the first call
  std::int64_t prefill_ns_per_token = 1'000'000;  // also what a token of time_prompt() takes
  // Gaps between tokens, used in turn and over all calls; the first one lies between prefill and the first
  // token.
  std::vector<std::int64_t> token_gaps_ns = {10'000'000};
  int streams = 1;  // requests at once, of those that arrive on their own
  MemoryUse memory;
  // extend(): the logit of `next` after `last`; empty: 0 for all.
  std::function<float(Token last, Token next)> logit = {};
};

// Requests of one call are prefilled together and then decoded in lock-step, each step taking one gap.
// Requests that arrive on their own are begun as streams are free, between two steps; the prompt of each is
// computed then.
std::unique_ptr<Engine> open_scripted(Script script);

}  // namespace bantam::engine
