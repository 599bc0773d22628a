// exact_match: a written answer equals the reference; of choices, the right one is what the model would
// write. accuracy: both are the same whole number.

#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "metric/metric_objects.hpp"
#include "metric/whole_numbers.hpp"
#include "score/pattern.hpp"
#include "score/python_truth.hpp"
#include "score/text_match.hpp"

namespace bantam::metric {
namespace {

using base::Json;

std::vector<MetricOption::Fault> pattern_faults(const Json& patterns) {
  std::vector<MetricOption::Fault> faults;
  std::size_t index = 0;
  for (const Json& source : patterns) {
    const std::string pointer = fmt::format("/{}", index++);
    if (!source.is_string()) {
      faults.push_back({pointer, "regexes_to_ignore must be texts", ""});
    } else if (const auto pattern = score::Pattern::compile(source.get<std::string>()); !pattern) {
      faults.push_back({pointer, pattern.error().message, pattern.error().hint});
    }
  }
  return faults;
}

constinit const MetricOption kIgnoreCase{"ignore_case", MetricOption::Kind::flag};
constinit const MetricOption kIgnoreNumbers{"ignore_numbers", MetricOption::Kind::flag};
constinit const MetricOption kIgnorePunctuation{"ignore_punctuation", MetricOption::Kind::flag};
constinit const MetricOption kRegexes{"regexes_to_ignore", MetricOption::Kind::other, pattern_faults};
constexpr const MetricOption* kOptions[] = {&kIgnoreCase, &kIgnoreNumbers, &kIgnorePunctuation, &kRegexes};

std::optional<double> right_is_greedy(const Choices& choices) {
  const bool greedy = std::ranges::any_of(
      choices.gold, [&](std::int64_t gold) { return choices.is_greedy[static_cast<std::size_t>(gold)]; });
  return greedy ? 1.0 : 0.0;
}

base::Result<AnswerJudge> equals_a_reference(const Json& entry) {
  auto options = std::make_shared<score::ExactMatchOptions>();
  options->ignore_case = score::python_truth(base::child_at(entry, kIgnoreCase.key));
  options->ignore_punctuation = score::python_truth(base::child_at(entry, kIgnorePunctuation.key));
  options->ignore_numbers = score::python_truth(base::child_at(entry, kIgnoreNumbers.key));
  for (const Json& source : base::child_at(entry, kRegexes.key)) {
    TRY_ASSIGN(auto pattern, score::Pattern::compile(source.get<std::string>()));
    options->regexes_to_ignore.push_back(std::move(pattern));
  }
  return [options](const std::string& answer, std::span<const std::string_view> references) {
    // An answer on which a pattern runs out of time or memory counts as wrong, and is counted.
    AnswerValue judged{0.0, nullptr};
    for (const std::string_view reference : references) {
      const auto equal = score::exact_match(answer, reference, *options);
      if (equal.value_or(false)) return AnswerValue{1.0, nullptr};
      if (!equal) judged.statistics = {{"gave_up", 1}};
    }
    return judged;
  };
}

base::Result<AnswerJudge> equals_as_number(const Json& /*entry*/) {
  return [](const std::string& answer, std::span<const std::string_view> references) {
    const auto equal = equals_a_number(answer, references);
    return AnswerValue{equal ? std::optional(*equal ? 1.0 : 0.0) : std::nullopt, nullptr};
  };
}

}  // namespace

constinit const TaskMetric accuracy{
    .row =
        {"accuracy", "accuracy", "", higher_is_better, ratio, kAccuracy,
         "Share of items whose filtered answer is the target's whole number, a label as the package evaluate "
         "reads it; an answer that is no number is wrong.",
         "the task does not ask for it, or no target is a whole number"},
    .of_answer = OfAnswer{.value = equals_as_number, .aggregations = aggregations::kMeans},
    .right_or_wrong = true,
    .range = Range{}};

constinit const TaskMetric exact_match{
    .row = {"exact_match", "exact_match", "", higher_is_better, ratio, kAccuracy,
            "Share of items whose filtered answer equals the target, after the task's own normalization. The "
            "part after a comma names the filter, e.g. strict-match.",
            "the task does not ask for it"},
    .of_choices = OfChoices{.value = right_is_greedy, .aggregations = aggregations::kMeans},
    .of_answer =
        OfAnswer{.value = equals_a_reference, .aggregations = aggregations::kMeans, .options = kOptions},
    .needs_texts = true,
    .right_or_wrong = true,
    .range = Range{},
    .micro = &exact_match_micro,
    .macro = &exact_match_macro};
constinit const TaskMetric exact_match_micro{
    .row = {"exact_match_micro", "exact_match, micro", "", higher_is_better, ratio, kAccuracy,
            "As acc_micro, of exact_match.", "not a group of several tasks"}};
constinit const TaskMetric exact_match_macro{
    .row = {"exact_match_macro", "exact_match, macro", "", higher_is_better, ratio, kAccuracy,
            "As acc_macro, of exact_match.", "not a group of several tasks"}};

}  // namespace bantam::metric
