#pragma once
// One entry of `results` in lm-evaluation-harness's results JSON, "acc,none" and "acc_stderr,none", as values
// of a record, with the intervals that our own runs give where the file tells enough. Pure functions; know
// nothing of files.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "record/record.hpp"
#include "record/sections.hpp"

namespace bantam::exchange {

// A score's place in an entry.
struct ScoreName {
  std::string metric;
  std::string filter;
};
// In the order of the entry; members that are no scores or standard errors are passed over.
std::vector<ScoreName> score_names(const base::Json& entry);
// Each once, in the order in which they come.
std::vector<std::string> filters_of(const std::vector<ScoreName>& names);

// The key of a record's metric: without the filter where there is only one.
std::string metric_key(const ScoreName& name, bool has_one_filter);

struct EntryScores {
  std::map<std::string, record::Value> metrics;
  std::map<std::string, std::string> absent;  // what is no finite number, or outside of the metric's range
};

// Of a task. `n`: items that were scored, absent where the file does not tell. With `items` the values of
// each metric are known: then n and the interval are those of our own runs. Without them a share of right
// answers gets Wilson's interval where n is known; all others keep lm-eval's standard error alone.
EntryScores task_scores(const base::Json& entry, std::optional<std::int64_t> n,
                        const std::vector<record::Item>& items);

// Of a group, from its entry and the scores of all tasks below it: Wilson's interval where its score is the
// mean over all their items.
EntryScores group_scores(const base::Json& entry, const std::vector<const EntryScores*>& tasks,
                         bool has_one_filter);

// Why the items cannot be those behind the entry: the mean of their values is another. Absent where it is
// not. Only shares of right answers that are means are looked at.
std::optional<std::string> contradiction(const base::Json& entry, const base::Json& config,
                                         const std::vector<record::Item>& items);

}  // namespace bantam::exchange
