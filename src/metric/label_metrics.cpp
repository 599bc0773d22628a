// Labels: right and predicted classes over all items, chosen or written, and named entities. f1 is also the
// overlap of words of a written answer.

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "metric/metric_objects.hpp"
#include "metric/whole_numbers.hpp"
#include "score/labels.hpp"
#include "score/python_text.hpp"
#include "score/text_match.hpp"

namespace bantam::metric {
namespace {

using base::Json;
using std::optional;

// The classes of items of choices, by their numbers; absent when an item has not one right class.
optional<std::vector<score::Classified>> chosen_classes(const ItemList& items) {
  std::vector<score::Classified> classes;
  for (const record::Item* item : items) {
    const auto gold = base::integer_at(item->content, "gold");
    const auto predicted = base::integer_at(item->content, "predicted");
    if (!gold || !predicted) return std::nullopt;
    classes.push_back({*gold, *predicted});
  }
  return classes;
}

template <double (*kScore)(std::span<const score::Classified>)>
ScoreOf of_classes(const ItemList& items, const std::string& /*key*/) {
  auto classes = chosen_classes(items);
  if (!classes) return {};
  return score_of_drawn(*std::move(classes), kScore);
}

using Average = score::LabelScore score::AveragedScores::*;

// Items of named classes; those at the positions of `at`, or left out where it is absent.
template <Average kAverage>
ScoreOf averaged(score::NamedClasses classes, const std::vector<optional<std::size_t>>& at) {
  const std::size_t labels = classes.labels.size();
  std::vector<optional<score::Classified>> values;
  for (const auto& position : at)
    values.push_back(position ? optional(classes.items[*position]) : std::nullopt);
  return score_of_drawn(std::move(values), [labels](const std::vector<optional<score::Classified>>& drawn) {
    std::vector<score::Classified> there;
    for (const auto& one : drawn)
      if (one) there.push_back(*one);
    const auto scores = score::classification_scores(there, labels);
    return scores ? optional(((*scores).*kAverage).f1) : std::nullopt;
  });
}

template <Average kAverage>
ScoreOf f1_of_choices(const ItemList& items, const std::string& /*key*/) {
  const auto classes = chosen_classes(items);
  if (!classes) return {};
  std::vector<std::string> gold;
  std::vector<std::string> predicted;
  std::vector<optional<std::size_t>> at;
  for (const score::Classified& item : *classes) {
    at.emplace_back(gold.size());
    gold.push_back(fmt::format("{:06}", item.gold));
    predicted.push_back(fmt::format("{:06}", item.predicted));
  }
  return averaged<kAverage>(score::number_classes(gold, predicted), at);
}

// Written classes are texts: statistics hold [right class, predicted class].
template <Average kAverage>
ScoreOf f1_of_texts(const ItemList& items, const std::string& key) {
  std::vector<std::string> gold;
  std::vector<std::string> predicted;
  std::vector<optional<std::size_t>> at;
  for (const record::Item* item : items) {
    const Json& pair = item_statistics(*item, key);
    at.push_back(pair.is_array() && pair.size() == 2 ? optional(gold.size()) : std::nullopt);
    if (!at.back()) continue;
    gold.push_back(pair[0].get<std::string>());
    predicted.push_back(pair[1].get<std::string>());
  }
  return averaged<kAverage>(score::number_classes(gold, predicted), at);
}

constinit const Aggregation kF1{.name = "f1", .scorer = of_classes<score::f1_of_class_one>};
constinit const Aggregation kMcc{.name = "matthews_corrcoef",
                                 .scorer = of_classes<score::matthews_correlation>};
constinit const Aggregation kMacro{
    .name = "macro_f1", .scorer = f1_of_choices<&score::AveragedScores::macro>, .also_called = "f1"};
constinit const Aggregation kMicro{
    .name = "micro_f1", .scorer = f1_of_choices<&score::AveragedScores::micro>, .also_called = "f1"};
constinit const Aggregation kWeighted{
    .name = "weighted_f1", .scorer = f1_of_choices<&score::AveragedScores::weighted>, .also_called = "f1"};
constinit const Aggregation kTextMacro{
    .name = "macro_f1", .scorer = f1_of_texts<&score::AveragedScores::macro>, .also_called = "f1"};
constinit const Aggregation kTextMicro{
    .name = "micro_f1", .scorer = f1_of_texts<&score::AveragedScores::micro>, .also_called = "f1"};
constinit const Aggregation kTextWeighted{
    .name = "weighted_f1", .scorer = f1_of_texts<&score::AveragedScores::weighted>, .also_called = "f1"};

constexpr const Aggregation* kF1First[] = {&kF1, &kMacro, &kMicro, &kWeighted, &kMcc};
constexpr const Aggregation* kMccFirst[] = {&kMcc, &kF1, &kMacro, &kMicro, &kWeighted};
constexpr const Aggregation* kMacroFirst[] = {&kMacro, &kF1, &kMicro, &kWeighted, &kMcc};
constexpr const Aggregation* kMicroFirst[] = {&kMicro, &kF1, &kMacro, &kWeighted, &kMcc};
constexpr const Aggregation* kWeightedFirst[] = {&kWeighted, &kF1, &kMacro, &kMicro, &kMcc};
constexpr const Aggregation* kTextMacroFirst[] = {&kTextMacro, &kTextMicro, &kTextWeighted};
constexpr const Aggregation* kTextMicroFirst[] = {&kTextMicro, &kTextMacro, &kTextWeighted};
constexpr const Aggregation* kTextWeightedFirst[] = {&kTextWeighted, &kTextMacro, &kTextMicro};

// As in lm-eval, which hands it to no one.
constinit const MetricOption kAverage{
    .key = "average",
    .without_effect =
        "f1 stays that of the second choice; the metrics macro_f1, micro_f1 and weighted_f1 average"};
constexpr const MetricOption* kF1Options[] = {&kAverage};

// Of one item, as lm-eval hands it to the package evaluate.
std::vector<MetricOption::Fault> average_faults(const Json& value) {
  const auto average = value.get<std::string>();
  if (average == "binary" || average == "micro" || average == "macro" || average == "weighted") return {};
  return {
      {"", fmt::format("average '{}' is not supported", average), "use binary, micro, macro or weighted"}};
}
constinit const MetricOption kAnswerAverage{"average", MetricOption::Kind::text, average_faults};
constexpr const MetricOption* kAnswerF1Options[] = {&kAnswerAverage};

// The package evaluate's f1 of one item: a label is right or not. Without an average only label 1 counts.
base::Result<AnswerJudge> written_label(const std::optional<std::string>& average) {
  const auto counts =
      average.value_or("binary") == "binary" ? +[](std::int64_t label) { return label == 1; } : nullptr;
  return [counts](const std::string& answer, std::span<const std::string_view> references) {
    const auto right = equals_a_number(answer, references, counts);
    return AnswerValue{right ? optional(*right ? 1.0 : 0.0) : std::nullopt, nullptr};
  };
}

// With hf_evaluate the labels' f1, as in lm-eval; otherwise that of shared words.
base::Result<AnswerJudge> word_overlap(const Json& entry) {
  if (base::bool_at(entry, "hf_evaluate").value_or(false))
    return written_label(base::string_at(entry, "average"));
  return [](const std::string& answer, std::span<const std::string_view> references) {
    double best = 0.0;
    for (const std::string_view reference : references)
      best = std::max(best, score::squad_answer_f1(answer, reference));
    return AnswerValue{best, nullptr};
  };
}

base::Result<AnswerJudge> written_class(const Json& /*entry*/) {
  return [](const std::string& answer, std::span<const std::string_view> references) {
    return AnswerValue{std::nullopt, Json::array({references.front(), answer})};
  };
}

// Tags of the words, as many as the reference has: missing ones are O, further ones are left out. Statistics:
// kind -> [both, predicted, gold].
AnswerValue tagged(const std::string& answer, std::span<const std::string_view> references) {
  const std::vector<std::string> gold = score::split_words(references.front());
  std::vector<std::string> predicted = score::split_words(answer);
  predicted.resize(gold.size(), "O");
  score::EntityCounts counts;
  score::count_entities(score::tagged_entities(gold, score::TagScheme::conlleval),
                        score::tagged_entities(predicted, score::TagScheme::conlleval), counts);
  Json statistics = Json::object();
  for (const auto& [kind, count] : counts) {
    statistics[kind] = Json::array({count.both, count.predicted, count.gold});
  }
  return {counts.empty() ? 1.0 : score::entity_scores(counts).micro.f1, std::move(statistics)};
}

base::Result<AnswerJudge> entity_tags(const Json& /*entry*/) {
  return tagged;
}

ScoreOf entities(const ItemList& items, const std::string& key) {
  struct Found {
    std::size_t kind = 0;
    score::LabelCounts counts;
  };
  std::map<std::string, std::size_t> kinds;
  std::vector<std::vector<Found>> of_items;
  for (const record::Item* item : items) {
    std::vector<Found>& own = of_items.emplace_back();
    for (const auto& [kind, count] : item_statistics(*item, key).items()) {
      if (!count.is_array() || count.size() != 3) continue;
      Found found{kinds.emplace(kind, kinds.size()).first->second, {}};
      found.counts.both = count[0].get<std::int64_t>();
      found.counts.predicted = count[1].get<std::int64_t>();
      found.counts.gold = count[2].get<std::int64_t>();
      own.push_back(found);
    }
  }
  return [of_items = std::move(of_items),
          kinds = std::move(kinds)](std::span<const std::size_t> positions) -> optional<double> {
    std::vector<optional<score::LabelCounts>> totals(kinds.size());
    for (const std::size_t position : positions) {
      for (const Found& found : of_items[position]) {
        optional<score::LabelCounts>& total = totals[found.kind];
        if (!total) total.emplace();
        total->both += found.counts.both;
        total->predicted += found.counts.predicted;
        total->gold += found.counts.gold;
      }
    }
    score::EntityCounts counts;
    for (const auto& [kind, number] : kinds)
      if (totals[number]) counts.emplace(kind, *totals[number]);
    if (counts.empty()) return std::nullopt;  // no entity anywhere
    return score::entity_scores(counts).micro.f1;
  };
}

constinit const Aggregation kEntities{.name = "entity_f1", .scorer = entities, .also_called = "f1"};
constexpr const Aggregation* kEntitiesOnly[] = {&kEntities};

}  // namespace

constinit const TaskMetric f1{
    .row = {"f1", "F1", "", higher_is_better, number, kAccuracy,
            "Harmonic mean of precision and recall: of the predicted labels for classification (0 to 1), of "
            "shared words for extractive answers (SQuAD); 0 to 1.",
            "the task does not ask for it"},
    .of_choices =
        OfChoices{.aggregations = kF1First, .options = kF1Options, .logged_as = LoggedAs::gold_and_predicted},
    .of_answer =
        OfAnswer{.value = word_overlap, .aggregations = aggregations::kMeans, .options = kAnswerF1Options},
    .range = Range{}};

constinit const TaskMetric mcc{
    .row = {"mcc", "MCC", "", higher_is_better, ratio, kAccuracy,
            "Matthews correlation coefficient of predicted and right labels, -1 to 1; 0 is chance.",
            "the task does not ask for it"},
    .of_choices = OfChoices{.aggregations = kMccFirst, .logged_as = LoggedAs::gold_and_predicted}};

constinit const TaskMetric macro_f1{
    .row = {"macro_f1", "Macro F1", "", higher_is_better, ratio, kAccuracy,
            "Plain mean over the classes of each class's F1; classes that are right or predicted somewhere.",
            "the task does not ask for it"},
    .of_choices = OfChoices{.aggregations = kMacroFirst},
    .of_answer = OfAnswer{.value = written_class, .aggregations = kTextMacroFirst}};

constinit const TaskMetric micro_f1{
    .row = {"micro_f1", "Micro F1", "", higher_is_better, ratio, kAccuracy,
            "F1 of the counts summed over the classes.", "the task does not ask for it"},
    .of_choices = OfChoices{.aggregations = kMicroFirst},
    .of_answer = OfAnswer{.value = written_class, .aggregations = kTextMicroFirst}};

constinit const TaskMetric weighted_f1{
    .row = {"weighted_f1", "Weighted F1", "", higher_is_better, ratio, kAccuracy,
            "Mean over the classes of each class's F1, weighted by how often the class is right.",
            "the task does not ask for it"},
    .of_choices = OfChoices{.aggregations = kWeightedFirst},
    .of_answer = OfAnswer{.value = written_class, .aggregations = kTextWeightedFirst}};

constinit const TaskMetric entity_f1{
    .row = {"entity_f1", "Entity F1", "", higher_is_better, ratio, kAccuracy,
            "F1 of named entities over all items: a predicted entity counts when its first and last word and "
            "its kind are right (seqeval's default rule, micro average).",
            "no item has or predicts an entity"},
    .of_answer = OfAnswer{.value = entity_tags, .aggregations = kEntitiesOnly}};

}  // namespace bantam::metric
