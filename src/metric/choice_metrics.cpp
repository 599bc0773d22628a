// Multiple choice: is the most likely choice the right one, and how sure is the model of it.

#include <algorithm>

#include "metric/metric_objects.hpp"

namespace bantam::metric {
namespace {

using std::optional;

double is_gold(const Choices& choices, std::size_t predicted) {
  return std::ranges::find(choices.gold, static_cast<std::int64_t>(predicted)) != choices.gold.end() ? 1.0
                                                                                                     : 0.0;
}

optional<double> plain_is_right(const Choices& choices) {
  return is_gold(choices, choices.predictions.plain);
}

optional<double> greedy_is_right(const Continuation& continuation) {
  return continuation.is_greedy ? 1.0 : 0.0;
}

optional<double> by_length_is_right(const Choices& choices) {
  return is_gold(choices, choices.predictions.by_length);
}

optional<double> by_bytes_is_right(const Choices& choices) {
  return is_gold(choices, choices.predictions.by_bytes);
}

optional<double> gain_is_right(const Choices& choices) {
  if (choices.unconditional.size() != choices.log_likelihoods.size()) return std::nullopt;
  std::vector<double> gains = choices.log_likelihoods;
  for (std::size_t i = 0; i < gains.size(); ++i) gains[i] -= choices.unconditional[i];
  return is_gold(choices, score::arg_max(gains));
}

optional<double> brier(const Choices& choices) {
  if (choices.by_classifier && choices.gold.size() != 1) return std::nullopt;
  return score::brier_score(choices.log_likelihoods, static_cast<std::size_t>(choices.gold.front()));
}

optional<double> share_of_right(const Choices& choices) {
  const std::vector<double> shares = score::softmax(choices.log_likelihoods);
  double share = 0.0;
  for (const std::int64_t gold : choices.gold) share += shares[static_cast<std::size_t>(gold)];
  return share;
}

constinit const Aggregation kBrier{.name = "brier_score", .kind = Aggregation::Kind::mean};
constexpr const Aggregation* kBrierOrMean[] = {&kBrier, &aggregations::mean};

}  // namespace

constinit const TaskMetric acc{
    .row = {"acc", "acc", "", higher_is_better, ratio, kAccuracy,
            "Share of items where the choice with the greatest summed log-likelihood is the right one; ties "
            "go to the first. A group's is over all items of its tasks (micro average) unless the task says "
            "otherwise.",
            ""},
    .of_choices = OfChoices{.value = plain_is_right, .aggregations = aggregations::kMeans},
    .of_continuation =
        OfContinuation{
            .value = greedy_is_right, .aggregations = aggregations::kMeans, .logged_as = LoggedAs::is_greedy},
    .right_or_wrong = true,
    .range = Range{},
    .yields_to = &acc_norm,
    .micro = &acc_micro,
    .macro = &acc_macro,
    .told_from_chance = true};
constinit const TaskMetric acc_micro{
    .row = {"acc_micro", "acc, micro", "", higher_is_better, ratio, kAccuracy,
            "acc of a group over all its items, with a standard error clustered by task: the tasks count as "
            "a sample of what could be asked.",
            "not a group of several tasks"}};
constinit const TaskMetric acc_macro{.row = {"acc_macro", "acc, macro", "", higher_is_better, ratio,
                                             kAccuracy,
                                             "Mean of the acc of a group's tasks, each counting the same; "
                                             "its standard error comes from the items of each task.",
                                             "not a group of several tasks"}};

constinit const TaskMetric acc_norm{
    .row =
        {"acc_norm", "acc_norm", "", higher_is_better, ratio, kAccuracy,
         "As acc, with each choice's log-likelihood divided by the choice's length in Unicode code points.",
         "the task's answers are not choices"},
    .of_choices = OfChoices{.value = by_length_is_right, .aggregations = aggregations::kMeans},
    .needs_texts = true,
    .right_or_wrong = true,
    .range = Range{},
    .micro = &acc_norm_micro,
    .macro = &acc_norm_macro};
constinit const TaskMetric acc_norm_micro{.row = {"acc_norm_micro", "acc_norm, micro", "", higher_is_better,
                                                  ratio, kAccuracy, "As acc_micro, of acc_norm.",
                                                  "not a group of several tasks"}};
constinit const TaskMetric acc_norm_macro{.row = {"acc_norm_macro", "acc_norm, macro", "", higher_is_better,
                                                  ratio, kAccuracy, "As acc_macro, of acc_norm.",
                                                  "not a group of several tasks"}};

constinit const TaskMetric acc_bytes{
    .row = {"acc_bytes", "acc_bytes", "", higher_is_better, ratio, kAccuracy,
            "As acc, with each choice's log-likelihood divided by the choice's length in UTF-8 bytes.",
            "the task's answers are not choices"},
    .of_choices = OfChoices{.value = by_bytes_is_right, .aggregations = aggregations::kMeans},
    .needs_texts = true,
    .right_or_wrong = true,
    .range = Range{},
    .micro = &acc_bytes_micro,
    .macro = &acc_bytes_macro};

constinit const TaskMetric acc_bytes_micro{
    .row = {"acc_bytes_micro", "acc_bytes, micro", "", higher_is_better, ratio, kAccuracy,
            "As acc_micro, of acc_bytes.", "not a group of several tasks"}};
constinit const TaskMetric acc_bytes_macro{
    .row = {"acc_bytes_macro", "acc_bytes, macro", "", higher_is_better, ratio, kAccuracy,
            "As acc_macro, of acc_bytes.", "not a group of several tasks"}};

constinit const TaskMetric acc_mutual_info{
    .row = {"acc_mutual_info", "acc_mutual_info", "", higher_is_better, ratio, kAccuracy,
            "As acc, with the log-likelihood of the choice without the question taken off.",
            "the task does not ask for it"},
    .of_choices = OfChoices{.value = gain_is_right, .aggregations = aggregations::kMeans},
    .needs_texts = true,
    .needs_unconditional = true,
    .right_or_wrong = true,
    .range = Range{},
    .micro = &acc_mutual_info_micro,
    .macro = &acc_mutual_info_macro};

constinit const TaskMetric acc_mutual_info_micro{
    .row = {"acc_mutual_info_micro", "acc_mutual_info, micro", "", higher_is_better, ratio, kAccuracy,
            "As acc_micro, of acc_mutual_info.", "not a group of several tasks"}};
constinit const TaskMetric acc_mutual_info_macro{
    .row = {"acc_mutual_info_macro", "acc_mutual_info, macro", "", higher_is_better, ratio, kAccuracy,
            "As acc_macro, of acc_mutual_info.", "not a group of several tasks"}};

constinit const TaskMetric brier_score{
    .row =
        {"brier_score", "Brier", "", lower_is_better, number, kAccuracy,
         "Mean over items of the squared distance between the probabilities of the choices (softmax of their "
         "log-likelihoods) and the right answer as a one-hot vector.",
         "the task does not ask for it"},
    .of_choices =
        OfChoices{
            .value = brier, .aggregations = kBrierOrMean, .logged_as = LoggedAs::gold_and_probabilities},
    .without_error_in_lm_eval = true};

constinit const TaskMetric likelihood{
    .row = {"likelihood", "Likelihood", "", higher_is_better, ratio, kAccuracy,
            "Mean over items of the right answer's share of probability among the choices.",
            "the task does not ask for it"},
    .of_choices = OfChoices{.value = share_of_right, .aggregations = aggregations::kMeans},
    .needs_texts = true,
    .range = Range{}};

}  // namespace bantam::metric
