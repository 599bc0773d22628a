#pragma once
// From the items of tasks to scores, of each task and of their group, with standard errors as
// lm-evaluation-harness gives them, and intervals: Wilson's for shares of right answers, Student's for other
// means, bootstrapped ones for all else. Pure functions.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "record/record.hpp"
#include "task/library.hpp"

namespace bantam::evaluate {

struct Scores {
  // Keys: the metric's name, with ",filter" where a task has several filters.
  std::map<std::string, record::Value> metrics;
  std::map<std::string, std::string> absent;  // why there is no value
  std::vector<std::string> warnings;          // score at chance, no variance, cut contexts, ...
};

struct TaskScores {
  Scores total;                             // of the group; of the task itself where there is no group
  std::map<std::string, Scores> leaves;     // by task name; empty where there is no group
  std::map<std::string, Scores> subgroups;  // by name; empty where there is none
};

// What code of a task makes of its items, by metric key (code_scores.hpp): scores that are not added up here.
struct CodeScores {
  std::map<std::string, record::Value> metrics;
  std::map<std::string, std::string> absent;
  std::vector<std::string> warnings;
};

// One task's scores. `items` may hold other tasks' items too. `code`: may be null. Beside the task's metrics:
// `truncated` (contexts cut), and for generated answers `empty` and `unparsed` (of the last filter), all
// counts.
Scores leaf_scores(const task::Task& task, const std::vector<record::Item>& items,
                   const CodeScores* code = nullptr);

// What guessing gives on the items of this task: the mean of 1 / choices. `items` may hold other tasks' items
// too. Absent unless every item says how many choices it has.
std::optional<double> chance_level(const task::Task& task, const std::vector<record::Item>& items);

// The metrics of a group and of each group within it, with lm-eval's standard error. Shares of right answers
// also get the two averages by name: "acc_micro", over all items, with an error clustered by task, and
// "acc_macro", over tasks.
// `code`: by task.
TaskScores task_scores(const task::Selection& selection, const std::vector<record::Item>& items,
                       const std::map<std::string, CodeScores>& code = {});

}  // namespace bantam::evaluate
