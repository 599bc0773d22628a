#include "report/power_page.hpp"

#include <fmt/format.h>

#include <utility>

#include "base/text.hpp"
#include "base/units.hpp"

namespace bantam::report {
namespace {

using base::Json;
using energy::Judged;

std::string figure(double value) {
  return base::format_significant(value, 4);
}

std::string gaps_text(const std::vector<energy::Gap>& gaps) {
  if (gaps.empty()) return "none";
  double total_s = 0.0;
  for (const energy::Gap& gap : gaps) total_s += gap.to_s - gap.from_s;
  return fmt::format("{} ({})", gaps.size(), base::format_seconds(total_s));
}

std::vector<std::string> row(const Judged& judged) {
  const energy::SourceFacts& facts = judged.facts;
  std::vector<std::string> texts{facts.name, std::string(name(facts.scope)),
                                 std::string(device::name(facts.grade))};
  if (judged.energy) {
    const energy::Energy& energy = *judged.energy;
    for (std::string text : {figure(energy.joules), figure(energy.mean_w),
                             energy.peak_w ? figure(*energy.peak_w) : std::string("-"),
                             fmt::to_string(energy.samples), gaps_text(energy.gaps)})
      texts.push_back(std::move(text));
  } else {
    for (std::string text : {std::string("-"), std::string("-"), std::string("-"),
                             fmt::to_string(judged.samples), std::string("-")})
      texts.push_back(std::move(text));
  }
  return texts;
}

table::Table sources_table(const PowerPage& page) {
  table::Table table("Power", 3, {"source", "scope", "grade", "J", "mean W", "peak W", "samples", "gaps"});
  for (const Judged& judged : page.judged)
    table.add_row(row(judged), judged.energy ? table::Mark::none : table::Mark::problem);
  for (const energy::Total& total : energy::totals(page.judged)) {
    table.add_row({fmt::format("all {}", base::join(total.parts, " + ")), std::string(name(total.scope)),
                   std::string(device::name(total.grade)), figure(total.joules), "", "", "", ""});
  }
  return table;
}

// What has no figure though it is there.
table::Facts reasons(const PowerPage& page) {
  table::Facts facts{"No figure", {}};
  for (const Judged& judged : page.judged) {
    if (judged.energy) continue;
    const base::Error& error = judged.energy.error();
    const bool is_invalid = error.kind == base::ErrorKind::invalid_measurement;
    facts.add(judged.facts.name, fmt::format("{}  {}", is_invalid ? "invalid" : "absent", error.message));
  }
  return facts;
}

table::Facts absences(const PowerPage& page) {
  table::Facts facts{"Missing", {}};
  for (const energy::AbsentSource& absent : page.absent)
    facts.add(absent.name, fmt::format("{}: {}", absent.measures, absent.reason));
  return facts;
}

table::Lines sampling(const PowerPage& page) {
  table::Lines lines{"", {}, table::Tone::quiet, true};
  if (page.judged.empty()) {
    lines.lines.push_back("There is nothing to sample.");
    return lines;
  }
  lines.lines.push_back(fmt::format("Sampled for {} at {:g} Hz; the sampler took {:.2f} % of a core.",
                                    base::format_seconds(page.window_s), page.rate_hz,
                                    100.0 * page.sampler_cpu_s / page.window_s));
  if (page.late_ticks > 0)
    lines.lines.push_back(fmt::format("{} of {} times were left out, since sensors answered late.",
                                      page.late_ticks, page.ticks + page.late_ticks));
  for (const Judged& judged : page.judged) {
    if (judged.facts.grade != device::Grade::d) continue;
    lines.lines.push_back(fmt::format("{} is no measurement: it takes {:g} W as drawn all the time.",
                                      judged.facts.name, judged.facts.rated_w.value_or(0.0)));
  }
  return lines;
}

}  // namespace

Json to_json(const PowerPage& page) {
  Json json = Json::object();
  json["sources"] = Json::array();
  for (const Judged& judged : page.judged) json["sources"].push_back(energy::to_json(judged));
  json["totals"] = Json::array();
  for (const energy::Total& total : energy::totals(page.judged)) {
    json["totals"].push_back({{"kind", total.kind},
                              {"scope", name(total.scope)},
                              {"grade", device::name(total.grade)},
                              {"joules", total.joules},
                              {"parts", total.parts}});
  }
  json["absent"] = Json::array();
  for (const energy::AbsentSource& absent : page.absent) {
    json["absent"].push_back({{"name", absent.name}, {"kind", absent.kind}, {"reason", absent.reason}});
  }
  if (!page.judged.empty()) {
    json["sampler"] = {{"window_s", page.window_s},   {"rate_hz", page.rate_hz},
                       {"ticks", page.ticks},         {"late_ticks", page.late_ticks},
                       {"cpu_s", page.sampler_cpu_s}, {"cpu_share", page.sampler_cpu_s / page.window_s}};
  }
  return json;
}

std::string power_page(const PowerPage& page, table::Format format, const table::TerminalStyle& style) {
  if (format == table::Format::json) return base::to_text(to_json(page), 2) + "\n";
  table::Page blocks;
  if (!page.judged.empty()) blocks.emplace_back(sources_table(page));
  if (auto facts = reasons(page); !facts.rows.empty()) blocks.emplace_back(std::move(facts));
  if (auto facts = absences(page); !facts.rows.empty()) blocks.emplace_back(std::move(facts));
  blocks.emplace_back(sampling(page));
  return page_text(blocks, format, style);
}

}  // namespace bantam::report
