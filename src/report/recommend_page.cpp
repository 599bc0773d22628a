#include "report/recommend_page.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "base/units.hpp"
#include "metric/catalogue.hpp"
#include "recommend/fronts.hpp"
#include "recommend/objective.hpp"
#include "report/character_plot.hpp"
#include "report/deploy_command.hpp"
#include "report/recommend_data.hpp"

namespace bantam::report {
namespace {

using analyze::Analysis;
using analyze::Configuration;
using recommend::Place;
using recommend::Recommendation;
using recommend::Rule;
using recommend::Standing;
using table::Mark;

const Configuration& configuration(const Analysis& analysis, std::size_t index) {
  return analysis.configurations[index];
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

}  // namespace

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
                           const table::TerminalStyle& style, const std::string& store) {
  if (format == table::Format::json) return base::to_text(recommend_json(all, analysis, store), 2) + "\n";
  if (format == table::Format::csv) return recommend_csv(all, analysis);
  table::Page page;
  page.emplace_back(table::Lines{"Answer", answer_lines(all, analysis), table::Tone::plain, true});
  if (all.answer.next && !all.answer.next->rival) {
    if (const auto command = next_command(all, analysis, store))
      page.emplace_back(table::Lines{"To measure it first", {*command}, table::Tone::plain, false});
  }
  if (all.answer.choice &&
      !(all.answer.rests_on_predicted && !is_measured_here(configuration(analysis, *all.answer.choice))))
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
