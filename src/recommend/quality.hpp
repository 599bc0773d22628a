#pragma once
// How good the answers of a configuration are, as one figure over several tasks, and by how much those of two
// differ. Knows nothing of speed, memory and limits.
//
// The figure is the mean over tasks of (score - chance) / (1 - chance), where chance is the score that
// guessing gives: 0 is guessing, 1 is all right, on every task. Tasks may have weights.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "analyze/configuration.hpp"
#include "analyze/impact.hpp"
#include "base/result.hpp"
#include "stats/interval.hpp"

namespace bantam::recommend {

// A task whose score is part of the figure.
struct QualityTask {
  analyze::ScoreColumn column;
  double weight = 1.0;  // all weights together are 1
  // What guessing gives: of the first configuration that tells it. Absent where none does; it then counts as
  // 0.
  std::optional<double> chance = {};
};

struct QualityTasks {
  std::vector<QualityTask> tasks;
  std::vector<std::string> left_out;  // "wikitext: word_perplexity is no share of right answers"
};

// The tasks of the columns, or those of them that are `wanted`, with their chance. Left out are tasks whose
// leading score is no share between 0 and 1, of which more is better. `weights`: by task, 1 where none is
// given. usage, with what is known, for a task without results and for weights that are not positive.
base::Result<QualityTasks> quality_tasks(const std::vector<analyze::Configuration>& configurations,
                                         const std::vector<analyze::ScoreColumn>& columns,
                                         const std::vector<std::string>& wanted,
                                         const std::map<std::string, double>& weights);

// What guessing gives on the items of a record: the mean of 1 / choices for what is right or wrong, 0 for
// answers that are written. Absent where the record does not tell: it was written by an earlier version.
std::optional<double> chance_level(const record::Record& record, const analyze::ScoreColumn& column);

struct TaskQuality {
  std::string task;
  double score = 0.0;
  double chance = 0.0;
  double corrected = 0.0;
};
struct Quality {
  double value = 0.0;
  std::vector<TaskQuality> tasks;
};

// Why a configuration has no quality that may win: no score, or answers that are none.
struct NoQuality {
  enum class Why { not_known, no_answers, cut_answers, guessing } why = Why::not_known;
  std::string reason;  // "qa: every answer is empty"
};

// Guessing: of no task can the score be told from chance.
tl::expected<Quality, NoQuality> find_quality(const analyze::Configuration& configuration,
                                              const QualityTasks& tasks);

// Of a configuration against another: this - base.
struct QualityDifference {
  double value = 0.0;
  std::optional<stats::Interval> interval;  // 95 %; absent where a task cannot be compared
  std::string why_not;                      // then; empty otherwise
  std::vector<std::string> better, worse;   // tasks with such a verdict
  std::int64_t items = 0;                   // pairs, over all tasks
  bool is_imported = false;                 // of scores that come without samples: they are taken as they are
};

// From the comparison of two configurations, both with a quality: paired where items are the same.
QualityDifference find_difference(const analyze::Impact& impact, const analyze::Configuration& configuration,
                                  const analyze::Configuration& baseline, const QualityTasks& tasks);

}  // namespace bantam::recommend
