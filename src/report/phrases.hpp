#pragma once
// Numbers with their uncertainty as short texts for people.

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "analyze/impact.hpp"
#include "metric/catalogue.hpp"
#include "record/record.hpp"
#include "table/table.hpp"

namespace bantam::report {

// "14.2 ms ±0.8 %": the wider side of the interval as a share of the value; without it when there is no
// interval.
std::string with_spread(const metric::Metric& metric, const record::Value& value);
// "0.812 [0.744, 0.865]" in the metric's format.
std::string with_limits(const metric::Metric& metric, const record::Value& value);
// "1.80x [1.76, 1.84]".
std::string as_factor(double factor, const std::optional<stats::Interval>& interval);
// "-8.0 points [-14.9, -1.0]" for shares, "+0.300 [0.150, 0.450]" for other scores. `unit` is put after the
// number where it has one.
std::string as_difference(const analyze::ScoreChange& change, std::string_view unit = " points");
// "alike after 2 looks, the interval lies within ±2 points".
std::string as_decision(const analyze::Decided& decided);
// "int4 vs fp16"; of a model with an adapter against the one without: "int4, tuned vs base nano fp16".
std::string versus(const analyze::Impact& impact);
// What a note on a comparison begins with: "nano int4", "bees int4 vs nano fp16".
std::string subject(const analyze::Impact& impact);
// Why tasks were not compared, each reason with its tasks, in the order of the first of them.
std::vector<std::pair<std::string, std::vector<std::string>>> tasks_by_reason(const analyze::Impact& impact);
// How a comparison's verdict shows in a table.
table::Mark verdict_mark(analyze::Verdict verdict);
// "0.039", "< 0.001".
std::string as_p(double p);

}  // namespace bantam::report
