#include "task/metric_list.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <optional>

#include "base/text.hpp"
#include "metric/code_metric.hpp"
#include "score/filters.hpp"
#include "score/wordnet.hpp"
#include "task/code.hpp"

namespace bantam::task {
namespace {

using base::Json;
using metric::Aggregation;
using metric::MetricOption;
using metric::TaskMetric;

const GivenMetric* find_given(const ResultsFunction& results, const TaskMetric& metric) {
  const auto found = std::ranges::find(results.metrics, &metric, &GivenMetric::metric);
  return found == results.metrics.end() ? nullptr : &*found;
}

// What the task's metrics come from: its process_results, or its output type.
std::string_view giver(const Task& task) {
  return task.process_results != nullptr ? task.process_results->is.name : metric::name(task.output_type);
}

std::string metrics_given(const Task& task) {
  std::vector<std::string> names;
  if (task.process_results != nullptr) {
    for (const GivenMetric& given : task.process_results->metrics) names.emplace_back(given.metric->name());
    return base::join(names, ", ");
  }
  for (const TaskMetric* metric : metric::task_metrics()) {
    if (metric::rules(*metric, task.output_type)) names.emplace_back(metric->name());
  }
  return base::join(names, ", ");
}

// Some output type or benchmark gives it; others are made of a group's tasks.
bool is_for_tasks(const TaskMetric& metric) {
  if (metric.of_choices || metric.of_continuation || metric.of_document || metric.of_answer) return true;
  return std::ranges::any_of(benchmarks(), [&](const Benchmark* benchmark) {
    return std::ranges::any_of(benchmark->results, [&](const ResultsFunction& results) {
      return find_given(results, metric) != nullptr;
    });
  });
}

// An option that another metric takes has no effect here, and no warning either.
std::vector<std::string_view> known_options() {
  std::vector<std::string_view> known;
  for (const MetricOption* option : metric::common_options()) known.push_back(option->key);
  for (const TaskMetric* metric : metric::task_metrics()) {
    for (const OutputType type : metric::kOutputTypes) {
      const auto rules = metric::rules(*metric, type);
      if (!rules) continue;
      for (const MetricOption* option : rules->options) known.push_back(option->key);
    }
  }
  return known;
}

// Problems go to the reader; false then.
bool check_option(TaskReader& reader, const std::string& pointer, const MetricOption& option) {
  const std::string place = fmt::format("{}/{}", pointer, option.key);
  const Json& value = reader.at(place);
  if (value.is_null()) return true;
  switch (option.kind) {
    case MetricOption::Kind::flag:
      // Its truth is Python's.
      if (value.is_boolean() || value.is_string() || value.is_number()) break;
      reader.boolean(place, false);
      return false;
    case MetricOption::Kind::text:
      reader.text(place, "");
      if (!value.is_string()) return false;
      break;
    case MetricOption::Kind::other:
      break;
  }
  if (option.faults == nullptr) return true;
  const std::vector<MetricOption::Fault> faults = option.faults(value);
  for (const MetricOption::Fault& fault : faults)
    reader.refuse(place + fault.pointer, fault.message, fault.hint);
  return faults.empty();
}

bool check_options(TaskReader& reader, const std::string& pointer,
                   std::span<const MetricOption* const> options) {
  bool right = reader.knows_keys(pointer, known_options());
  for (const MetricOption* option : metric::common_options())
    right = check_option(reader, pointer, *option) && right;
  for (const MetricOption* option : options) right = check_option(reader, pointer, *option) && right;
  return right;
}

void warn_of_options(const TaskReader& reader, const std::string& pointer,
                     std::span<const MetricOption* const> options, Task& task) {
  for (const MetricOption* option : options) {
    const std::string place = fmt::format("{}/{}", pointer, option->key);
    if (option->without_effect.empty() || reader.at(place).is_null()) continue;
    task.warnings.push_back(reader.warning(
        place, fmt::format("{} has no effect, as in lm-eval: {}", option->key, option->without_effect)));
  }
}

// Texts that say no and count as yes.
void warn_of_truths(const TaskReader& reader, const std::string& pointer,
                    std::span<const MetricOption* const> options, Task& task) {
  constexpr std::array<std::string_view, 4> kNo{"false", "no", "off", "0"};
  for (const MetricOption* option : options) {
    const std::string place = fmt::format("{}/{}", pointer, option->key);
    const Json& value = reader.at(place);
    if (option->kind != MetricOption::Kind::flag || !value.is_string()) continue;
    const auto text = value.get<std::string>();
    if (std::ranges::find(kNo, base::ascii_lower(text)) == kNo.end()) continue;
    task.warnings.push_back(reader.warning(
        place, fmt::format("{}: the text '{}' counts as true, as in lm-eval; write it without quotes",
                           option->key, text)));
  }
}

const Aggregation* find_aggregation(std::span<const Aggregation* const> fitting, std::string_view name) {
  const auto found = std::ranges::find(fitting, name, &Aggregation::name);
  return found == fitting.end() ? nullptr : *found;
}

// Null, and a problem, for one that does not fit the metric.
const Aggregation* read_aggregation(TaskReader& reader, const std::string& pointer, const TaskMetric& metric,
                                    std::span<const Aggregation* const> fitting,
                                    const Aggregation* otherwise) {
  const std::string place = pointer + "/aggregation";
  std::string given;
  if (base::string_at(reader.at(place), "!function")) {
    const AggregationFunction* function = reader.aggregation_function(place);
    if (function == nullptr) return nullptr;
    given = function->aggregation;
  } else {
    given = reader.text(place, std::string(otherwise->name));
    if (!given.empty() && given == otherwise->also_called) return otherwise;
  }
  if (const Aggregation* found = find_aggregation(fitting, given)) return found;
  std::vector<std::string> names;
  for (const Aggregation* one : fitting) names.emplace_back(one->name);
  reader.refuse(place, fmt::format("aggregation '{}' does not fit metric '{}'", given, metric.name()),
                fmt::format("use one of: {}", base::join(names, ", ")));
  return nullptr;
}

// All parts of a task's BERTScore are of one layer. A problem goes to the reader; false then.
bool check_bert_score(TaskReader& reader, const std::string& pointer, const TaskMetric& metric,
                      const Task& task) {
  const bool is_part = metric.of_bert_score != nullptr || !metric.stands_for.empty();
  const score::BertScoreOptions options = metric::bert_score_options(reader.at(pointer));
  for (const MetricSpec& known : task.metrics) {
    if (!is_part || known.metric->of_bert_score == nullptr) continue;
    if (metric::bert_score_options(known.options) == options) continue;
    reader.refuse(pointer, fmt::format("{} and {} differ in num_layers or idf", known.name(), metric.name()),
                  "give both the same, or write - metric: bertscore once");
    return false;
  }
  return true;
}

bool stands_there(const Task& task, const TaskMetric& metric) {
  return std::ranges::find(task.metrics, &metric, &MetricSpec::metric) != task.metrics.end();
}

// Whether a metric that is computed here is added up by code. A problem where its values are not ones that
// can be handed over.
bool adds_by_code(TaskReader& reader, const std::string& pointer, const TaskMetric& metric,
                  const Task& task) {
  const std::string place = pointer + "/aggregation";
  const auto called = reader.called(place);
  if (!called) return false;
  TaskReader probe(reader.file());
  if (probe.aggregation_function(place) != nullptr) return false;
  const auto rules = metric::rules(metric, task.output_type);
  using metric::LoggedAs;
  const LoggedAs logged = rules ? rules->logged_as : LoggedAs::gold_and_probabilities;
  if (logged != LoggedAs::gold_and_probabilities && logged != LoggedAs::log_likelihood_and_words &&
      logged != LoggedAs::log_likelihood_and_bytes)
    return reader.check_code(place);
  reader.refuse(place, fmt::format("aggregation of '{}' by a function is not supported", metric.name()),
                "name an aggregation that is known here");
  return true;
}

// How values that code gives are added up: `spec` has all but that. False, and a problem, when they cannot
// be.
bool read_code_aggregation(TaskReader& reader, const std::string& pointer, MetricSpec& spec) {
  const std::string place = pointer + "/aggregation";
  spec.aggregation = &metric::aggregations::python;
  spec.added_by_code = true;
  if (reader.called(place)) return reader.check_code(place);
  const std::string name = reader.text(place, std::string(default_aggregation(*spec.metric)));
  for (const Aggregation* own : {&metric::aggregations::mean, &metric::aggregations::nanmean,
                                 &metric::aggregations::median, &metric::aggregations::bypass}) {
    if (own->name != name) continue;
    spec.aggregation = own;
    spec.added_by_code = false;
    return true;
  }
  if (!code_aggregation(name).empty()) return true;
  reader.refuse(
      place,
      name.empty() ? fmt::format("metric '{}' needs an aggregation", spec.name())
                   : fmt::format("aggregation '{}' is not supported for values that code gives", name),
      "use mean, nanmean, median, perplexity, weighted_perplexity, bits_per_byte, f1, or a function");
  return false;
}

// An entry of a task whose scores are left to its code. False when it is none of these: a metric that is
// computed here.
bool read_code_metric(TaskReader& reader, const std::string& pointer, std::size_t number, Task& task) {
  const bool has_function = reader.called("/process_results").has_value();
  const auto function = reader.called(pointer + "/metric");
  if (!has_function && !function) return false;
  if (function && (has_function || task.output_type != OutputType::generate_until)) {
    reader.refuse(pointer + "/metric",
                  "a metric that is a function needs output_type generate_until and no process_results",
                  "name the metric that process_results gives");
    return true;
  }
  const std::string name =
      function ? function->substr(function->rfind('.') + 1) : reader.text(pointer + "/metric", "");
  if (function && !reader.check_code(pointer + "/metric")) return true;
  if (name.empty() || name.find(',') != std::string::npos) {
    reader.refuse(pointer + "/metric", "a metric's name must be a text without a comma");
    return true;
  }
  MetricSpec spec{&metric::code_metric(name), nullptr, reader.at(pointer)};
  spec.valued_by_code = true;
  spec.entry = number;
  if (stands_there(task, *spec.metric)) {
    reader.refuse(pointer + "/metric", fmt::format("metric '{}' stands twice", name));
  } else if (read_code_aggregation(reader, pointer, spec)) {
    task.metrics.push_back(std::move(spec));
  }
  return true;
}

void read_metric(TaskReader& reader, const std::string& pointer, std::size_t number, Task& task) {
  const Json& entry = reader.at(pointer);
  if (!entry.is_object() || !entry.contains("metric")) {
    return reader.refuse(pointer, "metric_list: an entry needs the name of a metric", "write - metric: NAME");
  }
  if (reader.code().results && read_code_metric(reader, pointer, number, task)) return;
  if (const auto called = base::string_at(entry["metric"], "!function")) {
    return reader.refuse(
        pointer + "/metric",
        fmt::format("metric needs the Python function '{}', which cannot run here", *called),
        fmt::format("--allow-task-code runs it with Python, under limits; metrics that are scored here: {}",
                    metrics_given(task)));
  }
  const std::string name = reader.text(pointer + "/metric", "");
  const TaskMetric* metric = metric::find_task_metric(name);
  const auto fitting =
      metric != nullptr ? fitting_aggregations(task, *metric) : std::span<const Aggregation* const>{};
  if (fitting.empty()) {
    const bool is_known = metric != nullptr && is_for_tasks(*metric);
    return reader.refuse(pointer + "/metric",
                         is_known ? fmt::format("metric '{}' does not fit {}", name, giver(task))
                                  : fmt::format("metric '{}' is not supported", name),
                         fmt::format("{} gives: {}", giver(task), metrics_given(task)));
  }
  metric::Rules rules{fitting, {}, {}};
  if (task.process_results == nullptr) rules = metric::rules(*metric, task.output_type).value_or(rules);
  const bool right = check_options(reader, pointer, rules.options);
  const bool added_by_code = reader.code().results && right && adds_by_code(reader, pointer, *metric, task);
  const Aggregation* aggregation = added_by_code ? &metric::aggregations::python
                                   : right
                                       ? read_aggregation(reader, pointer, *metric, fitting, fitting.front())
                                       : nullptr;
  if (aggregation == fitting.front()) warn_of_options(reader, pointer, rules.options, task);
  warn_of_truths(reader, pointer, rules.options, task);
  const bool lacks_wordnet = metric->without_wordnet != nullptr && !score::WordNet::installed_folder();
  const TaskMetric& computed = lacks_wordnet ? *metric->without_wordnet : *metric;
  if (stands_there(task, computed) || std::ranges::any_of(computed.stands_for, [&](const TaskMetric* part) {
        return stands_there(task, *part);
      })) {
    return reader.refuse(pointer + "/metric", fmt::format("metric '{}' stands twice", name));
  }
  if (aggregation == nullptr || !check_bert_score(reader, pointer, computed, task)) return;
  if (!computed.stands_for.empty()) {
    for (const TaskMetric* part : computed.stands_for) task.metrics.push_back({part, aggregation, entry});
    return;
  }
  task.metrics.push_back({&computed, aggregation, entry});
  task.metrics.back().added_by_code = added_by_code;
  task.metrics.back().entry = number;
  if (lacks_wordnet) {
    task.warnings.push_back(reader.warning(
        pointer + "/metric",
        fmt::format("no WordNet here: {} is computed without synonyms and named {}; Debian's package "
                    "wordnet-base has it",
                    name, computed.name())));
  }
}

}  // namespace

std::string_view default_aggregation(const TaskMetric& metric) {
  for (const OutputType type : metric::kOutputTypes) {
    const auto rules = metric::rules(metric, type);
    if (rules && !rules->aggregations.empty()) return rules->aggregations.front()->name;
  }
  return {};
}

std::span<const Aggregation* const> fitting_aggregations(const Task& task, const TaskMetric& metric) {
  const auto rules = metric::rules(metric, task.output_type);
  if (task.process_results != nullptr) {
    const GivenMetric* given = find_given(*task.process_results, metric);
    if (given == nullptr) return {};
    if (!given->aggregations.empty()) return given->aggregations;
  }
  return rules ? rules->aggregations : std::span<const Aggregation* const>{};
}

void read_metrics(TaskReader& reader, Task& task) {
  const Json& list = reader.at("/metric_list");
  if (list.is_array() && !list.empty()) {
    for (std::size_t i = 0; i < list.size(); ++i)
      read_metric(reader, fmt::format("/metric_list/{}", i), i, task);
    return;
  }
  if (!list.is_null() && !list.is_array()) return reader.refuse("/metric_list", "metric_list must be a list");
  if (task.process_results != nullptr || reader.called("/process_results"))
    return reader.refuse("", "process_results needs a metric_list");
  for (const TaskMetric* metric : metric::default_metrics(task.output_type)) {
    task.metrics.push_back(
        {metric, fitting_aggregations(task, *metric).front(), Json{{"metric", metric->name()}}});
  }
}

// lm-eval 0.4.13: one answer is left of several by these steps. take_first_k fails where there are fewer than
// k.
void check_repeats(TaskReader& reader, const std::string& pointer, const Json& steps, const Task& task) {
  const Json& given = reader.at("/repeats");
  const std::int64_t repeats = given.is_number_integer() ? given.get<std::int64_t>() : 1;
  bool is_one = task.generation.repeats == 1;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const auto name = base::string_at(steps[i], "function").value_or("");
    const auto count = name == "take_first_k" ? base::integer_at(steps[i], "k") : std::nullopt;
    is_one = is_one || name == "take_first" || name == "majority_vote" || count == 1;
    if (!count || *count <= repeats) continue;
    reader.refuse(fmt::format("{}/filter/{}/k", pointer, i),
                  fmt::format("take_first_k: k is {}, but each item has {} answers", *count, repeats),
                  fmt::format("write repeats: {}, or a smaller k", *count));
  }
  if (is_one) return;
  reader.refuse(pointer, fmt::format("the filter leaves several of {} answers", task.generation.repeats),
                "end it with take_first or majority_vote");
}

