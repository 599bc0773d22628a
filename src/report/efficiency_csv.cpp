#include "report/efficiency_csv.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "recommend/figures.hpp"
#include "report/sensor_text.hpp"
#include "table/sheet.hpp"

namespace bantam::report {
namespace {

void start_row(table::Sheet& sheet, const analyze::Configuration& one) {
  sheet.start_row();
  sheet.text("model", one.model);
  sheet.text("precision", one.precision);
  sheet.text("point", one.point);
}

std::string column_name(const analyze::ScoreColumn& column) {
  return column.task + ":" + column.metric;
}

// The weakest of all figures that the row is made of.
record::Evidence evidence_of(const recommend::Efficiency& row, const recommend::Efficiencies& efficiencies,
                             const analyze::Analysis& analysis,
                             const recommend::Recommendation& recommendation) {
  auto weakest = record::Evidence::measured;
  const auto weigh = [&](std::string_view objective, bool is_used) {
    if (is_used)
      weakest =
          std::max(weakest, recommend::evidence_by(objective, analysis, recommendation, row.configuration));
  };
  weigh(recommend::kQuality, row.mean_score.has_value());
  weigh(efficiencies.latency.value_or(""), row.per_latency_s.has_value());
  weigh(efficiencies.speed.value_or(""), row.speed_per_gib || row.speed_per_price);
  weigh(recommend::kMemory, row.per_gib || row.speed_per_gib);
  weigh(recommend::kEnergies.front(), row.per_joule.has_value());
  return weakest;
}

}  // namespace

std::string efficiency_csv(const recommend::Efficiencies& efficiencies, const analyze::Analysis& analysis,
                           const recommend::Recommendation& recommendation) {
  table::Sheet sheet({"model", "precision", "point", "mean_score", "quality", "evidence", "latency",
                      "score_per_latency_s", "memory", "score_per_gib", "score_per_j", "sensor", "speed",
                      "speed_per_gib"});
  for (const recommend::Efficiency& row : efficiencies.rows) {
    start_row(sheet, analysis.configurations[row.configuration]);
    const auto& quality = recommendation.qualities[row.configuration];
    const auto& need = recommendation.needs[row.configuration];
    sheet.number("mean_score", row.mean_score);
    sheet.number("quality", row.mean_score && quality ? std::optional(quality->value) : std::nullopt);
    sheet.text("evidence",
               row.mean_score || row.speed_per_gib || row.speed_per_price
                   ? std::string(record::name(evidence_of(row, efficiencies, analysis, recommendation)))
                   : "");
    // The metrics that were divided by, so that no reader has to guess.
    sheet.text("latency", row.per_latency_s ? efficiencies.latency.value_or("") : "");
    sheet.number("score_per_latency_s", row.per_latency_s);
    sheet.text("memory", (row.per_gib || row.speed_per_gib) && need ? need->metric : "");
    sheet.number("score_per_gib", row.per_gib);
    sheet.number("score_per_j", row.per_joule);
    const auto sensor = sensor_text(analysis.configurations[row.configuration]);
    sheet.text("sensor", row.per_joule ? sensor.value_or("") : "");
    sheet.text("speed", row.speed_per_gib || row.speed_per_price ? efficiencies.speed.value_or("") : "");
    sheet.number("speed_per_gib", row.speed_per_gib);
    if (!efficiencies.device_price) continue;
    sheet.number("device_price", efficiencies.device_price);
    sheet.number("score_per_price", row.per_price);
    sheet.number("speed_per_price", row.speed_per_price);
  }
  return sheet.csv();
}

std::string ranks_csv(const std::optional<recommend::TaskRanks>& ranks, const analyze::Analysis& analysis) {
  table::Sheet sheet({"model", "precision", "point", "mean_rank", "best_rank", "worst_rank"});
  if (!ranks) return sheet.csv();
  for (const recommend::RankedConfiguration& one : ranks->configurations) {
    start_row(sheet, analysis.configurations[one.configuration]);
    sheet.number("mean_rank", one.mean_rank);
    sheet.number("best_rank", std::ranges::min(one.ranks));
    sheet.number("worst_rank", std::ranges::max(one.ranks));
    for (std::size_t task = 0; task < ranks->columns.size(); ++task)
      sheet.number(column_name(ranks->columns[task]), one.ranks[task]);
  }
  return sheet.csv();
}

std::string agreement_csv(const std::optional<recommend::TaskRanks>& ranks) {
  table::Sheet sheet(
      {"task", "other_task", "kendall_tau_b", "same_order", "opposite_order", "tied", "surely_opposite"});
  if (!ranks) return sheet.csv();
  for (const recommend::TasksAgreement& pair : ranks->pairs) {
    sheet.start_row();
    sheet.text("task", column_name(ranks->columns[pair.first]));
    sheet.text("other_task", column_name(ranks->columns[pair.second]));
    sheet.number("kendall_tau_b", pair.orders.tau_b);
    sheet.count("same_order", pair.orders.same);
    sheet.count("opposite_order", pair.orders.opposite);
    sheet.count("tied", pair.orders.tied);
    sheet.count("surely_opposite", pair.surely_opposite);
  }
  return sheet.csv();
}

std::vector<std::string> rank_sentences(const std::optional<recommend::TaskRanks>& ranks) {
  if (!ranks || !ranks->concordance) return {};
  std::string sentence = fmt::format(
      "By the scores as they are, {} configurations on {} tasks: Kendall's W {:.2f} (1: one order on every "
      "task).",
      ranks->configurations.size(), ranks->columns.size(), *ranks->concordance);
  const auto least = std::ranges::min_element(
      ranks->pairs, [](const auto& a, const auto& b) { return a.orders.opposite > b.orders.opposite; });
  if (least->orders.opposite > 0) {
    const std::int64_t all = least->orders.same + least->orders.opposite + least->orders.tied;
    sentence += fmt::format(
        " {} and {} agree the least: {} of {} pairs are in opposite orders, {} surely.",
        ranks->columns[least->first].task, ranks->columns[least->second].task, least->orders.opposite, all,
        least->surely_opposite == 0 ? "none of them" : fmt::format("{} of them", least->surely_opposite));
  }
  return {sentence};
}

}  // namespace bantam::report
