#include "report/recommend_page.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "base/text.hpp"
#include "base/units.hpp"
#include "metric/catalogue.hpp"
#include "recommend/fronts.hpp"
#include "recommend/objective.hpp"
#include "report/character_plot.hpp"
#include "report/deploy_command.hpp"
#include "report/phrases.hpp"
#include "table/sheet.hpp"

namespace bantam::report {
namespace {

using analyze::Analysis;
using analyze::Configuration;
using base::Json;
using recommend::Answer;
using recommend::Place;
using recommend::Recommendation;
using recommend::Rule;
using recommend::Standing;
using table::Mark;

const Configuration& configuration(const Analysis& analysis, std::size_t index) {
  return analysis.configurations[index];
}

std::string named(const Analysis& analysis, std::size_t index) {
  return recommend::name_of(configuration(analysis, index));
}

std::string quality_text(const Recommendation& all, std::size_t index) {
  const auto& quality = all.qualities[index];
  return quality ? fmt::format("{:.1f}", 100.0 * quality->value + 0.0) : "–";
}

std::string need_text(const Recommendation& all, std::size_t index) {
  const auto& need = all.needs[index];
  return need ? base::format_bytes(need->bytes) : "–";
}

std::string figure_text(const Analysis& analysis, std::size_t index, std::string_view metric) {
  const auto entry = analyze::metric_entry(configuration(analysis, index), metric);
  return entry.value ? with_spread(*metric::find_metric(metric), *entry.value) : "–";
}

std::string speed_head(const Analysis& analysis) {
  const metric::Metric& metric = *metric::find_metric(speed_metric(analysis));
  return fmt::format("{} {}", metric.title, metric.unit);
}

// "quality 61.2, decode 1230 tok/s, 42.0 MiB".
std::string figures_text(const Recommendation& all, const Analysis& analysis, std::size_t index) {
  std::vector<std::string> parts;
  if (all.qualities[index]) parts.push_back("quality " + quality_text(all, index));
  const metric::Metric& speed = *metric::find_metric(speed_metric(analysis));
  const auto entry = analyze::metric_entry(configuration(analysis, index), speed.name);
  if (entry.value)
    parts.push_back(fmt::format("{} {}", metric::format_value(speed, entry.value->value), speed.unit));
  if (all.needs[index]) parts.push_back(need_text(all, index) + " of memory");
  return base::join(parts, ", ");
}

std::vector<std::size_t> rivals(const Answer& answer) {
  std::vector<std::size_t> all;
  for (const Place& place : answer.places) {
    if (place.standing == Standing::rival) all.push_back(place.configuration);
  }
  return all;
}

std::string within(const Answer& answer) {
  return answer.memory_bytes ? fmt::format("Within {}: ", base::format_bytes(*answer.memory_bytes)) : "";
}

// "nano int8", "nano int8 or nano int4 (undecided)".
std::string choice_text(const Answer& answer, const Analysis& analysis) {
  if (!answer.choice) return "none";
  std::string text = named(analysis, *answer.choice);
  for (const std::size_t rival : rivals(answer)) text += " or " + named(analysis, rival);
  return answer.is_decided ? text : text + " (undecided)";
}

std::string headline(const Answer& answer, const Recommendation& all, const Analysis& analysis) {
  const bool is_limited = answer.memory_bytes || !all.wishes.limits.empty();
  if (!answer.choice)
    return within(answer) +
           (is_limited ? "no configuration keeps to what was asked for."
                       : "nothing can be chosen: every configuration lacks what a choice rests on.");
  const std::string figures = figures_text(all, analysis, *answer.choice);
  const char* evidence =
      answer.rests_on_imported ? " By imported figures, which do not tell how sure they are." : "";
  if (answer.is_decided)
    return fmt::format("{}deploy {} ({}).{}", within(answer), named(analysis, *answer.choice), figures,
                       evidence);
  std::vector<std::string> names;
  for (const std::size_t rival : rivals(answer)) names.push_back(named(analysis, rival));
  return fmt::format("{}undecided between {} and {}; as far as is known, {} ({}).{}", within(answer),
                     named(analysis, *answer.choice), base::join(names, ", "),
                     named(analysis, *answer.choice), figures, evidence);
}

std::optional<std::string> next_line(const Recommendation& all, const Analysis& analysis) {
  const Answer& answer = all.answer;
  if (!answer.next) return std::nullopt;
  return fmt::format("What would tell {} from {}: {}.", named(analysis, *answer.choice),
                     named(analysis, answer.next->rival), answer.next->what);
}

std::optional<std::string> runner_up_line(const Recommendation& all, const Analysis& analysis) {
  const Answer& answer = all.answer;
  if (!answer.runner_up) return std::nullopt;
  return fmt::format("Runner-up: {} ({}); {}.", named(analysis, *answer.runner_up),
                     figures_text(all, analysis, *answer.runner_up), answer.places[*answer.runner_up].reason);
}

std::optional<std::string> small_or_large_line(const Recommendation& all, const Analysis& analysis) {
  if (!all.small_or_large) return std::nullopt;
  const recommend::SmallOrLarge& pair = *all.small_or_large;
  const double points = 100.0 * pair.difference.value;
  std::string interval;
  bool is_told = false;
  if (pair.difference.interval) {
    const auto& limits = *pair.difference.interval;
    is_told = limits.low > 0.0 || limits.high < 0.0;
    interval = fmt::format(" [{:+.1f}, {:+.1f}]", 100.0 * limits.low + 0.0, 100.0 * limits.high + 0.0);
  }
  return fmt::format(
      "Small at high precision or large at low precision? Within {}, {} against {}: quality {} against {}, "
      "{:+.1f} "
      "points{}; {}.",
      base::format_bytes(pair.memory_bytes), named(analysis, pair.large), named(analysis, pair.small),
      quality_text(all, pair.large), quality_text(all, pair.small), points + 0.0, interval,
      !is_told       ? "cannot be told"
      : points > 0.0 ? "the large one at low precision is better"
                     : "the small one at high precision is better");
}

// Without columns of which every text is a dash.
void drop_empty_columns(table::Table& table) {
  for (std::size_t column = table.columns.size(); column-- > table.key_columns;) {
    const bool is_empty =
        std::ranges::all_of(table.rows, [&](const auto& row) { return row[column].text == "–"; });
    if (!is_empty) continue;
    const auto place = static_cast<std::ptrdiff_t>(column);
    table.columns.erase(table.columns.begin() + place);
    for (auto& row : table.rows) row.erase(row.begin() + place);
  }
}

table::Table places_table(const Recommendation& all, const Analysis& analysis) {
  table::Table table("Every configuration", 1,
                     {"Configuration", "Quality", speed_head(analysis), "Memory need"});
  for (const Place& place : all.answer.places) {
    const std::size_t i = place.configuration;
    const Mark mark = place.standing == Standing::chosen  ? Mark::best
                      : place.standing == Standing::rival ? Mark::shared
                      : place.rule == Rule::failed        ? Mark::problem
                                                          : Mark::none;
    table.rows.push_back({{named(analysis, i), mark},
                          {quality_text(all, i), Mark::none},
                          {figure_text(analysis, i, speed_metric(analysis)), Mark::none},
                          {need_text(all, i), Mark::none}});
  }
  drop_empty_columns(table);
  return table;
}

// Speed against quality, where both are known of two; capital letters are those that no other dominates.
std::vector<std::string> plot_lines(const Recommendation& all, const Analysis& analysis) {
  const metric::Metric& speed = *metric::find_metric(speed_metric(analysis));
  std::vector<std::vector<std::optional<double>>> values;
  for (std::size_t i = 0; i < analysis.configurations.size(); ++i) {
    const auto entry = analyze::metric_entry(configuration(analysis, i), speed.name);
    values.push_back({entry.value ? std::optional(entry.value->value) : std::nullopt,
                      all.qualities[i] ? std::optional(100.0 * all.qualities[i]->value) : std::nullopt});
  }
  const recommend::Front front = recommend::find_front(values, {true, true});
  std::vector<PlotPoint> points;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!values[i][0] || !values[i][1]) continue;
    const bool is_on_front = std::ranges::find(front.members, i) != front.members.end();
    points.push_back({*values[i][0], *values[i][1], named(analysis, i), is_on_front});
  }
  return character_plot(std::move(points),
                        {speed_head(analysis), "Quality; capitals: no other is better in both"});
}

