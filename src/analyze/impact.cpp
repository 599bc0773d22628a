#include "analyze/impact.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <cmath>
#include <span>
#include <string_view>

#include "metric/catalogue.hpp"
#include "metric/task_metric.hpp"
#include "plan/plan.hpp"
#include "record/block_energy.hpp"
#include "record/sections.hpp"
#include "stats/proportion.hpp"

namespace bantam::analyze {
namespace {

using record::Record;

std::optional<std::string> obstacle(const std::optional<std::string>& setting) {
  if (!setting) return std::nullopt;
  return fmt::format("the setting {} differs", *setting);
}

}  // namespace

std::optional<std::string> speed_obstacle(const Record& a, const Record& b) {
  if (record::machine_facts(a).identity != record::machine_facts(b).identity) {
    return "measured on different machines";
  }
  std::vector<std::string_view> swept;
  for (const std::string& setting : a.swept) {
    if (std::ranges::find(b.swept, setting) != b.swept.end()) swept.push_back(setting);
  }
  // What follows from the draft.
  if (std::ranges::find(swept, "draft") != swept.end())
    swept.insert(swept.end(), {"draft_sha256", "draft_tokens"});
  return obstacle(plan::speed_setting_that_differs(a.settings, b.settings, swept));
}

std::optional<std::string> energy_obstacle(const Record& a, const Record& b) {
  if (auto reason = speed_obstacle(a, b)) return reason;
  const auto source_of = [](const Record& record) -> std::string {
    if (const auto source = record::energy_source(record)) return record::text(*source);
    const auto origin = record::imported(record);
    return origin ? "what " + origin->tool + " read" : "a sensor that is not told";
  };
  const std::string own = source_of(a);
  const std::string other = source_of(b);
  if (own == other) return std::nullopt;
  return fmt::format("measured by different sensors, {} and {}", own, other);
}

std::optional<std::string> score_obstacle(const Record& a, const Record& b) {
  return obstacle(plan::score_setting_that_differs(a.settings, b.settings));
}

namespace {

using record::Record;
using record::Value;

constexpr double kSignificance = 0.05;

// Which figures may be compared beside facts of the files.
struct Comparable {
  bool cells = true;      // both from the cells of the configurations
  bool energy = true;     // both of the energy cells
  bool predicted = true;  // one of both predicted
};

std::map<std::string, Change> relative_changes(const Configuration& configuration,
                                               const Configuration& baseline, const Comparable& comparable) {
  std::map<std::string, Change> changes;
  for (const metric::Metric& metric : metric::catalogue()) {
    const bool is_fact = metric.group == metric::MetricGroup::model;
    const bool is_imported = metric.group == metric::MetricGroup::imported;
    const bool is_measured = metric.group == metric::MetricGroup::speed ||
                             metric.group == metric::MetricGroup::memory ||
                             metric.group == metric::MetricGroup::energy || is_imported;
    const bool is_predicted = metric_entry(configuration, metric.name).is_predicted() ||
                              metric_entry(baseline, metric.name).is_predicted();
    const bool is_energy = metric.group == metric::MetricGroup::energy;
    const bool may_compare = is_predicted ? comparable.predicted
                             : is_energy  ? comparable.energy
                                          : comparable.cells;
    if (!is_fact && !(is_measured && may_compare)) continue;
    if (metric.direction == metric::Direction::neutral && !is_imported) continue;
    if (auto change = find_change(metric, configuration, baseline))
      changes[std::string(metric.name)] = *std::move(change);
  }
  return changes;
}

Verdict directed_verdict(const std::string& metric_key, double difference, bool is_shown) {
  const metric::Metric* metric = metric::find_metric(metric_key);
  if (!is_shown || difference == 0.0 || !metric || metric->direction == metric::Direction::neutral) {
    return Verdict::undecided;
  }
  const bool higher_wins = metric->direction == metric::Direction::higher_is_better;
  return (difference > 0.0) == higher_wins ? Verdict::better : Verdict::worse;
}

// From the two scores alone: conservative, for scores that are not right or wrong per item.
ScoreChange unpaired(const ScoreColumn& column, const Value& value, const Value& baseline,
                     std::string reason) {
  ScoreChange change;
  change.column = column;
  change.difference = value.value - baseline.value;
  change.unpaired = std::move(reason);
  const auto own = interval_of(value);
  const auto reference = interval_of(baseline);
  if (own && reference) change.interval = stats::difference(*own, *reference);
  const bool is_shown = change.interval && (change.interval->low > 0.0 || change.interval->high < 0.0);
  change.verdict = directed_verdict(column.metric, change.difference, is_shown);
  return change;
}

ScoreChange paired(const ScoreColumn& column, const Pairing& pairing) {
  ScoreChange change;
  change.column = column;
  change.n = pairing.common;
  change.lost = pairing.lost;
  change.gained = pairing.gained;
  const auto result = stats::newcombe_paired(pairing.both, pairing.gained, pairing.lost, pairing.neither);
  change.difference = result.difference;
  change.interval = result.interval;
  change.p = stats::mcnemar_exact(pairing.gained, pairing.lost);
  if (const auto mean = stats::clustered_mean(pairing.differences)) {
    change.clustered = mean->interval;
    // Items of one task are right or wrong together: McNemar's test alone would be too sure.
    change.p = std::max(*change.p, mean->p.value_or(0.0));
  }
  const double discordant =
      static_cast<double>(pairing.lost + pairing.gained) / static_cast<double>(pairing.common);
  // Without one discordant item the rate of them is not known, and 0 would promise too much.
  if (discordant > 0.0) change.detectable = stats::minimum_detectable_effect(discordant, pairing.common);
  return change;
}

// A comparison that the run has decided. Its items are a part of the base's, which goes as far as the slowest
// of the others; `pairing` counts them, where items are at hand. A text, why it cannot stand, otherwise.
tl::expected<ScoreChange, std::string> decided(const ScoreColumn& column, const Decided& decision,
                                               const std::string& base_precision, const Pairing& pairing) {
  if (decision.base_precision != base_precision) {
    return tl::unexpected(
        fmt::format("its items were taken until it was decided against {}", decision.base_precision));
  }
  if (decision.metric != column.metric) {
    return tl::unexpected(fmt::format("its items were taken until {} was decided", decision.metric));
  }
  const bool has_items = pairing.common + pairing.only_base + pairing.only_other > 0;
  const double counted = pairing.common == 0 ? 0.0
                                             : static_cast<double>(pairing.gained - pairing.lost) /
                                                   static_cast<double>(pairing.common);
  if (has_items && (pairing.only_other > 0 || std::abs(counted - decision.difference) > 1e-9)) {
    return tl::unexpected(std::string("the base's items are not those that it was decided against"));
  }
  ScoreChange change;
  change.column = column;
  change.n = has_items ? pairing.common : decision.stages.used;
  change.lost = pairing.lost;
  change.gained = pairing.gained;
  change.difference = decision.difference;
  change.interval = decision.interval;
  change.decided = decision;
  change.verdict = decision.verdict == "alike" ? Verdict::alike
                                               : directed_verdict(column.metric, decision.difference,
                                                                  decision.verdict != "undecided");
  return change;
}

// What names each side of a comparison.
struct Sides {
  std::string own;
  std::string base;
};
Sides sides(const Impact& impact) {
  if (!impact.is_across_models()) return {impact.setup(), impact.base_setup()};
  return {fmt::format("{} {}", impact.model, impact.setup()),
          fmt::format("{} {}", impact.base_model, impact.base_setup())};
}

// Which of the two gave no answers, and how that shows.
std::optional<std::string> missing_answers(const Record& cell, const Record& base_cell, const Sides& names) {
  const auto own = why_no_answers(cell);
  const auto reference = why_no_answers(base_cell);
  if (own && reference && *own == *reference)
    return fmt::format("{} and {}: {}", names.base, names.own, *own);
  if (own) return fmt::format("{}: {}", names.own, *own);
  if (reference) return fmt::format("{}: {}", names.base, *reference);
  return std::nullopt;
}

// Whether the metric itself is: values of another one that happen to be 0 and 1 do not add up to its score.
bool is_right_or_wrong(const std::string& metric_key) {
  const metric::TaskMetric* metric = metric::find_task_metric(metric::base_name(metric_key));
  return metric == nullptr || metric->right_or_wrong;
}

// Where each side's items come from.
struct Sources {
  const ScoreSource& own;
  const ScoreSource& base;

