#pragma once
// How the score requests of many items are laid out so that an engine computes what they have in common once,
// and the check that such sharing gives the scores it should. Knows nothing of tasks or prompts.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "engine/engine.hpp"

namespace bantam::evaluate {

using Requests = std::vector<engine::ScoreRequest>;

struct UnitLimits {
  std::size_t tokens = 2048;  // new ones, after sharing; a single item may have more
  std::size_t items = 256;
};

struct ScoringLayout {
  std::vector<engine::Token>
      prefix;  // all contexts begin with it and go on; empty when it is not worth keeping
  std::vector<std::vector<std::size_t>> units;  // items computed together; ordered by their tokens
  std::int64_t distinct_tokens = 0;  // of the prefix tree of all inputs: the least that can be computed
};

// Follows from `items` and `limits` alone, so that a resumed evaluation computes the same bits. An item is
// the list of its requests, at least one, none of them empty.
ScoringLayout lay_out(std::span<const Requests> items, const UnitLimits& limits);

// What scoring has cost in this process.
struct ScoringFacts {
  bool shared = false;       // prefixes were shared between requests
  std::string why_unshared;  // empty when shared
  std::optional<double>
      largest_difference;            // between shared and unshared log-likelihoods of the sample, in nats
  std::int64_t distinct_tokens = 0;  // see ScoringLayout, summed over what was laid out
  engine::ScoreWork work;
  std::int64_t check_tokens = 0;  // computed by check_sharing(); not part of `work`
  double seconds = 0.0;           // inside the engine
};

// Scores shortened requests of one item with and without sharing, and turns sharing off where the two differ
// by more than 0.05 + 0.5 %. The errors of the engine.
base::Result<ScoringFacts> check_sharing(engine::Engine& engine, const Requests& item);

}  // namespace bantam::evaluate
