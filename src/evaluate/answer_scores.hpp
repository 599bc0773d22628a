#pragma once
// What an answer is worth: a task's metrics of one generated text against its references. Knows nothing of
// filters, engines or other items.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "base/result.hpp"
#include "evaluate/prompts.hpp"
#include "score/text_match.hpp"
#include "score/wordnet.hpp"
#include "task/task.hpp"

namespace bantam::evaluate {

// By metric name. A metric that cannot be told for this answer has neither.
struct AnswerScores {
  std::map<std::string, double> values;  // the answer's own value
  // What adds up over items, where a metric is no mean of values. bleu, chrf, chrf++, ter: the counts of
  // score/*_stats(); inst_level_*: [followed, checked]; entity_f1: kind -> [both, predicted, gold];
  // macro_f1, micro_f1, weighted_f1: [right class, predicted class].
  std::map<std::string, base::Json> statistics;
};

// Texts of the reference answers: the choice behind an index, the members of a list, or the text itself.
// bad_input when there is none.
base::Result<std::vector<std::string>> references_of(const Prompt& prompt);

class AnswerScorer {
 public:
  static base::Result<AnswerScorer> make(const task::Task& task);

  // With several references the best counts. bad_input when there is none, or a column that a known function
  // needs is missing.
  base::Result<AnswerScores> score(const Prompt& prompt, const std::string& answer) const;

 private:
  explicit AnswerScorer(const task::Task& task) : task_(&task) {}

  void add_metric(const task::MetricSpec& metric, const std::vector<std::string>& references,
                  const std::string& answer, AnswerScores& scores) const;

  const task::Task* task_;
  std::map<std::string, score::ExactMatchOptions> match_options_;  // by metric
  std::optional<score::WordNet> wordnet_;                          // loaded when a metric needs it
};

}  // namespace bantam::evaluate
