#include "report/card_tables.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <set>
#include <string_view>
#include <utility>

#include "analyze/scored_items.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "base/units.hpp"
#include "metric/catalogue.hpp"
#include "metric/code_metric.hpp"
#include "recommend/memory_need.hpp"
#include "report/analysis_tables.hpp"
#include "report/deploy_command.hpp"
#include "report/grouped_lines.hpp"
#include "report/phrases.hpp"

namespace bantam::report {
namespace {

using analyze::Analysis;
using analyze::Configuration;
using analyze::Entry;
using metric::Metric;
using recommend::Recommendation;
using table::Align;
using table::Cell;
using table::Mark;
using table::Table;

constexpr std::size_t kMostTaskColumns = 6;
constexpr const char* kBase = "base";

// One value of a column, or why there is none.
struct Place {
  std::string text;
  std::string absent = {};  // not empty: there is no text
  bool is_best = false;
};

Place absent(std::string why) {
  return {{}, std::move(why)};
}

std::string superscript(std::size_t number) {
  constexpr std::array<std::string_view, 10> kDigits{"⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"};
  std::string text;
  for (const char digit : fmt::format("{}", number)) text += kDigits[static_cast<std::size_t>(digit - '0')];
  return text;
}

// The reasons why values are absent, each with a number.
class Footnotes {
 public:
  Cell cell(const Place& place) {
    if (place.absent.empty()) return {place.text, place.is_best ? Mark::best : Mark::none};
    auto found = std::ranges::find(reasons_, place.absent);
    if (found == reasons_.end()) found = reasons_.insert(found, place.absent);
    return {"–" + superscript(static_cast<std::size_t>(found - reasons_.begin()) + 1), Mark::none};
  }

  void append_to(std::vector<std::string>& notes) const {
    for (std::size_t i = 0; i < reasons_.size(); ++i)
      notes.push_back(fmt::format("{} {}", superscript(i + 1), reasons_[i]));
  }

 private:
  std::vector<std::string> reasons_;
};

// Where a column without any value leaves a note.
enum class Told { yes, no };

class CardTable {
 public:
  explicit CardTable(const Analysis& analysis) : analysis_(analysis), table_("", 1, {"Precision"}) {
    for (const Configuration& one : analysis.configurations) table_.add_row({one.setup()});
  }

  // One place for each configuration.
  void add(const std::string& head, const std::vector<Place>& places, Told told, Align align = Align::right) {
    const bool has_any = std::ranges::any_of(
        places, [](const Place& place) { return !place.text.empty() && place.text != kBase; });
    if (!has_any) return told == Told::yes ? tell_absent(head, places) : void();
    table_.add_column(head, align);
    columns_.push_back(places);
  }

  template <typename PlaceOf>
  void add_each(const std::string& head, PlaceOf place_of, Told told, Align align = Align::right) {
    std::vector<Place> places;
    for (std::size_t i = 0; i < analysis_.configurations.size(); ++i) places.push_back(place_of(i));
    add(head, places, told, align);
  }

  // Reasons have their numbers in the order of reading.
  Table made() && {
    Footnotes footnotes;
    for (std::size_t row = 0; row < table_.rows.size(); ++row) {
      for (const auto& places : columns_) table_.rows[row].push_back(footnotes.cell(places[row]));
    }
    footnotes.append_to(table_.notes);
    for (const auto& [reason, heads] : missing_)
      table_.notes.push_back(fmt::format("No {}: {}.", enumerated(heads), reason));
    return std::move(table_);
  }

 private:
  void tell_absent(const std::string& head, const std::vector<Place>& places) {
    std::set<std::string> reasons;
    for (const Place& place : places) {
      if (!place.absent.empty()) reasons.insert(place.absent);
    }
    if (reasons.empty()) return;
    const std::string reason = enumerated({reasons.begin(), reasons.end()}, 4);
    auto same = std::ranges::find(missing_, reason, [](const auto& one) { return one.first; });
    if (same == missing_.end()) same = missing_.insert(same, {reason, {}});
    same->second.push_back(head);
  }

