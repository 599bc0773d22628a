#include "report/compare_page.hpp"

#include <fmt/format.h>

#include <array>

#include "metric/catalogue.hpp"
#include "metric/code_metric.hpp"
#include "report/analysis_json.hpp"
#include "report/phrases.hpp"
#include "table/sheet.hpp"

namespace bantam::report {
namespace {

using analyze::Change;
using analyze::GateVerdict;
using analyze::Impact;
using analyze::ScoreChange;
using analyze::Verdict;
using metric::Metric;
using table::Mark;

constexpr auto kFigures = std::to_array<std::string_view>({"ttft_s",
                                                           "tpot_s",
                                                           "decode_tokens_per_s",
                                                           "prefill_tokens_per_s",
                                                           "e2e_latency_s",
                                                           "batch_output_tokens_per_s",
                                                           "requests_per_s",
                                                           "goodput_requests_per_s",
                                                           "poisson_ttft_s",
                                                           "poisson_tpot_s",
                                                           "poisson_e2e_latency_s",
                                                           "steady_tokens_per_s",
                                                           "pp_tokens_per_s",
                                                           "tg_tokens_per_s",
                                                           "sequence_latency_s",
                                                           "sequences_per_s",
                                                           "load_warm_s",
                                                           "pss_peak_bytes",
                                                           "private_peak_bytes",
                                                           "device_memory_bytes",
                                                           "file_bytes",
                                                           "energy_per_request_j",
                                                           "energy_per_output_token_j",
                                                           "net_energy_per_request_j"});

std::string value_text(const Metric& metric, const analyze::Configuration& configuration) {
  const analyze::Entry entry = metric_entry(configuration, metric.name);
  return entry.value ? with_spread(metric, *entry.value) : entry.absent;
}

// "Decode tok/s": rates are shown without their unit.
std::string title(const Metric& metric) {
  const bool is_rate = metric.format == metric::MetricFormat::tokens_per_s;
  return is_rate ? fmt::format("{} {}", metric.title, metric.unit) : std::string(metric.title);
}

// The ratio as it is, not as a speed-up: beside both values it must be the second by the first.
table::Table figures(const Comparison& comparison) {
  table::Table table("Speed, memory and size", 1,
                     {"Figure", comparison.base_name, comparison.name, "Ratio", "Verdict"});
  for (const std::string_view name : kFigures) {
    const auto found = comparison.impact.changes.find(std::string(name));
    if (found == comparison.impact.changes.end()) continue;
    const Metric& metric = *metric::find_metric(name);
    const Change& change = found->second;
    table.rows.push_back({{title(metric), Mark::none},
                          {value_text(metric, comparison.baseline), Mark::none},
                          {value_text(metric, comparison.configuration), Mark::none},
                          {as_factor(change.ratio, change.interval), verdict_mark(change.verdict)},
                          {verdict_text(metric, change, comparison.alike), Mark::none}});
    if (change.verdict == Verdict::undecided && change.doubt)
      table.notes.push_back(fmt::format("{}: {}.", metric.title, *change.doubt));
  }
  if (const auto refused = comparison.impact.refused.find(std::string(analyze::kPerformance));
      refused != comparison.impact.refused.end())
    table.notes.push_back(fmt::format("Speed and memory are not compared: {}.", refused->second));
  if (const auto refused = comparison.impact.refused.find(std::string(analyze::kEnergy));
      refused != comparison.impact.refused.end())
    table.notes.push_back(fmt::format("Energy is not compared: {}.", refused->second));
  return table;
}

std::string score_verdict(const ScoreChange& change, const std::optional<double>& alike) {
  if (change.verdict == Verdict::better || change.verdict == Verdict::worse)
    return std::string(name(change.verdict));
  if (alike && change.interval && change.interval->low >= -*alike && change.interval->high <= *alike)
    return fmt::format("alike within {:g} points", 100.0 * *alike);
  return change.p && !change.detectable ? "no item differs" : "cannot tell";
}

table::Table scores(const Comparison& comparison) {
  table::Table table(
      "Scores, on the same items", 1,
      {"Task", comparison.base_name, comparison.name, "Difference", "Lost/gained", "Items", "Verdict"});
  for (const ScoreChange& change : comparison.impact.scores) {
    const auto text = [&](const analyze::Configuration& configuration) {
      const analyze::Entry entry = score_entry(configuration, change.column);
      const Metric& metric = metric::shown_score(change.column.metric);
      return entry.value ? metric::format_value(metric, entry.value->value) : entry.absent;
    };
    const bool is_paired = change.p || change.decided;
    table.rows.push_back({{change.column.task, Mark::none},
                          {text(comparison.baseline), Mark::none},
                          {text(comparison.configuration), Mark::none},
                          {as_difference(change), verdict_mark(change.verdict)},
                          {is_paired ? fmt::format("{}/{}", change.lost, change.gained) : "–", Mark::none},
                          {is_paired && change.n ? fmt::format("{}", *change.n) : "–", Mark::none},
                          {score_verdict(change, comparison.alike), Mark::none}});
    if (change.unpaired)
      table.notes.push_back(fmt::format("{}: not paired, {}.", change.column.task, *change.unpaired));
    if (change.doubt) table.notes.push_back(fmt::format("{}: {}.", change.column.task, *change.doubt));
    if (change.verdict == Verdict::undecided && change.detectable && !change.doubt) {
      table.notes.push_back(fmt::format("{}: only {:.1f} points or more would show.", change.column.task,
                                        100.0 * *change.detectable));
    }
  }
  for (const auto& [task, reason] : comparison.impact.refused) {
    if (task != analyze::kPerformance)
      table.notes.push_back(fmt::format("{} is not compared: {}.", task, reason));
  }
  return table;
}

std::vector<std::string> method_lines(const Comparison& comparison) {
  std::vector<std::string> lines;
  std::int64_t rounds = 0;
  for (const auto& [metric, change] : comparison.impact.changes) rounds = std::max(rounds, change.rounds);
  if (rounds > 0) {
    lines.push_back(fmt::format(
        "Ratios of speeds: {} by {}, from {} rounds in which both were measured side by side (95 %).",
        comparison.name, comparison.base_name, rounds));
  } else if (!comparison.impact.changes.empty()) {
    lines.push_back(fmt::format(
        "Ratios: {} by {}. They were not measured side by side: intervals of speeds are widened by "
        "{:g} % on both sides.",
        comparison.name, comparison.base_name, 100.0 * analyze::kApartAllowance));
  }
  if (!comparison.impact.scores.empty())
    lines.emplace_back(
        "Differences of scores: points of 100, Newcombe's paired interval; exact McNemar, adjusted by Holm.");
  return lines;
}

base::Json to_json(const Comparison& comparison) {
  base::Json json = impact_json(comparison.impact);
  json["base"] = comparison.base_name;
  json["configuration"] = comparison.name;
  if (comparison.gates.empty()) return json;
  json["gates"] = base::Json::array();
  for (const analyze::GateResult& result : comparison.gates) {
    json["gates"].push_back(
        {{"limit", result.gate.text}, {"verdict", name(result.verdict)}, {"reason", result.reason}});
  }
  json["verdict"] = name(overall(comparison.gates));
  return json;
}

std::string csv(const Comparison& comparison) {
  table::Sheet sheet(
      {"figure", "base", "value", "ratio", "ratio_low", "ratio_high", "rounds", "verdict", "doubt"});
  for (const auto& [name, change] : comparison.impact.changes) {
    const auto value = [&](const analyze::Configuration& configuration) {
      const analyze::Entry entry = metric_entry(configuration, name);
      return entry.value ? std::optional(entry.value->value) : std::nullopt;
    };
    sheet.start_row();
    sheet.text("figure", name);
    sheet.number("base", value(comparison.baseline));
    sheet.number("value", value(comparison.configuration));
    sheet.number("ratio", change.ratio);
    sheet.number("ratio_low", change.interval ? std::optional(change.interval->low) : std::nullopt);
    sheet.number("ratio_high", change.interval ? std::optional(change.interval->high) : std::nullopt);
    sheet.count("rounds", change.rounds);
    sheet.text("verdict", std::string(analyze::name(change.verdict)));
    sheet.text("doubt", change.doubt.value_or(""));
  }
  return sheet.csv();
}

}  // namespace

std::vector<std::string> gate_lines(const std::vector<analyze::GateResult>& gates) {
  std::vector<std::string> lines;
  for (const analyze::GateResult& result : gates)
    lines.push_back(
        fmt::format("{}: fails if {}: {}", name(result.verdict), result.gate.text, result.reason));
  return lines;
}

std::string verdict_text(const Metric& metric, const Change& change, const std::optional<double>& alike) {
  const bool is_speed = metric.group == metric::MetricGroup::speed;
  if (alike && change.interval && change.interval->low >= 1.0 / (1.0 + *alike) &&
      change.interval->high <= 1.0 + *alike)
    return fmt::format("alike within {:g} %", 100.0 * *alike);
  switch (change.verdict) {
    case Verdict::better:
      return is_speed ? "faster" : "better";
    case Verdict::worse:
      return is_speed ? "slower" : "worse";
    case Verdict::equal:
      return "equal";
    case Verdict::alike:
      return "alike";
    case Verdict::undecided:
      break;
  }
  return "cannot tell";
}

std::string compare_page(const Comparison& comparison, table::Format format,
                         const table::TerminalStyle& style) {
  if (format == table::Format::json) return base::to_text(to_json(comparison), 2) + "\n";
  if (format == table::Format::csv) return csv(comparison);
  table::Page page;
  page.emplace_back(figures(comparison));
  page.emplace_back(scores(comparison));
  page.emplace_back(table::Lines{"How sure", method_lines(comparison), table::Tone::quiet, true});
  const bool fails = overall(comparison.gates) == GateVerdict::no_go;
  page.emplace_back(table::Lines{"Gates", gate_lines(comparison.gates),
                                 fails ? table::Tone::alarm : table::Tone::plain, true});
  return page_text(page, format, style);
}

}  // namespace bantam::report
