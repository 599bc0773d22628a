#pragma once
// The run that makes an answer surer, as options of `bantam run`. Knows nothing of stores, and starts
// nothing.

#include <string>

#include "analyze/analysis.hpp"
#include "plan/options.hpp"
#include "recommend/recommend.hpp"

namespace bantam::recommend {

// What the answer names as its next measurement, with the settings of what was measured or predicted so far:
// of the choice, and of all its rivals where it is to be told from them. Without store, folders and budget of
// time. A text, why there is none, otherwise: the answer names nothing, all items are used, or nobody has
// said where a model lies that was measured by another tool.
tl::expected<plan::OptionValues, std::string> next_run(const analyze::Analysis& analysis,
                                                       const QualityTasks& tasks, const Answer& answer);

// What measures the speed and memory of one configuration by itself, with the settings that they were
// measured or predicted with. A text, why there is none, as above.
tl::expected<plan::OptionValues, std::string> measuring_run(const analyze::Configuration& configuration);

}  // namespace bantam::recommend
