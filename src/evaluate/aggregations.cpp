#include "evaluate/aggregations.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <cmath>
#include <vector>

#include "score/bleu.hpp"
#include "score/choices.hpp"
#include "score/chrf.hpp"
#include "score/labels.hpp"
#include "score/ter.hpp"
#include "stats/means.hpp"
#include "stats/proportion.hpp"
#include "task/subset.hpp"

namespace bantam::evaluate {

std::optional<Spread> bootstrap(std::size_t items, std::size_t chunks, std::size_t chunk,
                                const ScoreOf& score) {
  if (items < 2) return std::nullopt;
  std::vector<double> scores;
  scores.reserve(chunks * chunk);
  std::vector<std::size_t> drawn(items);
  for (std::size_t seed = 0; seed < chunks; ++seed) {
    task::PythonRandom random(seed);
    for (std::size_t i = 0; i < chunk; ++i) {
      random.choices(items, drawn);
      const auto value = score(drawn);
      if (value && std::isfinite(*value)) scores.push_back(*value);
    }
  }
  const auto deviation = stats::sample_sd(scores);
  const auto interval = stats::bootstrap_interval(scores);
  if (!deviation || !interval) return std::nullopt;
  return Spread{*deviation, *interval};
}

std::size_t bootstrap_chunks(std::size_t items) {
  constexpr std::size_t kMost = 100;
  constexpr std::size_t kMostDraws = 8'000'000;
  return std::clamp<std::size_t>(kMostDraws / (1000 * std::max<std::size_t>(items, 1)), 1, kMost);
}

namespace {

using base::Json;
using record::Item;
using record::Value;

bool all_zero_or_one(const std::vector<double>& values) {
  return std::all_of(values.begin(), values.end(), [](double value) { return value == 0.0 || value == 1.0; });
}

std::vector<double> metric_values(const ItemList& items, const std::string& key) {
  std::vector<double> values;
  for (const Item* item : items) {
    const auto found = item->metrics.find(key);
    if (found != item->metrics.end()) values.push_back(found->second);
  }
  return values;
}

std::optional<Value> mean_of(const std::vector<double>& values) {
  const auto mean = score::mean(values);
  if (!mean) return std::nullopt;
  Value value;
  value.value = *mean;
  value.n = static_cast<std::int64_t>(values.size());
  value.std_error = score::mean_stderr(values);
  if (values.size() > 1 && all_zero_or_one(values)) {
    value.interval =
        wilson_of(static_cast<std::int64_t>(std::llround(*mean * static_cast<double>(*value.n))), *value.n);
  } else if (const auto interval = stats::mean_interval(values)) {
    value.interval = {interval->low, interval->high, 0.95, "student_t"};
  }
  return value;
}

// The item's log-likelihood: a number of its own, or the first of a list.
double log_likelihood_of(const Item& item) {
  if (const auto own = base::number_at(item.content, "log_likelihood")) return *own;
  const Json& list = base::child_at(item.content, "log_likelihoods");
  return list.is_array() && !list.empty() && list.front().is_number() ? list.front().get<double>() : 0.0;
}

std::vector<score::Weighted> weighted_values(const ItemList& items, const std::string& metric) {
  std::vector<score::Weighted> values;
  for (const Item* item : items) {
    const auto weight = base::number_at(item->content, metric == "word_perplexity" ? "words" : "bytes");
    values.push_back({log_likelihood_of(*item), weight.value_or(0.0)});
  }
  return values;
}

// Classes as items of choices name them: by number.
score::NamedClasses numbered_classes(const ItemList& items) {
  std::vector<std::string> gold;
  std::vector<std::string> predicted;
  for (const Item* item : items) {
    gold.push_back(fmt::format("{:06}", base::integer_at(item->content, "gold").value_or(0)));
    predicted.push_back(fmt::format("{:06}", base::integer_at(item->content, "predicted").value_or(0)));
  }
  return score::number_classes(gold, predicted);
}

const Json& statistics_of(const Item& item, const std::string& key) {
  return base::child_at(base::child_at(item.content, "statistics"), key);
}

// Generated classes: texts.
score::NamedClasses named_classes(const ItemList& items, const std::string& key) {
  std::vector<std::string> gold;
  std::vector<std::string> predicted;
  for (const Item* item : items) {
    const Json& pair = statistics_of(*item, key);
    if (!pair.is_array() || pair.size() != 2) continue;
    gold.push_back(pair[0].get<std::string>());
    predicted.push_back(pair[1].get<std::string>());
  }
  return score::number_classes(gold, predicted);
}

std::vector<score::Classified> classified_values(const ItemList& items) {
  std::vector<score::Classified> values;
  for (const Item* item : items) {
    values.push_back({base::integer_at(item->content, "gold").value_or(-1),
                      base::integer_at(item->content, "predicted").value_or(-1)});
  }
  return values;
}

std::optional<double> class_score(const std::string& aggregation, const std::string& key,
                                  const ItemList& items) {
  const bool generated = !items.empty() && !items.front()->content.contains("predicted");
  if (!generated && aggregation == "f1") return score::f1_of_class_one(classified_values(items));
  if (!generated && aggregation == "matthews_corrcoef")
    return score::matthews_correlation(classified_values(items));
  const score::NamedClasses classes = generated ? named_classes(items, key) : numbered_classes(items);
  const auto scores = score::classification_scores(classes.items, classes.labels.size());
  if (!scores) return std::nullopt;
  if (aggregation == "macro_f1") return scores->macro.f1;
  if (aggregation == "micro_f1") return scores->micro.f1;
  return scores->weighted.f1;
}

std::optional<double> entity_score(const std::string& key, const ItemList& items) {
  score::EntityCounts counts;
  for (const Item* item : items) {
    for (const auto& [kind, count] : statistics_of(*item, key).items()) {
      if (!count.is_array() || count.size() != 3) continue;
      score::LabelCounts& total = counts[kind];
      total.both += count[0].get<std::int64_t>();
      total.predicted += count[1].get<std::int64_t>();
      total.gold += count[2].get<std::int64_t>();
    }
  }
  if (counts.empty()) return std::nullopt;  // no entity anywhere
  return score::entity_scores(counts).micro.f1;
}

score::TextStats summed_statistics(const std::string& key, const ItemList& items) {
  score::TextStats total;
  for (const Item* item : items) {
    score::TextStats own;
    for (const Json& count : statistics_of(*item, key)) {
      if (count.is_number()) own.push_back(count.get<double>());
    }
    if (!own.empty()) score::add_stats(total, own);
  }
  return total;
}

std::optional<double> corpus_score(const task::MetricSpec& metric, const std::string& key,
                                   const ItemList& items) {
  if (metric.aggregation == "entity_f1") return entity_score(key, items);
  const score::TextStats total = summed_statistics(key, items);
  if (total.empty()) return std::nullopt;
  if (metric.aggregation == "bleu") return score::bleu_score(total, {}).score;
  if (metric.aggregation == "ter") return score::ter_score(total).score;
  if (metric.aggregation == "ratio") {
    if (total.size() != 2 || total[1] == 0.0) return std::nullopt;
    return total[0] / total[1];
  }
  score::ChrfOptions options;
  if (metric.aggregation == "chrf++") options.word_order = 2;
  return score::chrf_score(total, options);
}

std::optional<double> log_likelihood_score(const task::MetricSpec& metric, const ItemList& items) {
  if (metric.aggregation == "weighted_perplexity")
    return score::weighted_perplexity(weighted_values(items, metric.name));
  if (metric.aggregation == "bits_per_byte")
    return score::bits_per_weight(weighted_values(items, metric.name));
  std::vector<double> values;
  for (const Item* item : items) values.push_back(log_likelihood_of(*item));
  return score::perplexity(values);
}

// lm-eval's median: the upper one of the two in the middle.
std::optional<double> median_of(std::vector<double> values) {
  if (values.empty()) return std::nullopt;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

bool is_class_aggregation(const std::string& aggregation) {
  return aggregation == "f1" || aggregation == "matthews_corrcoef" || aggregation.ends_with("_f1");
}

// Every aggregation that is no mean of the items' own values.
std::optional<double> score_of(const task::MetricSpec& metric, const std::string& key,
                               const ItemList& items) {
  const std::string& aggregation = metric.aggregation;
  if (items.empty() || aggregation == "bypass") return std::nullopt;
  if (aggregation == "median") return median_of(metric_values(items, key));
  if (aggregation == "perplexity" || aggregation == "weighted_perplexity" || aggregation == "bits_per_byte")
    return log_likelihood_score(metric, items);
  if (is_class_aggregation(aggregation) && aggregation != "entity_f1")
    return class_score(aggregation, key, items);
  return corpus_score(metric, key, items);
}

// Corpus scores of texts take long: lm-eval draws 100 times for them.
bool is_costly(const std::string& aggregation) {
  return aggregation == "bleu" || aggregation.starts_with("chrf") || aggregation == "ter";
}

std::optional<Spread> spread_of(const task::MetricSpec& metric, const std::string& key,
                                const ItemList& items) {
  ItemList drawn(items.size());
  const auto score = [&](std::span<const std::size_t> positions) {
    for (std::size_t i = 0; i < drawn.size(); ++i) drawn[i] = items[positions[i]];
    return score_of(metric, key, drawn);
  };
  if (is_costly(metric.aggregation)) return bootstrap(items.size(), 1, 100, score);
  return bootstrap(items.size(), bootstrap_chunks(items.size()), 1000, score);
}

void add_spread(const task::MetricSpec& metric, const std::string& key, const ItemList& items, Value& value) {
  const auto spread = spread_of(metric, key, items);
  if (!spread) return;
  value.std_error = spread->std_error;
  value.interval = {spread->interval.low, spread->interval.high, 0.95, "bootstrap"};
}

std::optional<Value> plain(std::optional<double> value, std::size_t n) {
  if (!value || !std::isfinite(*value)) return std::nullopt;
  return Value{*value, std::nullopt, std::nullopt, static_cast<std::int64_t>(n)};
}

}  // namespace

record::Interval wilson_of(std::int64_t successes, std::int64_t n) {
  const stats::Interval interval = stats::wilson_interval(successes, n);
  return {interval.low, interval.high, 0.95, "wilson"};
}

std::optional<Value> aggregated(const task::MetricSpec& metric, const std::string& key,
                                const ItemList& items) {
  if (metric.aggregation == "mean" || metric.aggregation == "nanmean" || metric.aggregation == "brier_score")
    return mean_of(metric_values(items, key));
  auto value = plain(score_of(metric, key, items), items.size());
  if (value) add_spread(metric, key, items, *value);
  return value;
}

}  // namespace bantam::evaluate