std::vector<std::string> why_lines(const Recommendation& all, const Analysis& analysis) {
  std::vector<std::string> lines;
  for (const Place& place : all.answer.places) {
    if (place.standing != Standing::chosen)
      lines.push_back(fmt::format("{}: {}.", named(analysis, place.configuration), place.reason));
  }
  return lines;
}

// Rungs with the same answer are one row.
table::Table ladder_table(const Recommendation& all, const Analysis& analysis) {
  table::Table table("The best for each memory budget", 1,
                     {"Budget", "Answer", "Quality", speed_head(analysis), "Memory need"});
  table.columns[1].align = table::Align::left;
  std::string last;
  for (const recommend::Rung& rung : all.ladder) {
    const std::string text = choice_text(rung.answer, analysis);
    const std::string budget = base::format_bytes(rung.memory_bytes);
    if (text == last) {
      std::string& first = table.rows.back().front().text;
      first = first.substr(0, first.find(" to ")) + " to " + budget;
      continue;
    }
    last = text;
    const auto& choice = rung.answer.choice;
    table.rows.push_back({{budget, Mark::none},
                          {choice ? text : "nothing fits", Mark::none},
                          {choice ? quality_text(all, *choice) : "–", Mark::none},
                          {choice ? figure_text(analysis, *choice, speed_metric(analysis)) : "–", Mark::none},
                          {choice ? need_text(all, *choice) : "–", Mark::none}});
  }
  drop_empty_columns(table);
  return table;
}

