#pragma once
// Fronts: the configurations that no other dominates by some objectives together. By the values as they are,
// not by intervals: a picture of what is possible; what may be deployed is told by recommend.hpp. Knows
// nothing of charts.

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "analyze/analysis.hpp"
#include "recommend/recommend.hpp"
#include "record/sections.hpp"

namespace bantam::recommend {

struct Dominated {
  std::size_t configuration = 0;
  std::size_t by = 0;  // the first member that is as good in all, and better in something
};

struct Front {
  std::string name;                     // "latency_quality"
  std::vector<std::string> objectives;  // kQuality, kMemory or metrics
  std::vector<std::size_t> members;     // in the order of the configurations
  std::vector<Dominated> dominated;
  std::vector<std::size_t> without;  // failed, or without a value for an objective: never on a front
  std::vector<record::Evidence> evidence = {};  // by configuration: the weakest of its values
};

// `values[i]`: those of one configuration, by objective; absent where there is none. `is_higher_better`: one
// entry per objective. Equal ones are all members.
Front find_front(const std::vector<std::vector<std::optional<double>>>& values,
                 const std::vector<bool>& is_higher_better);

// Latency, energy and size against quality, and all of speed, memory, energy and quality that were measured
// together; those of which no configuration has all values are left out.
std::vector<Front> find_fronts(const analyze::Analysis& analysis, const Recommendation& recommendation);

}  // namespace bantam::recommend
