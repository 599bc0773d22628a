// Values that code has given to items, added up.
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "evaluate/code_items.hpp"
#include "evaluate/code_scores.hpp"
#include "metric/aggregation.hpp"
#include "metric/metric_objects.hpp"
#include "taskcode/values.hpp"

namespace bantam::evaluate {
namespace {

using base::Json;
using base::Result;
using base::Status;
using record::Item;

// The answer that a filter left of the item's; null when there is none.
Json answer_left(const Json& content, const task::FilterSpec& filter) {
  const Json& by_code = base::child_at(base::child_at(content, "code_filtered"), filter.name);
  if (!by_code.is_null()) return by_code;
  const Json& answers = base::child_at(base::child_at(content, "filtered_resps"), filter.name);
  return answers.is_array() && !answers.empty() ? answers.front() : Json();
}

// lm-eval 0.4.13 passes on the pair itself for f1 of written answers, unless the package evaluate scores it.
bool is_pair_of_f1(const task::Task& task, const task::MetricSpec& spec) {
  return spec.metric == &metric::f1 && task.output_type == metric::OutputType::generate_until &&
         !base::bool_at(spec.options, "hf_evaluate").value_or(false);
}

// What lm-eval hands to the aggregation of a metric that is computed here; null where that is not known.
Json logged_value(const task::Task& task, const task::MetricSpec& spec, const task::FilterSpec& filter,
                  const std::string& key, const Item& item) {
  using metric::LoggedAs;
  const auto rules = metric::rules(*spec.metric, task.output_type);
  const Json& content = item.content;
  const auto pair = [](Json first, Json second) {
    return Json{{"$tuple", Json::array({std::move(first), std::move(second)})}};
  };
  const LoggedAs logged = is_pair_of_f1(task, spec) ? LoggedAs::target_and_answer
                          : rules                   ? rules->logged_as
                                                    : LoggedAs::value;
  switch (logged) {
    case LoggedAs::gold_and_predicted:
      return pair(base::child_at(content, "gold"), base::child_at(content, "predicted"));
    case LoggedAs::target_and_answer:
      return pair(base::child_at(content, "target"), answer_left(content, filter));
    case LoggedAs::log_likelihood:
      return base::child_at(content, "log_likelihoods").is_array() && !content["log_likelihoods"].empty()
                 ? content["log_likelihoods"].front()
                 : Json();
    default:
      break;
  }
  const auto found = item.metrics.find(key);
  return found == item.metrics.end() ? Json() : Json(found->second);
}

// Absent for an item to which the code gives no such value.
std::optional<Json> value_of(const task::Task& task, const task::MetricSpec& spec,
                             const task::FilterSpec& filter, const std::string& key, const Item& item) {
  if (!spec.valued_by_code) return logged_value(task, spec, filter, key, item);
  if (const auto found = item.metrics.find(key); found != item.metrics.end()) return Json(found->second);
  const Json& values = base::child_at(item.content, kCodeValues);
  const auto found = values.is_object() ? values.find(key) : values.end();
  if (!values.is_object() || found == values.end()) return std::nullopt;
  return *found;
}

Status add_sum(const task::Task& task, const task::MetricSpec& spec, const std::string& key,
               const std::vector<Json>& values, taskcode::Runner& runner, CodeScores& scores) {
  const std::string who = fmt::format("task '{}', {}", task.name, key);
  TRY_ASSIGN(
      const Json last,
      runner.ask(who,
                 {{"op", "aggregate"}, {"task", task.name}, {"metric", spec.entry}, {"values", values}}));
  const auto number = taskcode::finite_number(base::child_at(last, "value"));
  if (!number) {
    scores.absent[key] = "its aggregation, which is Python code, gives no number";
    return {};
  }
  scores.metrics[key] = {*number, std::nullopt, std::nullopt, static_cast<std::int64_t>(values.size())};
  if (base::string_at(last, "stderr").value_or("none") != "none")
    scores.warnings.push_back(
        fmt::format("{} has no standard error: its aggregation is Python code, which is run once", key));
  return {};
}

}  // namespace

Result<CodeScores> code_scores(const task::Task& task, const std::vector<Item>& items,
                               taskcode::Runner& runner) {
  CodeScores scores;
  const std::vector<const Item*> own = answered_items(task, items);
  for (const task::FilterSpec& filter : task.filters) {
    for (const task::MetricSpec& spec : task.metrics) {
      if (!spec.valued_by_code && !spec.added_by_code) continue;
      const std::string key = task::metric_key(task, spec.name(), filter);
      std::vector<Json> values;
      for (const Item* item : own) {
        if (auto value = value_of(task, spec, filter, key, *item)) values.push_back(*std::move(value));
      }
      if (values.empty()) {
        scores.absent[key] = own.empty() ? "no items" : "the task's Python code gives no such value";
      } else if (spec.added_by_code) {
        TRY(add_sum(task, spec, key, values, runner, scores));
      } else if (spec.aggregation != &metric::aggregations::nanmean) {
        const auto lacking =
            std::ranges::count_if(values, [](const Json& value) { return !taskcode::finite_number(value); });
        if (lacking > 0)
          scores.absent[key] = fmt::format("the task's Python code gives no number for {} of {} items",
                                           lacking, values.size());
      }
    }
  }
  return scores;
}

}  // namespace bantam::evaluate