std::vector<std::string> how_sure_lines(const Recommendation& all) {
  std::vector<std::string> lines;
  for (const std::string& line : all.answer.certainty) lines.push_back(line + ".");
  std::vector<std::string> objectives;
  for (const std::string& one : all.answer.objectives) objectives.push_back(recommend::title_of(one));
  lines.push_back(
      fmt::format("Optimized: {}, in this order; only what is surely worse at 95 %, all comparisons of a "
                  "step together, is put out.",
                  base::join(objectives, ", ")));
  if (!all.tasks.tasks.empty()) {
    std::vector<std::string> tasks;
    for (const recommend::QualityTask& task : all.tasks.tasks)
      tasks.push_back(fmt::format("{} {:.3g}", task.column.task, task.weight));
    lines.push_back(
        fmt::format("Quality: the mean over tasks of (score - chance) / (1 - chance), in points of 100: 0 is "
                    "guessing. Weights: "
                    "{}.",
                    base::join(tasks, ", ")));
  }
  lines.emplace_back(
      "Memory need: the least memory where it was measured, else the peak; a budget must hold it with 5 % "
      "and 64 "
      "MiB to spare.");
  return lines;
}

std::vector<std::string> asked_lines(const Recommendation& all) {
  std::vector<std::string> lines;
  for (const recommend::Limit& limit : all.wishes.limits) lines.push_back("Asked for: " + limit.text);
  return lines;
}

Json difference_json(const recommend::QualityDifference& difference) {
  Json json{{"value", difference.value}, {"pairs_of_items", difference.items}};
  if (difference.interval) json["interval"] = {difference.interval->low, difference.interval->high};
  if (!difference.why_not.empty()) json["why_no_interval"] = difference.why_not;
  return json;
}

Json configuration_json(const Analysis& analysis, std::size_t index) {
  const Configuration& one = configuration(analysis, index);
  Json json{{"model", one.model}, {"precision", one.precision}};
  if (!one.point.empty()) json["point"] = one.point;
  return json;
}