  // Of two records of a task; nothing is paired where either has no items.
  base::Result<Pairing> pair(const Record& record, const Record& base_record,
                             const std::string& metric) const {
    if (!own || !base) return Pairing{};
    TRY_ASSIGN(const NextScore scores, own.open(record.cell_key, metric));
    TRY_ASSIGN(const NextScore base_scores, base.open(base_record.cell_key, metric));
    return pair_scores(base_scores, scores);
  }
};

// Compares one task's scores, or says in `impact.refused` why not.
base::Status compare_task(const ScoreColumn& column, const Configuration& configuration,
                          const Configuration& baseline, const Sources& sources, Impact& impact) {
  const Sides names = sides(impact);
  const Entry own = score_entry(configuration, column);
  const Entry reference = score_entry(baseline, column);
  if (!own.value || !reference.value) {
    const bool is_base = own.value.has_value();
    const std::string& reason = is_base ? reference.absent : own.absent;
    if (reason != "not run") {
      impact.refused[column.task] = fmt::format("{}: {}", is_base ? names.base : names.own, reason);
    }
    return {};
  }
  const Record& cell = configuration.cells.at(column.task);
  const Record& base_cell = baseline.cells.at(column.task);
  if (auto obstacle = score_obstacle(cell, base_cell)) {
    impact.refused[column.task] = *std::move(obstacle);
    return {};
  }
  TRY_ASSIGN(const Pairing pairing, sources.pair(cell, base_cell, column.metric));
  const std::size_t compared = impact.scores.size();
  if (const auto decided_by_run = decision(cell); decided_by_run && impact.is_across_models()) {
    impact.refused[column.task] = fmt::format("its items were taken until it was decided against {} {}",
                                              impact.model, decided_by_run->base_precision);
  } else if (decided_by_run) {
    auto change = decided(column, *decided_by_run, baseline.precision, pairing);
    if (change) {
      impact.scores.push_back(*std::move(change));
    } else {
      impact.refused[column.task] = std::move(change.error());
    }
  } else if (!pairing.same_items()) {
    impact.refused[column.task] =
        fmt::format("the item sets differ: {} are in both, {} only in {}, {} only in {}", pairing.common,
                    pairing.only_base, names.base, pairing.only_other, names.own);
  } else if (pairing.common == 0) {
    impact.scores.push_back(unpaired(column, *own.value, *reference.value, "no scores per item"));
  } else if (!pairing.right_or_wrong || !is_right_or_wrong(column.metric)) {
    impact.scores.push_back(unpaired(column, *own.value, *reference.value, "items are not right or wrong"));
  } else {
    impact.scores.push_back(paired(column, pairing));
  }
  if (impact.scores.size() > compared)
    impact.scores.back().no_answers = missing_answers(cell, base_cell, names);
  return {};
}

const Record* cell_of(const Configuration& configuration, std::string_view task) {
  const auto cell = configuration.cells.find(std::string(task));
  return cell == configuration.cells.end() ? nullptr : &cell->second;
}

const Record* performance_cell(const Configuration& configuration) {
  return cell_of(configuration, kPerformance);
}

// Whose machine and settings stand for the speeds of a configuration beside a predicted one: null where it
// has neither been measured nor predicted.
const Record* speed_source(const Configuration& configuration) {
  const Record* cell = performance_cell(configuration);
  const bool is_measured = cell != nullptr && !record::is_imported(*cell);
  return !is_measured && configuration.predicted ? &*configuration.predicted : cell;
}

std::optional<std::string> obstacle_between(const Record* own, const Record* reference,
                                            std::optional<std::string> (*obstacle)(const Record&,
                                                                                   const Record&)) {
  if (own == nullptr || reference == nullptr) return std::nullopt;
  for (const Record* record : {reference, own}) {
    if (record->outcome != record::Outcome::ok)
      return fmt::format("{}: {}", setup_name(record->precision, record->point), outcome_text(*record));
  }
  return obstacle(*own, *reference);
}

// Everything but the scores. Facts of the file are compared even where speed and memory must not be, for the
// reason in `refused`: where there are two, that of the cells.
Impact impact_without_scores(const Configuration& configuration, const Configuration& baseline) {
  Impact impact;
  impact.model = configuration.model;
  impact.precision = configuration.precision;
  impact.point = configuration.point;
  impact.base_point = baseline.point;
  impact.base_model = baseline.model;
  impact.base_precision = baseline.precision;
  auto obstacle =
      obstacle_between(performance_cell(configuration), performance_cell(baseline), speed_obstacle);
  const auto of_predicted =
      obstacle_between(speed_source(configuration), speed_source(baseline), speed_obstacle);
  auto of_energy =
      obstacle_between(cell_of(configuration, kEnergy), cell_of(baseline, kEnergy), energy_obstacle);
  impact.changes = relative_changes(configuration, baseline, {!obstacle, !of_energy, !of_predicted});
  const auto has_energy = [](const Record* cell) {
    return cell != nullptr && cell->outcome == record::Outcome::ok;
  };
  // Where neither was measured, there is nothing to refuse.
  if (of_energy && (has_energy(cell_of(configuration, kEnergy)) || has_energy(cell_of(baseline, kEnergy))))
    impact.refused[std::string(kEnergy)] = *std::move(of_energy);
  if (!obstacle) obstacle = of_predicted;
  if (obstacle) impact.refused[std::string(kPerformance)] = *std::move(obstacle);
  return impact;
}

bool is_shown(const ScoreChange& change) {
  return change.verdict == Verdict::better || change.verdict == Verdict::worse;
}

// ScoreChange::doubt of a change with p and p_holm, one of `tests`.
std::optional<std::string> doubt(const ScoreChange& change, std::size_t tests) {
  if (!change.interval) return std::nullopt;
  const bool leaves_zero_out = change.interval->low > 0.0 || change.interval->high < 0.0;
  if (leaves_zero_out == is_shown(change)) return std::nullopt;
  if (is_shown(change)) {
    return fmt::format(
        "the interval, which is approximate, just reaches 0; the exact test counts (p = {:.3f})",
        *change.p_holm);
  }
  if (*change.p < kSignificance) {
    return fmt::format(
        "by itself it would count as a difference (p = {:.3f}), but among {} comparisons chance alone brings "
        "one "
        "so clear too often (p = {:.3f} after Holm's correction)",
        *change.p, tests, *change.p_holm);
  }
  return fmt::format(
      "the interval, which is approximate, just leaves 0 out; the {} counts, and by it chance alone brings "
      "such a "
      "difference too often (p = {:.3f})",
      change.clustered ? "test that takes a task's items together" : "exact test", *change.p);
}

// Where a model gave no answers, equal scores are no sign of equal models.
void refuse_without_answers(Impact& impact) {
  for (const ScoreChange& change : impact.scores) {
    if (change.no_answers && !is_shown(change)) impact.refused[change.column.task] = *change.no_answers;
  }
  std::erase_if(impact.scores,
                [](const ScoreChange& change) { return change.no_answers && !is_shown(change); });
}

// Corrects for the number of tests in the whole analysis, then judges.
void adjust(std::vector<Impact>& impacts) {
  std::vector<ScoreChange*> tested;
  std::vector<double> p_values;
  for (Impact& impact : impacts) {
    for (ScoreChange& change : impact.scores) {
      if (!change.p) continue;
      tested.push_back(&change);
      p_values.push_back(*change.p);
    }
  }
  const std::vector<double> adjusted = stats::holm_adjusted(p_values);
  for (std::size_t i = 0; i < tested.size(); ++i) {
    ScoreChange& change = *tested[i];
    change.p_holm = adjusted[i];
    change.verdict = directed_verdict(change.column.metric, change.difference, adjusted[i] < kSignificance);
    change.doubt = doubt(change, tested.size());
  }
  std::ranges::for_each(impacts, refuse_without_answers);
}

// Null when the model has no such precision.
const Configuration* find_baseline(const std::vector<Configuration>& configurations, const std::string& model,
                                   const std::string& precision) {
  for (const Configuration& candidate : configurations) {
    if (candidate.model == model && (precision.empty() || candidate.precision == precision))
      return &candidate;
  }
  return nullptr;
}

// The file that a model was made from, whatever precision it has, and whether an adapter changes it.
struct Origin {
  std::string sha256;
  bool has_adapter = false;
};
std::optional<Origin> origin(const Configuration& configuration) {
  for (const auto& [task, record] : configuration.cells) {
    const auto made_from = base::string_at(base::child_at(record.model_info, "made_from"), "sha256");
    const auto own = base::string_at(record.model_info, "sha256");
    if (!made_from && !own) continue;
    return Origin{made_from ? *made_from : *own, record.model_info.contains("adapter")};
  }
  return std::nullopt;
}

// The base of the model without its adapter; null where there is none, or the model has no adapter.
const Configuration* find_untuned(const std::vector<Configuration>& configurations,
                                  const Configuration& configuration, const std::string& precision) {
  const auto tuned = origin(configuration);
  if (!tuned || !tuned->has_adapter) return nullptr;
  for (const Configuration& candidate : configurations) {
    const auto plain = origin(candidate);
    if (!plain || plain->has_adapter || plain->sha256 != tuned->sha256) continue;
    return find_baseline(configurations, candidate.model, precision);
  }
  return nullptr;
}

// Whether speeds of both are of the same work, measured with other settings of the engine at most.
bool does_same_work(const Configuration& a, const Configuration& b) {
  const auto own = a.cells.find(std::string(kPerformance));
  const auto other = b.cells.find(std::string(kPerformance));
  return own != a.cells.end() && other != b.cells.end() && !speed_obstacle(own->second, other->second);
}

// What a configuration is compared with; null when there is nothing, itself when it is the base.
const Configuration* find_baseline(const std::vector<Configuration>& configurations,
                                   const Configuration& configuration, const std::string& base_precision) {
  const Configuration* first = find_baseline(configurations, configuration.model, base_precision);
  if (first == nullptr || configuration.point.empty()) return first;
  for (const Configuration& candidate : configurations) {
    if (candidate.model != configuration.model || candidate.precision != first->precision) continue;
    const bool is_alike = configuration.precision == first->precision
                              ? does_same_work(candidate, configuration)
                              : candidate.point == configuration.point;
    if (is_alike) return &candidate;
  }
  return &configuration;
}

base::Result<Impact> compare_with(const Configuration& baseline, const Configuration& configuration,
                                  const std::vector<ScoreColumn>& columns, const Sources& sources) {
  Impact impact = impact_without_scores(configuration, baseline);
  for (const ScoreColumn& column : columns)
    TRY(compare_task(column, configuration, baseline, sources, impact));
  return impact;
}

}  // namespace

std::optional<std::string> memory_metric(const Impact& impact) {
  for (const char* metric : {"pss_peak_bytes", "private_peak_bytes"}) {
    if (impact.changes.contains(metric)) return metric;
  }
  return std::nullopt;
}

base::Result<std::vector<Impact>> find_impacts(const std::vector<Configuration>& configurations,
                                               const std::vector<ScoreColumn>& columns,
                                               const std::string& base_precision, const ScoreSource& items,
                                               std::vector<std::string>& notes) {
  std::vector<Impact> impacts;
  std::string model_without_base;
  for (const Configuration& configuration : configurations) {
    const Configuration* baseline = find_baseline(configurations, configuration, base_precision);
    if (baseline == nullptr) {
      if (model_without_base != configuration.model) {
        notes.push_back(
            fmt::format("{} has no results at the base precision {}: nothing to compare its others with",
                        configuration.model, base_precision));
      }
      model_without_base = configuration.model;
    } else if (baseline != &configuration) {
      TRY_ASSIGN(Impact impact, compare_with(*baseline, configuration, columns, {items, items}));
      impacts.push_back(std::move(impact));
    }
    if (const auto* untuned = find_untuned(configurations, configuration, base_precision)) {
      TRY_ASSIGN(Impact impact, compare_with(*untuned, configuration, columns, {items, items}));
      impact.is_tuned = true;
      impacts.push_back(std::move(impact));
    }
  }
  adjust(impacts);
  return impacts;
}

base::Result<Impact> compare_two(const Configuration& baseline, const ScoreSource& base_items,
                                 const Configuration& configuration, const ScoreSource& items) {
  std::vector<Impact> impacts;
  TRY_ASSIGN(Impact impact, compare_with(baseline, configuration, score_columns({baseline, configuration}),
                                         {items, base_items}));
  impacts.push_back(std::move(impact));
  adjust(impacts);
  return std::move(impacts.front());
}

}  // namespace bantam::analyze
