#include "report/asked_again.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "base/text.hpp"
#include "base/units.hpp"

namespace bantam::report {
namespace {

using base::Json;
using reask::Asked;
using reask::Outcome;
using table::Lines;
using table::Tone;

// Of many the first are told.
constexpr std::size_t kMostLines = 20;

// "items 3, 8 and 11", where they are of one task and few.
std::string drawn_text(const Asked& cell) {
  constexpr std::size_t kMostNamed = 20;
  const auto is_of_first = [&cell](const record::ItemName& name) {
    return name.first == cell.drawn.front().first;
  };
  const std::size_t count = cell.drawn.size();
  if (count > kMostNamed || !std::ranges::all_of(cell.drawn, is_of_first))
    return fmt::format("{} items", count);
  std::vector<std::string> ids;
  for (const record::ItemName& name : cell.drawn) ids.push_back(std::to_string(name.second));
  return fmt::format("{} {}", count == 1 ? "item" : "items", base::join(ids, ", "));
}

std::string same_text(const Asked& cell) {
  const std::int64_t others = cell.compared - cell.same;
  if (others == 0) return "all as stored, bit for bit";
  std::string text = fmt::format("{} as stored, bit for bit", cell.same);
  if (cell.largest_difference && *cell.largest_difference > 0.0)
    text += fmt::format("; log-likelihoods differ by {:.2g} nats at most", *cell.largest_difference);
  if (cell.other_texts > 0)
    text += fmt::format("; {} answers are written otherwise, with the same scores", cell.other_texts);
  return text;
}

std::string cell_line(const Asked& cell) {
  std::string line = fmt::format("{}: {} drawn, {} asked in their batches: {}.", cell.place, drawn_text(cell),
                                 cell.compared, same_text(cell));
  if (!cell.differences.empty()) line += fmt::format(" Not as then: {}.", base::join(cell.differences, "; "));
  return base::printable(line);
}

std::string look_line(const Asked& cell) {
  std::string line = fmt::format("{}: {}, with their batches at most {} items", cell.place, drawn_text(cell),
                                 cell.most_items);
  if (cell.most_s) line += fmt::format(", about {} at most", base::format_seconds(*cell.most_s));
  if (!cell.steps.empty()) line += fmt::format("; first {}", base::join(cell.steps, ", "));
  return base::printable(line);
}

std::vector<std::string> first_of(std::vector<std::string> lines) {
  if (lines.size() <= kMostLines) return lines;
  const std::size_t more = lines.size() - kMostLines;
  lines.resize(kMostLines);
  lines.push_back(fmt::format("{} more", more));
  return lines;
}

void add(table::Page& page, std::string title, std::vector<std::string> lines, Tone tone) {
  if (!lines.empty()) page.emplace_back(Lines{std::move(title), std::move(lines), tone, true});
}

std::string draw_line(const Outcome& outcome) {
  return fmt::format("The same items are drawn by --seed {} --ask-again {}.", outcome.draw.seed,
                     outcome.draw.items);
}

Json names_json(const std::vector<record::ItemName>& names) {
  Json json = Json::array();
  for (const auto& [task, doc_id] : names) json.push_back({{"task", task}, {"doc_id", doc_id}});
  return json;
}

Json cell_json(const Asked& cell, bool only_looked) {
  Json json{{"place", cell.place}, {"drawn", names_json(cell.drawn)}};
  base::set_if(json, "not_asked", cell.not_asked);
  if (cell.not_asked) return json;
  if (only_looked) {
    json["most_items"] = cell.most_items;
    base::set_if(json, "most_s", cell.most_s);
    json["steps"] = cell.steps;
    return json;
  }
  json["compared"] = cell.compared;
  json["same"] = cell.same;
  json["machine"] = reask::name(cell.where);
  json["differences"] = cell.differences;
  base::set_if(json, "largest_difference_nats", cell.largest_difference);
  json["written_otherwise"] = cell.other_texts;
  json["scored_otherwise"] = cell.other_scores;
  json["not_comparable"] = cell.incomparable;
  json["scores_recomputed"] = cell.scored_again;
  return json;
}

}  // namespace

table::Page asked_again_page(const Outcome& outcome, bool only_looked) {
  std::vector<std::string> wrong;
  for (const verify::Finding& finding : outcome.findings)
    wrong.push_back(fmt::format("{}: {}", finding.place, finding.what));
  std::vector<std::string> asked;
  std::vector<std::string> otherwise;
  std::vector<std::string> not_asked;
  std::int64_t scored_again = 0;
  for (const Asked& cell : outcome.cells) {
    scored_again += cell.scored_again;
    if (cell.not_asked)
      not_asked.push_back(fmt::format("{}: {}", cell.place, *cell.not_asked));
    else
      asked.push_back(only_looked ? look_line(cell) : cell_line(cell));
    for (const std::string& text : cell.other_scores)
      otherwise.push_back(fmt::format("{}: {}", cell.place, text));
    for (const std::string& text : cell.incomparable)
      not_asked.push_back(fmt::format("{}: {}", cell.place, text));
  }
  if (outcome.cells.empty()) asked.emplace_back("There are no answers of tasks.");
  if (!asked.empty() && !outcome.cells.empty() && outcome.draw.doc_ids.empty())
    asked.push_back(draw_line(outcome));
  if (scored_again > 0)
    asked.push_back(
        fmt::format("Scores of {} items were computed again from their stored answers.", scored_again));
  table::Page page;
  add(page, "Not what the model gives, or not what its answers score", std::move(wrong), Tone::alarm);
  add(page, "Scored otherwise here, as another machine may", first_of(std::move(otherwise)), Tone::alarm);
  add(page, "Not asked again", first_of(std::move(not_asked)), Tone::alarm);
  add(page, only_looked ? "Would be asked again" : "Asked again", std::move(asked), Tone::plain);
  return page;
}

Json to_json(const Outcome& outcome, bool only_looked) {
  Json json{{"complete", outcome.is_complete()}, {"only_looked", only_looked}};
  if (outcome.draw.doc_ids.empty()) {
    json["seed"] = outcome.draw.seed;
    json["items_per_cell"] = outcome.draw.items;
  }
  json["cells"] = Json::array();
  for (const Asked& cell : outcome.cells) json["cells"].push_back(cell_json(cell, only_looked));
  json["findings"] = Json::array();
  for (const verify::Finding& finding : outcome.findings)
    json["findings"].push_back({{"place", finding.place}, {"what", finding.what}});
  return json;
}

}  // namespace bantam::report