Json answer_json(const Answer& answer, const Analysis& analysis) {
  Json json{{"decided", answer.is_decided},
            {"rests_on_imported_figures", answer.rests_on_imported},
            {"objectives", answer.objectives}};
  if (answer.memory_bytes) json["memory_bytes"] = *answer.memory_bytes;
  if (answer.choice) json["choice"] = configuration_json(analysis, *answer.choice);
  if (answer.choice) json["commands"] = deploy_commands(configuration(analysis, *answer.choice));
  if (answer.runner_up) json["runner_up"] = configuration_json(analysis, *answer.runner_up);
  json["certainty"] = answer.certainty;
  if (answer.next) {
    json["next"] = {{"rival", configuration_json(analysis, answer.next->rival)}, {"what", answer.next->what}};
    base::set_if(json["next"], "items", answer.next->items);
    base::set_if(json["next"], "rounds", answer.next->rounds);
  }
  json["configurations"] = Json::array();
  for (const Place& place : answer.places) {
    Json entry = configuration_json(analysis, place.configuration);
    entry["standing"] = recommend::name(place.standing);
    entry["rule"] = recommend::name(place.rule);
    if (!place.reason.empty()) entry["reason"] = place.reason;
    if (place.by) entry["by"] = configuration_json(analysis, *place.by);
    json["configurations"].push_back(std::move(entry));
  }
  return json;
}

Json to_json(const Recommendation& all, const Analysis& analysis) {
  Json json = answer_json(all.answer, analysis);
  json["limits"] = Json::array();
  for (const recommend::Limit& limit : all.wishes.limits) json["limits"].push_back(limit.text);
  json["quality_tasks"] = Json::array();
  for (const recommend::QualityTask& task : all.tasks.tasks)
    json["quality_tasks"].push_back(
        {{"task", task.column.task}, {"metric", task.column.metric}, {"weight", task.weight}});
  for (std::size_t i = 0; i < all.answer.places.size(); ++i) {
    Json& entry = json["configurations"][i];
    if (const auto& quality = all.qualities[i]) {
      entry["quality"]["value"] = quality->value;
      for (const recommend::TaskQuality& task : quality->tasks)
        entry["quality"]["tasks"][task.task] = {
            {"score", task.score}, {"chance", task.chance}, {"corrected", task.corrected}};
    }
    const metric::Metric& speed = *metric::find_metric(speed_metric(analysis));
    if (const auto value = analyze::metric_entry(configuration(analysis, i), speed.name).value)
      entry[std::string(speed.name)] = value->value;
    if (const auto& need = all.needs[i])
      entry["memory_need"] = {{"bytes", need->bytes}, {"metric", need->metric}};
  }
  if (!all.ladder.empty()) {
    json["ladder"] = Json::array();
    for (const recommend::Rung& rung : all.ladder)
      json["ladder"].push_back(answer_json(rung.answer, analysis));
  }
  if (const auto& pair = all.small_or_large) {
    json["small_or_large"] = {{"memory_bytes", pair->memory_bytes},
                              {"small", configuration_json(analysis, pair->small)},
                              {"large", configuration_json(analysis, pair->large)},
                              {"quality_difference", difference_json(pair->difference)},
                              {"sentence", *small_or_large_line(all, analysis)}};
  }
  json["notes"] = all.notes;
  return json;
}

