#include "report/tune_page.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "base/text.hpp"
#include "base/units.hpp"
#include "metric/catalogue.hpp"
#include "plan/option_values.hpp"
#include "report/analysis_json.hpp"
#include "report/compare_page.hpp"
#include "report/deploy_command.hpp"
#include "report/phrases.hpp"
#include "table/sheet.hpp"

namespace bantam::report {
namespace {

using base::Json;
using table::Mark;
using tune::Contender;
using tune::Outcome;
using tune::Report;
using tune::Stage;

constexpr auto kFigures =
    std::to_array<std::string_view>({"e2e_latency_s", "ttft_s", "decode_tokens_per_s", "prefill_tokens_per_s",
                                     "batch_output_tokens_per_s", "pss_peak_bytes", "private_peak_bytes"});

std::string_view name(Outcome outcome) {
  switch (outcome) {
    case Outcome::better:
      return "better";
    case Outcome::within_limit:
      return "within_limit";
    case Outcome::defaults:
      return "defaults";
    case Outcome::cannot_tell:
      break;
  }
  return "cannot_tell";
}

bool is_advised(const Report& report) {
  return report.verdict.outcome == Outcome::better || report.verdict.outcome == Outcome::within_limit;
}

const metric::Metric& objective(const Report& report) {
  return *metric::find_metric(report.objective);
}

std::string verdict_of(const Report& report, const Contender& contender, bool is_taken) {
  if (contender.refused) return "refused";
  if (contender.not_told) return "not told";
  if (!contender.change) return "no figure";
  std::string text = verdict_text(objective(report), *contender.change, std::nullopt);
  if (contender.damage) text += fmt::format(", {:.2g} nats of damage", contender.damage->kld_mean);
  return is_taken ? text + ", taken" : text;
}

// A reason is too long for a column: choices would be cut for it.
void explain(table::Table& table, const std::string& choice, const std::optional<std::string>& refused,
             const std::optional<std::string>& not_told) {
  if (refused) table.notes.push_back(fmt::format("{} is refused: {}.", choice, *refused));
  if (!refused && not_told) table.notes.push_back(fmt::format("{} tells nothing: {}.", choice, *not_told));
}

table::Table tried(const Report& report) {
  table::Table table("Settings tried, one knob after the other", 2,
                     {"Knob", "Choice", "Speed-up", "Memory need", "Verdict"});
  table.columns.back().align = table::Align::left;
  for (const Stage& stage : report.stages) {
    if (stage.skipped) {
      table.notes.push_back(fmt::format("{} was not tried: {}.", stage.knob, *stage.skipped));
      continue;
    }
    table.rows.push_back({{stage.knob, Mark::none},
                          {stage.before.label, Mark::none},
                          {"1x", Mark::none},
                          {"", Mark::none},
                          {stage.before_refused    ? "refused"
                           : stage.before_not_told ? "so far, not told"
                                                   : "so far",
                           Mark::none}});
    explain(table, stage.before.label, stage.before_refused, stage.before_not_told);
    for (std::size_t i = 0; i < stage.contenders.size(); ++i) {
      const Contender& one = stage.contenders[i];
      const auto speed_up = [&](const analyze::Change& change) {
        return as_factor(change.factor(objective(report)), change.factor_interval(objective(report)));
      };
      table.rows.push_back(
          {{stage.knob, Mark::none},
           {one.choice.label, Mark::none},
           {one.change ? speed_up(*one.change) : "–",
            one.change ? verdict_mark(one.change->verdict) : Mark::none},
           {one.memory_bytes ? base::format_bytes(*one.memory_bytes) : "–", Mark::none},
           {verdict_of(report, one, stage.taken == i), one.refused ? Mark::problem : Mark::none}});
      explain(table, one.choice.label, one.refused, one.not_told);
    }
  }
  return table;
}

table::Table gained(const Report& report) {
  table::Table table("Chosen settings against the defaults, measured anew", 1,
                     {"Figure", "Ratio", "Rounds", "Verdict"});
  table.columns.back().align = table::Align::left;
  if (!report.last) return table;
  for (const std::string_view figure : kFigures) {
    const auto found = report.last->changes.find(std::string(figure));
    if (found == report.last->changes.end()) continue;
    const metric::Metric& metric = *metric::find_metric(figure);
    const analyze::Change& change = found->second;
    table.rows.push_back({{std::string(metric.title), Mark::none},
                          {as_factor(change.ratio, change.interval), verdict_mark(change.verdict)},
                          {change.rounds > 0 ? std::to_string(change.rounds) : "–", Mark::none},
                          {verdict_text(metric, change, std::nullopt), Mark::none}});
  }
  return table;
}

std::string workload_text(const plan::PerformanceSettings& workload) {
  std::string text = workload.prompt_tokens ? fmt::format("prompts of {} tokens", *workload.prompt_tokens)
                                            : std::string("the prompt as it is");
  text += fmt::format(", {} new tokens", workload.max_new_tokens);
  const int streams = plan::most_streams(workload);
  return streams > 1 ? text + fmt::format(", {} requests at once", streams) : text;
}

// Settings of the engine that were given, and that nothing replaced.
std::vector<std::string> given_flags(const Report& report) {
  const Json usual = plan::to_json(plan::EngineSettings{});
  Json replaced = Json::object();
  if (is_advised(report)) {
    for (const tune::Choice& choice : report.chosen) replaced.update(choice.engine);
  }
  std::vector<std::string> flags;
  const Json given = plan::to_json(report.engine);
  for (const auto& [key, value] : given.items()) {
    if (replaced.contains(key) || base::child_at(usual, key) == value) continue;
    const std::string flag = plan::flag_name(key);
    if (value.is_boolean()) {
      flags.push_back((value.get<bool>() ? "--" : "--no-") + flag);
      continue;
    }
    flags.push_back("--" + flag);
    flags.push_back(value.is_string() ? value.get<std::string>() : value.dump());
  }
  return flags;
}

std::string command(const Report& report) {
  std::string text =
      fmt::format("bantam run {} --precisions {}", shell_word(report.reference), report.precision);
  for (const std::string& flag : given_flags(report)) text += " " + shell_word(flag);
  for (const std::string& flag : tuned_flags(report)) text += " " + shell_word(flag);
  return text;
}

table::Lines in_short(const Report& report) {
  table::Lines lines{"In short", {}, table::Tone::plain, true};
  const bool is_better = is_advised(report);
  std::string sentence = fmt::format("{} {}, by {}: {}", report.model, report.precision,
                                     objective(report).title, report.verdict.sentence);
  if (is_better && report.verdict.gain) {
    const auto& gain = *report.verdict.gain;
    sentence += fmt::format(
        " ({}, {} rounds)",
        as_factor(gain.factor(objective(report)), gain.factor_interval(objective(report))), gain.rounds);
  }
  lines.lines.push_back(sentence + ".");
  if (report.last_failed) lines.lines.push_back(fmt::format("Not compared anew: {}.", *report.last_failed));
  std::vector<std::string> chosen;
  for (const tune::Choice& choice : report.chosen) chosen.push_back(choice.label);
  if (is_better) {
    lines.lines.push_back(fmt::format("Settings: {}", base::join(chosen, " ")));
  } else if (!chosen.empty()) {
    lines.lines.push_back(fmt::format("The search had chosen: {}", base::join(chosen, " ")));
  }
  return lines;
}

Json to_json(const analyze::Change& change, const metric::Metric& metric) {
  Json json{
      {"speed_up", change.factor(metric)}, {"rounds", change.rounds}, {"verdict", name(change.verdict)}};
  if (const auto interval = change.factor_interval(metric))
    json["interval"] = {interval->low, interval->high};
  base::set_if(json, "doubt", change.doubt);
  return json;
}

Json to_json(const Stage& stage, const Report& report) {
  Json json{{"knob", stage.knob}};
  base::set_if(json, "skipped", stage.skipped);
  if (stage.skipped) return json;
  json["before"] = stage.before.label;
  base::set_if(json, "before_refused", stage.before_refused);
  base::set_if(json, "before_not_told", stage.before_not_told);
  json["rounds"] = stage.rounds;
  json["tried"] = Json::array();
  for (std::size_t i = 0; i < stage.contenders.size(); ++i) {
    const Contender& one = stage.contenders[i];
    Json entry{{"choice", one.choice.label}, {"settings", one.choice.engine}, {"taken", stage.taken == i}};
    if (one.change) entry["change"] = to_json(*one.change, objective(report));
    base::set_if(entry, "memory_bytes", one.memory_bytes);
    if (one.damage) {
      entry["damage"]["kld_mean"] = one.damage->kld_mean;
      base::set_if(entry["damage"], "top_token_agreement", one.damage->top_token_agreement);
    }
    base::set_if(entry, "refused", one.refused);
    base::set_if(entry, "not_told", one.not_told);
    json["tried"].push_back(std::move(entry));
  }
  return json;
}

Json to_json(const Report& report) {
  Json json{{"model", report.model},
            {"reference", report.reference},
            {"precision", report.precision},
            {"objective", report.objective},
            {"workload", plan::to_json(report.workload)}};
  json["stages"] = Json::array();
  for (const Stage& stage : report.stages) json["stages"].push_back(to_json(stage, report));
  json["chosen"] = Json::object();
  for (const tune::Choice& choice : report.chosen) json["chosen"].update(choice.engine);
  json["flags"] = tuned_flags(report);
  if (report.last) json["last"] = impact_json(*report.last);
  base::set_if(json, "last_failed", report.last_failed);
  json["verdict"] = {{"outcome", name(report.verdict.outcome)}, {"sentence", report.verdict.sentence}};
  if (report.verdict.gain) json["verdict"]["gain"] = to_json(*report.verdict.gain, objective(report));
  base::set_if(json["verdict"], "within", report.verdict.within);
  json["command"] = command(report);
  json["stores"] = report.folder.string();
  return json;
}

std::string csv(const Report& report) {
  table::Sheet sheet({"knob", "choice", "speed_up", "speed_up_low", "speed_up_high", "rounds", "memory_bytes",
                      "kld_mean", "verdict", "taken", "refused", "not_told"});
  for (const Stage& stage : report.stages) {
    for (std::size_t i = 0; i < stage.contenders.size(); ++i) {
      const Contender& one = stage.contenders[i];
      const auto interval = one.change ? one.change->factor_interval(objective(report)) : std::nullopt;
      sheet.start_row();
      sheet.text("knob", stage.knob);
      sheet.text("choice", one.choice.label);
      sheet.number("speed_up",
                   one.change ? std::optional(one.change->factor(objective(report))) : std::nullopt);
      sheet.number("speed_up_low", interval ? std::optional(interval->low) : std::nullopt);
      sheet.number("speed_up_high", interval ? std::optional(interval->high) : std::nullopt);
      if (one.change) sheet.count("rounds", one.change->rounds);
      sheet.number("memory_bytes", one.memory_bytes);
      sheet.number("kld_mean", one.damage ? std::optional(one.damage->kld_mean) : std::nullopt);
      sheet.text("verdict", one.change ? std::string(analyze::name(one.change->verdict)) : "");
      sheet.text("taken", stage.taken == i ? "yes" : "no");
      sheet.text("refused", one.refused.value_or(""));
      sheet.text("not_told", one.not_told.value_or(""));
    }
  }
  return sheet.csv();
}

}  // namespace

std::vector<std::string> tuned_flags(const Report& report) {
  std::vector<std::string> flags;
  if (!is_advised(report)) return flags;
  for (const tune::Choice& choice : report.chosen)
    flags.insert(flags.end(), choice.flags.begin(), choice.flags.end());
  return flags;
}

std::string tune_page(const Report& report, table::Format format, const table::TerminalStyle& style) {
  if (format == table::Format::json) return base::to_text(to_json(report), 2) + "\n";
  if (format == table::Format::csv) return csv(report);
  table::Page page;
  page.emplace_back(tried(report));
  page.emplace_back(gained(report));
  page.emplace_back(table::Lines{
      "How sure",
      {fmt::format("Work: {}. Speed-ups are of {}, from rounds side by side, 95 %.",
                   workload_text(report.workload), objective(report).title),
       "A choice is taken when its interval lies clearly above 1x; where none is, the most promising is "
       "measured once more. What a search picks looks better "
       "than it is, so the "
       "gain is from rounds that played no part in it.",
       fmt::format("Each comparison is a store of its own in {}.", report.folder.string())},
      table::Tone::quiet,
      true});
  page.emplace_back(in_short(report));
  page.emplace_back(table::Lines{"", {command(report)}, table::Tone::plain, false});
  return page_text(page, format, style);
}

}  // namespace bantam::report
