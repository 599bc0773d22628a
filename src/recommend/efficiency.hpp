#pragma once
// What a configuration gives for what it takes: score per second, per GiB, per joule and per unit of money.
// By the values as they are. A ratio of two figures rewards a model that is fast and knows nothing: it ranks,
// and chooses nothing.

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "analyze/analysis.hpp"
#include "recommend/recommend.hpp"

namespace bantam::recommend {

struct Efficiency {
  std::size_t configuration = 0;
  std::optional<double> mean_score;     // plain mean of the tasks' scores, without weights and chance; absent
                                        // where the configuration has no quality (quality.hpp)
  std::optional<double> per_latency_s;  // mean_score / latency; of SLiM-Eval's results its "efficiency score"
  std::optional<double> per_gib;        // mean_score / memory need
  std::optional<double> per_joule;      // mean_score / energy per request
  std::optional<double> speed_per_gib;  // tokens per second / memory need
  std::optional<double> per_price;      // mean_score / price of the device, in its unit of money
  std::optional<double> speed_per_price;  // tokens per second / price of the device
};

struct Efficiencies {
  std::optional<std::string> latency;  // the metric that is the latency of all; absent where there is none
  std::optional<std::string> speed;
  std::optional<double> device_price;  // as it was given
  std::vector<Efficiency> rows;        // one per configuration, in their order
};

// `device_price`: of the one device that all results are of; positive; absent: nothing is divided by it.
Efficiencies find_efficiencies(const analyze::Analysis& analysis, const Recommendation& recommendation,
                               const std::optional<double>& device_price = {});

}  // namespace bantam::recommend