std::string csv(const Recommendation& all, const Analysis& analysis) {
  table::Sheet sheet(
      {"model", "precision", "point", "standing", "rule", "reason", "quality", "memory_need_bytes"});
  const std::string speed(speed_metric(analysis));
  for (const Place& place : all.answer.places) {
    const std::size_t i = place.configuration;
    const Configuration& one = configuration(analysis, i);
    sheet.start_row();
    sheet.text("model", one.model);
    sheet.text("precision", one.precision);
    sheet.text("point", one.point);
    sheet.text("standing", std::string(recommend::name(place.standing)));
    sheet.text("rule", std::string(recommend::name(place.rule)));
    sheet.text("reason", place.reason);
    sheet.number("quality", all.qualities[i] ? std::optional(all.qualities[i]->value) : std::nullopt);
    sheet.number("memory_need_bytes", all.needs[i] ? std::optional(all.needs[i]->bytes) : std::nullopt);
    const auto entry = analyze::metric_entry(one, speed);
    sheet.number(speed, entry.value ? std::optional(entry.value->value) : std::nullopt);
  }
  return sheet.csv();
}

}  // namespace

std::string_view speed_metric(const Analysis& analysis) {
  for (const char* metric : {"decode_tokens_per_s", "sequences_per_s", "tg_tokens_per_s"}) {
    const bool has_any = std::ranges::any_of(analysis.configurations, [&](const Configuration& one) {
      return analyze::metric_entry(one, metric).value.has_value();
    });
    if (has_any) return metric;
  }
  return "decode_tokens_per_s";
}

std::string answer_sentence(const Answer& answer, const Recommendation& all, const Analysis& analysis) {
  std::string sentence = headline(answer, all, analysis);
  sentence.front() = static_cast<char>(std::toupper(static_cast<unsigned char>(sentence.front())));
  return sentence;
}

std::vector<std::string> answer_lines(const Recommendation& all, const Analysis& analysis) {
  std::vector<std::string> lines{answer_sentence(all.answer, all, analysis)};
  if (auto next = next_line(all, analysis)) lines.push_back(*std::move(next));
  if (auto runner_up = runner_up_line(all, analysis)) lines.push_back(*std::move(runner_up));
  if (auto sentence = small_or_large_line(all, analysis)) lines.push_back(*std::move(sentence));
  return lines;
}

base::Result<std::optional<Recommendation>> default_recommendation(const Analysis& analysis,
                                                                   const analyze::ScoreSource& items,
                                                                   bool every_budget) {
  if (analysis.configurations.empty()) return std::optional<Recommendation>();
  recommend::Wishes wishes;
  wishes.every_budget = every_budget;
  auto all = recommend::recommend(analysis, items, wishes);
  if (all) return std::optional(*std::move(all));
  if (all.error().kind == base::ErrorKind::bad_input) return std::optional<Recommendation>();
  return tl::unexpected(all.error());
}

std::vector<std::string> default_answer_lines(const std::optional<Recommendation>& all,
                                              const Analysis& analysis) {
  if (!all || !all->answer.choice || analysis.configurations.size() < 2) return {};
  return answer_lines(*all, analysis);
}

std::string recommend_page(const Recommendation& all, const Analysis& analysis, table::Format format,
                           const table::TerminalStyle& style) {
  if (format == table::Format::json) return base::to_text(to_json(all, analysis), 2) + "\n";
  if (format == table::Format::csv) return csv(all, analysis);
  table::Page page;
  page.emplace_back(table::Lines{"Answer", answer_lines(all, analysis), table::Tone::plain, true});
  if (all.answer.choice)
    page.emplace_back(table::Lines{"To use it", deploy_commands(configuration(analysis, *all.answer.choice)),
                                   table::Tone::plain, false});
  page.emplace_back(table::Lines{"", asked_lines(all), table::Tone::plain, true});
  page.emplace_back(places_table(all, analysis));
  if (format == table::Format::table)
    page.emplace_back(table::Lines{"", plot_lines(all, analysis), table::Tone::plain, false});
  page.emplace_back(table::Lines{"Why not the others", why_lines(all, analysis), table::Tone::plain, true});
  if (!all.ladder.empty()) page.emplace_back(ladder_table(all, analysis));
  page.emplace_back(table::Lines{"How sure", how_sure_lines(all), table::Tone::quiet, true});
  page.emplace_back(table::Lines{"Notes", all.notes, table::Tone::plain, true});
  return page_text(page, format, style);
}

}  // namespace bantam::report
