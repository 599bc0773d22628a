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
  // Between shared and unshared log-likelihoods of the sample, in nats; absent where nothing can be shared.
  std::optional<double> largest_difference;
  std::string own_kernels;         // their library and version; empty: the engine's kernels scored
  std::string why_engine_kernels;  // empty when own ones did, or none were asked for
  std::optional<double>
      largest_kernel_difference;     // of the same sample, computed with both; absent without own ones
  std::int64_t distinct_tokens = 0;  // see ScoringLayout, summed over what was laid out
  engine::ScoreWork work;
  std::int64_t check_tokens = 0;  // computed by check_shortcuts(); not part of `work`
  double seconds = 0.0;           // inside the engine
};

// Scores shortened requests of one item plainly: each alone, with the engine's kernels. Then with our own
// kernels, if wanted and there are any, and with shared prefixes; either is turned off where a score differs
// by more than 0.05 + 0.5 %. The errors of the engine.
base::Result<ScoringFacts> check_shortcuts(engine::Engine& engine, const Requests& item,
                                           bool want_own_kernels);

}  // namespace bantam::evaluate