// A filter that is a class, or a function behind `custom`.
bool is_code_step(const Json& step) {
  return base::string_at(base::child_at(step, "function"), "!function") ||
         base::string_at(base::child_at(step, "filter_fn"), "!function");
}

void check_code_step(TaskReader& reader, const std::string& pointer) {
  const bool is_class = reader.called(pointer + "/function").has_value();
  if (is_class || reader.text(pointer + "/function", "") == "custom") {
    static_cast<void>(reader.check_code(pointer + (is_class ? "/function" : "/filter_fn")));
  } else {
    reader.refuse(pointer + "/filter_fn", "filter_fn is of the filter custom only", "write function: custom");
  }
}

void read_filters(TaskReader& reader, Task& task) {
  constexpr std::string_view kFilterKeys[] = {"name", "filter"};
  const Json& list = reader.at("/filter_list");
  if (!list.is_null() && !list.is_array()) reader.refuse("/filter_list", "filter_list must be a list");
  for (std::size_t i = 0; list.is_array() && i < list.size(); ++i) {
    const std::string pointer = fmt::format("/filter_list/{}", i);
    FilterSpec spec{reader.text(pointer + "/name", "none"), reader.at(pointer + "/filter")};
    const bool twice = std::any_of(task.filters.begin(), task.filters.end(),
                                   [&](const FilterSpec& known) { return known.name == spec.name; });
    if (twice) reader.refuse(pointer, fmt::format("filter '{}' stands twice", spec.name));
    static_cast<void>(reader.knows_keys(pointer, kFilterKeys));
    if (!spec.steps.is_array())
      reader.refuse(pointer, "filter_list: an entry needs filter: with a list of steps");
    spec.entry = i;
    for (std::size_t step = 0; spec.steps.is_array() && step < spec.steps.size(); ++step) {
      if (is_code_step(spec.steps[step]) && reader.code().allowed) {
        spec.by_code = true;
        check_code_step(reader, fmt::format("{}/filter/{}", pointer, step));
        continue;
      }
      const auto made = score::FilterPipeline::make(Json::array({spec.steps[step]}));
      if (!made) reader.refuse(made.error(), fmt::format("{}/filter/{}", pointer, step));
    }
    // With process_results several answers may be left.
    const bool one_answer = !spec.by_code && !(reader.code().results && reader.called("/process_results"));
    if (spec.steps.is_array() && one_answer) check_repeats(reader, pointer, spec.steps, task);
    task.filters.push_back(std::move(spec));
  }
  if (task.filters.empty()) task.filters.push_back({"none", Json::array({Json{{"function", "take_first"}}})});
}

}  // namespace bantam::task
