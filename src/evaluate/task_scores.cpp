#include "evaluate/task_scores.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>

#include "metric/group_scores.hpp"
#include "metric/task_metric.hpp"

namespace bantam::evaluate {
namespace {

using base::Json;
using metric::ItemList;
using record::Item;
using record::Value;

Value count_value(std::int64_t count, std::size_t n) {
  return {static_cast<double>(count), std::nullopt, std::nullopt, static_cast<std::int64_t>(n)};
}

template <typename Counts>
std::int64_t count_if(const ItemList& items, Counts counts) {
  return std::count_if(items.begin(), items.end(), [&](const Item* item) { return counts(item->content); });
}

auto flag(const char* key) {
  return [key](const Json& content) { return base::bool_at(content, key).value_or(false); };
}

bool has_failed(const Json& content) {
  return content.contains("failed");
}

// By the head of an encoder (classify.hpp).
bool was_classified(const ItemList& items) {
  return count_if(items, [](const Json& content) {
           return base::bool_at(content, "classified").value_or(false);
         }) > 0;
}

// Why none of the items has a value.
const char* absence(const metric::TaskMetric& metric, const ItemList& items) {
  if (items.empty()) return "no items";
  if (was_classified(items)) return "a classification head gives labels no length or likelihood";
  if (count_if(items, has_failed) == static_cast<std::int64_t>(items.size())) return "no item could be asked";
  const auto is_incomplete = [](const Json& content) {
    return base::bool_at(content, "incomplete").value_or(false);
  };
  const bool all_incomplete = count_if(items, is_incomplete) == static_cast<std::int64_t>(items.size());
  if (metric.needs_encoder() && !all_incomplete) return metric::kNoEmbeddingModel;
  return "not finite on these items";
}

// Texts that were cut before they were compared; only where an encoder has compared them.
void add_encoder_count(const task::Task& task, const ItemList& items, Scores& scores) {
  const auto was_compared = [&](const auto& metric) {
    const metric::TaskMetric* known = metric::find_task_metric(metric::base_name(metric.first));
    return known != nullptr && known->needs_encoder();
  };
  std::int64_t compared = 0;
  for (const Item* item : items) compared += std::ranges::any_of(item->metrics, was_compared) ? 1 : 0;
  if (!task::needs_encoder(task) || compared == 0) return;
  const std::int64_t cut = count_if(
      items, [](const Json& content) { return base::bool_at(content, "encoder_truncated").value_or(false); });
  scores.metrics["encoder_truncated"] = count_value(cut, static_cast<std::size_t>(compared));
  if (cut > 0) {
    scores.warnings.push_back(fmt::format(
        "{} of {} answers or their references were longer than the embedding model takes and lost their end",
        cut, compared));
  }
}

void add_failed(const ItemList& items, Scores& scores) {
  if (const std::int64_t failed = count_if(items, has_failed); failed > 0) {
    scores.metrics["failed"] = count_value(failed, items.size());
    const auto first =
        std::ranges::find_if(items, [](const Item* item) { return has_failed(item->content); });
    scores.warnings.push_back(fmt::format(
        "{} of {} items failed; the scores are over the others. Item {}: {}", failed, items.size(),
        (*first)->doc_id, base::string_at((*first)->content, "failed").value_or("")));
  }
}

void warn_of_patterns(const ItemList& items, Scores& scores) {
  if (const std::int64_t gave_up = count_if(items, flag("gave_up")); gave_up > 0) {
    scores.warnings.push_back(fmt::format(
        "a filter's pattern ran out of time or memory on {} of {} answers, which count as unparsed", gave_up,
        items.size()));
  }
  const auto metric_gave_up = [](const Json& content) {
    const Json& statistics = base::child_at(content, "statistics");
    return std::ranges::any_of(statistics,
                               [](const Json& one) { return one.is_object() && one.contains("gave_up"); });
  };
  if (const std::int64_t gave_up = count_if(items, metric_gave_up); gave_up > 0) {
    scores.warnings.push_back(fmt::format(
        "a pattern of regexes_to_ignore ran out of time or memory on {} of {} answers, which count as wrong",
        gave_up, items.size()));
  }
}

void add_counts(const task::Task& task, const ItemList& items, Scores& scores) {
  add_failed(items, scores);
  const std::int64_t truncated = count_if(items, flag("truncated"));
  scores.metrics["truncated"] = count_value(truncated, items.size());
  if (truncated > 0) {
    scores.warnings.push_back(fmt::format("{} of {} contexts were longer than the model's and lost their {}",
                                          truncated, items.size(), was_classified(items) ? "end" : "start"));
  }
  if (const std::int64_t dropped = count_if(items, flag("system_dropped")); dropped > 0) {
    scores.warnings.push_back(fmt::format("the chat template left out the system message of {} of {} items",
                                          dropped, items.size()));
  }
  if (const std::int64_t leaked = count_if(items, flag("leaked")); leaked > 0) {
    scores.warnings.push_back(fmt::format("{} of {} items stand among their own examples: their answers leak",
                                          leaked, items.size()));
  }
  if (const std::int64_t apart = count_if(items, flag("tokenized_apart")); apart > 0) {
    scores.warnings.push_back(fmt::format(
        "the tokens of an answer merge with the context's on {} of {} items: it was tokenized on its own",
        apart, items.size()));
  }
  if (task.output_type != task::OutputType::generate_until) return;
  if (const std::int64_t lacking = count_if(items, flag("without_reference")); lacking > 0) {
    scores.warnings.push_back(
        fmt::format("{} of {} items have no right answer that is a text: they count 0, as in lm-eval",
                    lacking, items.size()));
  }
  const std::int64_t answer_truncated = count_if(items, flag("answer_truncated"));
  const std::int64_t incomplete = count_if(items, flag("incomplete"));
  const std::string filter = task.filters.back().name;
  const std::int64_t empty = count_if(items, flag("empty"));
  const std::int64_t unparsed = count_if(items, [&](const Json& content) {
    return base::bool_at(base::child_at(content, "unparsed"), filter).value_or(false);
  });
  scores.metrics["empty"] = count_value(empty, items.size());
  scores.metrics["unparsed"] = count_value(unparsed, items.size());
  scores.metrics["answer_truncated"] = count_value(answer_truncated, items.size());
  scores.metrics["incomplete"] = count_value(incomplete, items.size());
  if (incomplete > 0) {
    scores.warnings.push_back(
        fmt::format("{} of {} answers ended inside their block of thought; the scores are over the others",
                    incomplete, items.size()));
  }
  warn_of_patterns(items, scores);
  const auto all = static_cast<std::int64_t>(items.size());
  if (all > 0 && empty == all) scores.warnings.push_back("every answer is empty");
  if (all > 0 && answer_truncated == all)
    scores.warnings.push_back("every answer ended at the limit of new tokens");
  if (all > 0 && unparsed == all) scores.warnings.push_back("no answer could be parsed");
}

ItemList items_of(const task::Task& task, const std::vector<Item>& items) {
  ItemList own;
  for (const Item& item : items) {
    if (item.task == task.name) own.push_back(&item);
  }
  return own;
}

// Absent unless every item says how many choices it has.
std::optional<double> mean_chance(const ItemList& items) {
  double total = 0.0;
  for (const Item* item : items) {
    const std::size_t choices = base::child_at(item->content, "log_likelihoods").size();
    if (choices < 1) return std::nullopt;
    total += 1.0 / static_cast<double>(choices);
  }
  if (items.empty()) return std::nullopt;
  return total / static_cast<double>(items.size());
}

// Items whose choices leave nothing to choose between.
void warn_of_choices(const ItemList& items, Scores& scores) {
  const std::int64_t single = count_if(
      items, [](const Json& content) { return base::child_at(content, "log_likelihoods").size() == 1; });
  const std::int64_t equal = count_if(items, [](const Json& content) {
    const Json& choices = base::child_at(content, "continuations");
    // Where the choices stand in the context their continuations are always equal.
    return !content.contains("contexts") &&
           std::set<Json>(choices.begin(), choices.end()).size() < choices.size();
  });
  if (single > 0) {
    scores.warnings.push_back(
        fmt::format("{} of {} items have one choice only, which is always right", single, items.size()));
  }
  if (equal > 0) {
    scores.warnings.push_back(
        fmt::format("{} of {} items have equal choices; on a tie the first one counts as the answer", equal,
                    items.size()));
  }
}

void warn(const task::Task& task, const ItemList& items, Scores& scores) {
  for (const auto& [key, value] : scores.metrics) {
    if (!metric::is_score(key) || value.std_error != 0.0 || items.size() < 2) continue;
    if (value.interval && value.interval->method != "wilson") continue;
    if (value.value == 0.0 || value.value == 1.0) {
      scores.warnings.push_back(fmt::format("{} is {} on every item", key, value.value));
    }
  }
  if (task.output_type != task::OutputType::multiple_choice) return;
  warn_of_choices(items, scores);
  const auto chance = mean_chance(items);
  for (const task::MetricSpec& spec : task.metrics) {
    const auto share = scores.metrics.find(spec.name());
    if (!chance || !spec.metric->told_from_chance || share == scores.metrics.end()) continue;
    const auto& [name, value] = *share;
    if (value.interval && value.interval->low <= *chance && *chance <= value.interval->high) {
      scores.warnings.push_back(
          fmt::format("{} {:.3f} cannot be told from guessing ({:.3f})", name, value.value, *chance));
    }
  }
}

// Keys without a filter are those of tasks with a single one.
bool is_wanted(const task::GroupMetric& metric, const std::string& key) {
  const std::string_view base = metric::base_name(key);
  if (base != metric.metric) return false;
  if (metric.filters.empty() || key.size() == base.size()) return true;
  return std::ranges::find(metric.filters, key.substr(base.size() + 1)) != metric.filters.end();
}

void add_group_metric(const task::GroupMetric& metric, const std::vector<const Scores*>& leaves,
                      Scores& total) {
  std::map<std::string, metric::TaskValues> by_key;
  for (const Scores* scores : leaves) {
    for (const auto& [key, value] : scores->metrics) {
      if (is_wanted(metric, key)) by_key[key].push_back(&value);
    }
  }
  for (const auto& [key, values] : by_key) {
    if (values.size() != leaves.size()) {
      total.absent[key] = "not every task of the group gives it";
    } else if (const auto value = metric::group_value(values, metric.weight_by_size)) {
      total.metrics[key] = *value;
      for (const auto& [name, average] : metric::group_averages(key, values)) total.metrics[name] = average;
    }
  }
  if (by_key.empty()) total.absent[metric.metric] = "no task of the group gives it";
}

void add_group_metrics(const task::Group& group, const std::vector<const Scores*>& leaves, Scores& total) {
  for (const task::GroupMetric& metric : group.metrics) add_group_metric(metric, leaves, total);
  // A group may name an average, "acc_micro", which comes with another entry's "acc".
  std::erase_if(total.absent, [&](const auto& absent) { return total.metrics.contains(absent.first); });
}

void add_group_counts(TaskScores& result) {
  for (const char* key :
       {"failed", "truncated", "empty", "unparsed", "answer_truncated", "incomplete", "encoder_truncated"}) {
    std::optional<Value> total;
    for (const auto& [task, scores] : result.leaves) {
      const auto found = scores.metrics.find(key);
      if (found == scores.metrics.end()) continue;
      if (!total) total = count_value(0, 0);
      total->value += found->second.value;
      *total->n += found->second.n.value_or(0);
    }
    if (total) result.total.metrics[key] = *total;
  }
}

void add_code_scores(const CodeScores& code, Scores& scores) {
  for (const auto& [key, value] : code.metrics) {
    scores.metrics[key] = value;
    scores.absent.erase(key);
  }
  for (const auto& [key, reason] : code.absent) {
    scores.absent[key] = reason;
    scores.metrics.erase(key);
  }
  scores.warnings.insert(scores.warnings.end(), code.warnings.begin(), code.warnings.end());
}

const CodeScores* code_of(const std::map<std::string, CodeScores>& code, const std::string& task) {
  const auto found = code.find(task);
  return found == code.end() ? nullptr : &found->second;
}

}  // namespace

std::optional<double> chance_level(const task::Task& task, const std::vector<Item>& items) {
  return mean_chance(items_of(task, items));
}

Scores leaf_scores(const task::Task& task, const std::vector<Item>& items, const CodeScores* code) {
  const ItemList own = items_of(task, items);
  Scores scores;
  for (const task::FilterSpec& filter : task.filters) {
    for (const task::MetricSpec& spec : task.metrics) {
      const std::string key = task::metric_key(task, spec.name(), filter);
      const auto value = metric::aggregated(*spec.aggregation, key, own);
      if (value)
        scores.metrics[key] = *value;
      else
        scores.absent[key] = spec.valued_by_code || spec.added_by_code
                                 ? "it comes from the task's Python code, which was not run on the answers"
                                 : absence(*spec.metric, own);
    }
  }
  if (code != nullptr) add_code_scores(*code, scores);
  add_counts(task, own, scores);
  add_encoder_count(task, own, scores);
  warn(task, own, scores);
  return scores;
}

TaskScores task_scores(const task::Selection& selection, const std::vector<Item>& items,
                       const std::map<std::string, CodeScores>& code) {
  TaskScores result;
  if (!selection.group) {
    result.total = leaf_scores(selection.leaves.front(), items, code_of(code, selection.leaves.front().name));
    return result;
  }
  for (const task::Task& task : selection.leaves) {
    Scores scores = leaf_scores(task, items, code_of(code, task.name));
    for (const std::string& warning : scores.warnings) {
      result.total.warnings.push_back(fmt::format("{}: {}", task.name, warning));
    }
    result.leaves[task.name] = std::move(scores);
  }
  std::vector<const Scores*> all;
  for (const auto& [task, scores] : result.leaves) all.push_back(&scores);
  add_group_metrics(*selection.group, all, result.total);
  for (const task::Subgroup& inner : selection.subgroups) {
    std::vector<const Scores*> below;
    for (const std::string& leaf : inner.leaves) below.push_back(&result.leaves[leaf]);
    add_group_metrics(inner.group, below, result.subgroups[inner.group.name]);
  }
  add_group_counts(result);
  return result;
}

}  // namespace bantam::evaluate
