#pragma once
// What a configuration must keep to: a metric or a task's score, at most or at least so much. A limit is
// judged by the interval of the value, not by its middle. Knows nothing of how configurations compare.

#include <string>
#include <string_view>
#include <vector>

#include "analyze/configuration.hpp"
#include "base/result.hpp"
#include "recommend/memory_need.hpp"

namespace bantam::recommend {

enum class Bound { most, least };

// "ttft=1s", "mmlu=0.6", "kld_mean=0.1".
struct Limit {
  std::string text;     // "ttft_s at most 1 s"
  std::string subject;  // a metric's name in the catalogue, or a task's
  Bound bound = Bound::most;
  double value = 0.0;  // in base units; of a score a share
  bool is_score = false;
};

// Metrics may be named without their unit ("ttft"), values have theirs ("60ms", "8GiB", "60%"). usage, with
// the form, for any other text. A name that no metric has is a task's.
base::Result<Limit> parse_limit(std::string_view text, Bound bound);

// The catalogue's metric of a name that may lack its unit; null when there is none, and for the scores of
// tasks.
const metric::Metric* find_figure(std::string_view name);

enum class Kept { yes, no, unsure, unknown };
struct LimitResult {
  Kept kept = Kept::unknown;
  std::string reason;  // "TTFT 1.2 s [1.1 s, 1.3 s], at most 1 s"; why it is not known
};
// Facts of the file are exact, and imported values without an interval are taken as they are; memory is a
// single reading: within 2 % of the limit it is unsure. A speed or a score without an interval is unsure.
// What is predicted has the interval of its expected error.
LimitResult judge(const Limit& limit, const analyze::Configuration& configuration,
                  const std::vector<analyze::ScoreColumn>& columns);

// Within so much memory: unsure where what is predicted of the need leaves it open.
LimitResult judge_budget(const MemoryNeed& need, double budget_bytes);

// Of one value against the limit; `is_exact`: it is taken as it is.
Kept judge_value(const Limit& limit, const metric::Metric& metric, const record::Value& value, bool is_exact);

// usage, with what is known, when a limit names a task without results.
base::Status check_subjects(const std::vector<Limit>& limits,
                            const std::vector<analyze::ScoreColumn>& columns);

}  // namespace bantam::recommend
