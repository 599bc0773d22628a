#pragma once
// The best configuration per metric, where the measurements can tell. Knows nothing of constraints or
// budgets.

#include <cstddef>
#include <string>
#include <vector>

#include "analyze/configuration.hpp"

namespace bantam::analyze {

struct Winner {
  std::string task;      // "performance" for speed, memory and model metrics, else the task of a score
  std::string metric;    // key
  std::size_t best = 0;  // index of the configuration with the best value
  std::vector<std::size_t> sharing;  // others that cannot be told from it (see compare()), in order
  bool decided() const { return sharing.empty(); }
};

// One per directional metric for which at least two configurations have a value, and of the figures of
// machine and model one among decoders and one among encoders; failed, absent and predicted never win, nor
// does a model that gave no answers. Of memory only what is needed in all is contested. Where configurations
// were measured on different machines or with different settings, no best is named for what depends on them,
// and a note says so.
std::vector<Winner> find_winners(const std::vector<Configuration>& configurations,
                                 const std::vector<ScoreColumn>& columns, std::vector<std::string>& notes);

}  // namespace bantam::analyze