  const Analysis& analysis_;
  Table table_;
  std::vector<std::vector<Place>> columns_;                                // behind the first
  std::vector<std::pair<std::string, std::vector<std::string>>> missing_;  // reason -> columns
};

std::string head_of(const Metric& metric) {
  const bool has_unit = metric.format == metric::MetricFormat::seconds ||
                        metric.format == metric::MetricFormat::bytes ||
                        metric.format == metric::MetricFormat::percent;
  if (has_unit || metric.unit.empty()) return std::string(metric.title);
  return fmt::format("{} {}", metric.title, metric.unit);
}

// With its limits where they are on the value's own scale, else with its spread.
std::string value_text(const Metric& metric, const record::Value& value) {
  const bool has_limits = metric.group == metric::MetricGroup::accuracy ||
                          metric.format == metric::MetricFormat::fine_ratio ||
                          metric.format == metric::MetricFormat::percent;
  return has_limits ? with_limits(metric, value) : with_spread(metric, value);
}

Place metric_place(const Analysis& analysis, std::size_t index, const Metric& metric) {
  const Entry entry = analyze::metric_entry(analysis.configurations[index], metric.name);
  if (entry.absent.starts_with(metric::kIsBase)) return {kBase};
  if (!entry.value) return absent(entry.absent);
  const Mark mark = winner_mark(analysis, analyze::kPerformance, metric.name, index);
  return {value_text(metric, *entry.value), {}, mark == Mark::best};
}

Place score_place(const Analysis& analysis, std::size_t index, const analyze::ScoreColumn& column) {
  const Configuration& one = analysis.configurations[index];
  const Entry entry = analyze::score_entry(one, column);
  if (!entry.value) return absent(entry.absent);
  const record::Record& record = one.cells.at(column.task);
  if (const auto reason = analyze::why_no_answers(record)) return absent(*reason);
  std::string text = value_text(metric::shown_score(column.metric), *entry.value);
  const auto items = analyze::item_count(record);
  if (items && items->is_part()) text += ", " + items->text();
  return {text, {}, winner_mark(analysis, column.task, column.metric, index) == Mark::best};
}

Place file_type_place(const Configuration& one) {
  for (const auto& [task, cell] : one.cells) {
    if (auto type = base::string_at(cell.model_info, "file_type")) return {*std::move(type)};
  }
  return absent("the results do not tell");
}

bool is_of(const Configuration& one, const std::string& model, const std::string& precision,
           const std::string& point) {
  return one.model == model && one.precision == precision && one.point == point;
}

// Items of which one of the two has the right answer and the other has not.
Place flips_place(const Analysis& analysis, std::size_t index) {
  const Configuration& one = analysis.configurations[index];
  for (const analyze::Impact& impact : analysis.impacts) {
    if (impact.is_across_models()) continue;
    if (is_of(one, impact.base_model, impact.base_precision, impact.base_point)) return {kBase};
    if (!is_of(one, impact.model, impact.precision, impact.point)) continue;
    std::int64_t items = 0;
    std::int64_t lost = 0;
    std::int64_t gained = 0;
    for (const analyze::ScoreChange& change : impact.scores) {
      if (!change.n || (!change.p && !change.decided)) continue;
      items += *change.n;
      lost += change.lost;
      gained += change.gained;
    }
    if (items == 0) return absent("no task with right and wrong answers was compared item by item");
    return {fmt::format("{:.1f} %: {} lost, {} gained of {}",
                        100.0 * static_cast<double>(lost + gained) / static_cast<double>(items), lost, gained,
                        items)};
  }
  return absent("nothing was compared with the base precision");
}

Place need_place(const Analysis& analysis, std::size_t index) {
  const auto need = recommend::find_memory_need(analysis.configurations[index]);
  if (!need) return absent(need.error());
  const Mark mark = winner_mark(analysis, analyze::kPerformance, need->metric, index);
  return {base::format_bytes(need->bytes), {}, mark == Mark::best};
}

// "34.1 MiB of memory or more", "30 MiB to 34.1 MiB of memory (not told apart from int4)": the budgets, from
// the first of `rungs` that a configuration is the answer of.
struct Budgets {
  std::string text;
  std::size_t end = 0;  // behind the last
};
Budgets budgets_from(const std::vector<recommend::Rung>& rungs, std::size_t begin, const Analysis& analysis) {
  const auto& choice = rungs[begin].answer.choice;
  std::vector<std::string> rivals;
  std::size_t end = begin;
  for (; end < rungs.size() && rungs[end].answer.choice == choice; ++end) {
    for (const recommend::Place& place : rungs[end].answer.places) {
      const std::string name = analysis.configurations[place.configuration].setup();
      if (place.standing == recommend::Standing::rival && std::ranges::find(rivals, name) == rivals.end())
        rivals.push_back(name);
    }
  }
  const std::string from = base::format_bytes(rungs[begin].memory_bytes);
  std::string text = end == rungs.size() ? from + " of memory or more"
                                         : fmt::format("{} to {} of memory", from,
                                                       base::format_bytes(rungs[end].memory_bytes));
  if (!rivals.empty()) text += fmt::format(" (not told apart from {})", enumerated(rivals, 4));
  return {std::move(text), end};
}

Place recommended_place(const Recommendation& all, const Analysis& analysis, std::size_t index) {
  std::vector<std::string> parts;
  const auto& rungs = all.every_budget;
  for (std::size_t i = 0; i < rungs.size();) {
    if (rungs[i].answer.choice != index) {
      ++i;
      continue;
    }
    Budgets budgets = budgets_from(rungs, i, analysis);
    parts.push_back(std::move(budgets.text));
    i = budgets.end;
  }
  if (!parts.empty()) return {base::join(parts, "; ")};
  const recommend::Place& place = all.answer.places[index];
  if (place.standing == recommend::Standing::chosen) return {"any budget; its memory need is not known"};
  return absent(fmt::format("{}: {}", analysis.configurations[index].setup(), place.reason));
}

void add_metrics(CardTable& table, const Analysis& analysis,
                 const std::vector<std::pair<std::string_view, const char*>>& metrics, Told told) {
  for (const auto& [name, head] : metrics) {
    const Metric& metric = *metric::find_metric(name);
    table.add_each(
        head == nullptr ? head_of(metric) : std::string(head),
        [&](std::size_t i) { return metric_place(analysis, i, metric); }, told);
  }
}

// Of the tests and rates that published results may have in place of those of single requests.
void add_speed(CardTable& table, const Analysis& analysis) {
  const auto is_any = [&](std::string_view metric) {
    return std::ranges::any_of(analysis.configurations, [&](const Configuration& one) {
      return analyze::metric_entry(one, metric).value.has_value();
    });
  };
  if (is_any("sequences_per_s") || is_any("sequence_latency_s"))
    return add_metrics(table, analysis, {{"sequence_latency_s", nullptr}, {"sequences_per_s", nullptr}},
                       Told::yes);
  add_metrics(table, analysis, {{"ttft_s", nullptr}, {"decode_tokens_per_s", nullptr}}, Told::yes);
  if (is_any("decode_tokens_per_s")) return;
  add_metrics(table, analysis,
              {{"pp_tokens_per_s", nullptr},
               {"tg_tokens_per_s", nullptr},
               {"batch_output_tokens_per_s", nullptr},
               {"amortized_latency_s", nullptr}},
              Told::no);
}

void add_quality(CardTable& table, const Analysis& analysis, const std::optional<Recommendation>& all) {
  if (all && all->tasks.tasks.size() > 1)
    table.add_each(
        "Quality",
        [&](std::size_t i) {
          const auto& quality = all->qualities[i];
          return quality ? Place{fmt::format("{:.1f}", 100.0 * quality->value + 0.0)}
                         : absent("a score is missing or says nothing");
        },
        Told::no);
  if (analysis.columns.size() > kMostTaskColumns) return;
  for (const analyze::ScoreColumn& column : analysis.columns)
    table.add_each(
        fmt::format("{} {}", column.task, column.metric),
        [&](std::size_t i) { return score_place(analysis, i, column); }, Told::yes);
}

Table files_table(const Analysis& analysis, const std::optional<Recommendation>& all) {
  CardTable table(analysis);
  table.add_each(
      "File type", [&](std::size_t i) { return file_type_place(analysis.configurations[i]); }, Told::no,
      Align::left);
  add_metrics(table, analysis, {{"file_bytes", "Size"}, {"bits_per_weight", "Bits per weight"}}, Told::yes);
  add_quality(table, analysis, all);
  add_metrics(table, analysis,
              {{"kld_mean", "Mean KLD"},
               {"perplexity_ratio", "Perplexity ratio"},
               {"top_token_agreement", "Same top token"}},
              Told::yes);
  if (!analysis.columns.empty())
    table.add_each(
        "Flipped answers", [&](std::size_t i) { return flips_place(analysis, i); }, Told::no);
  add_speed(table, analysis);
  table.add_each(
      "Memory need", [&](std::size_t i) { return need_place(analysis, i); }, Told::yes);
  add_metrics(table, analysis, {{"energy_per_request_j", nullptr}}, Told::no);
  if (all && all->answer.choice && analysis.configurations.size() > 1)
    table.add_each(
        "Recommended for", [&](std::size_t i) { return recommended_place(*all, analysis, i); }, Told::no,
        Align::left);
  return std::move(table).made();
}

// A row per task.
Table scores_table(const Analysis& analysis) {
  Table table("Scores by task", 1, {"Task"});
  for (const Configuration& one : analysis.configurations) table.add_column(one.setup());
  Footnotes footnotes;
  for (const analyze::ScoreColumn& column : analysis.columns) {
    std::vector<Cell> row{{fmt::format("{} {}", column.task, column.metric), Mark::none}};
    for (std::size_t i = 0; i < analysis.configurations.size(); ++i)
      row.push_back(footnotes.cell(score_place(analysis, i, column)));
    table.rows.push_back(std::move(row));
  }
  footnotes.append_to(table.notes);
  return table;
}

}  // namespace

std::vector<Table> card_tables(const Analysis& analysis,
                               const std::optional<Recommendation>& recommendation) {
  std::vector<Table> tables;
  if (analysis.configurations.empty()) return tables;
  tables.push_back(files_table(analysis, recommendation));
  if (analysis.columns.size() > kMostTaskColumns) tables.push_back(scores_table(analysis));
  return tables;
}

}  // namespace bantam::report
