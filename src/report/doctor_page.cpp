#include "report/doctor_page.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/json.hpp"
#include "base/text.hpp"
#include "metric/catalogue.hpp"

namespace bantam::report {
namespace {

using base::Json;
using record::Item;
using table::Format;

constexpr std::size_t kPromptColumns = 1500;
constexpr std::size_t kAnswerColumns = 300;

std::string count_text(const run::DoctorWay& way, const char* name) {
  const auto found = way.scores.metrics.find(name);
  return found == way.scores.metrics.end() ? "-" : fmt::format("{:.0f}", found->second.value);
}

// A number of items, which stands beside the scores.
bool is_count(const std::string& name) {
  const metric::Metric* metric = metric::find_metric(name);
  return metric != nullptr && metric->group == metric::MetricGroup::generation;
}

std::string all_scores(const run::DoctorWay& way) {
  if (way.failure) return "failed";
  std::string text;
  for (const auto& [name, value] : way.scores.metrics) {
    if (is_count(name)) continue;
    text += fmt::format("{}{} {:.3f}", text.empty() ? "" : ", ", name, value.value);
  }
  return text.empty() ? "-" : text;
}

// Scores that have a column of their own; all of them stand below the table.
std::vector<std::string> main_scores(const run::DoctorTask& task) {
  constexpr std::size_t kMost = 2;
  std::vector<std::string> names;
  for (const run::DoctorWay& way : task.ways) {
    for (const auto& [name, value] : way.scores.metrics) {
      if (!is_count(name) && names.size() < kMost && std::ranges::find(names, name) == names.end())
        names.push_back(name);
    }
  }
  return names;
}

std::string score_text(const run::DoctorWay& way, const std::string& name) {
  if (way.failure) return "failed";
  const auto found = way.scores.metrics.find(name);
  return found == way.scores.metrics.end() ? "-" : fmt::format("{:.3f}", found->second.value);
}

std::string summary(const run::DoctorTask& task, Format format, const table::TerminalStyle& style) {
  const std::vector<std::string> scores = main_scores(task);
  std::vector<std::string> heads{"asked", "items"};
  heads.insert(heads.end(), scores.begin(), scores.end());
  heads.insert(heads.end(), {"prompt cut", "at limit", "incomplete", "empty", "unparsed"});
  table::Table table(task.name, 1, heads);
  for (const run::DoctorWay& way : task.ways) {
    std::vector<std::string> row{way.name, fmt::format("{}", way.items.size())};
    for (const std::string& score : scores) row.push_back(score_text(way, score));
    for (const char* count : {"truncated", "answer_truncated", "incomplete", "empty", "unparsed"})
      row.push_back(count_text(way, count));
    table.add_row(row);
  }
  return page_text({table}, format, style);
}

std::string short_text(const std::string& text, std::size_t columns) {
  return base::ellipsize(base::printable(text), columns);
}

// Line breaks stay; other control characters become visible.
std::string prompt_text(const std::string& text, std::string_view indent) {
  std::string out;
  std::size_t used = 0;
  std::size_t begin = 0;
  while (begin <= text.size() && used < kPromptColumns) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    const std::string line = short_text(text.substr(begin, end - begin), kPromptColumns - used);
    out += fmt::format("{}{}\n", indent, line);
    used += line.size() + 1;
    begin = end + 1;
  }
  if (begin <= text.size()) out += fmt::format("{}... ({} bytes in all)\n", indent, text.size());
  return out;
}

std::string first_tokens(const Item& item) {
  std::string text;
  for (const Json& token : base::child_at(item.content, "first_tokens")) {
    const std::string piece = base::string_at(token, "text").value_or("");
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", base::integer_at(token, "id").value_or(0),
                        piece.empty() ? "(special)" : base::to_text(Json(piece)));
  }
  return text;
}

// What the model was asked first; of several contexts or a text to score, the first.
std::string seen_by_model(const Item& item) {
  if (auto context = base::string_at(item.content, "context")) return *std::move(context);
  const Json& contexts = base::child_at(item.content, "contexts");
  return contexts.is_array() && !contexts.empty() ? contexts.front().get<std::string>() : "";
}

std::string answer_lines(const Item& item) {
  const Json& content = item.content;
  std::string text;
  const auto add = [&](const char* name, const std::string& value) {
    text += fmt::format("  {:<12}{}\n", name, short_text(value, kAnswerColumns));
  };
  if (const auto failed = base::string_at(content, "failed")) {
    add("failed", *failed);
  } else if (content.contains("continuations")) {
    add("choices", base::to_text(content["continuations"]));
    if (content.contains("predicted")) add("chosen", base::to_text(content["predicted"]));
  } else if (content.contains("resps")) {
    add("answer", base::to_text(content["resps"].front()));
    add("finish", base::string_at(content, "finish").value_or(""));
    for (const auto& [filter, answers] : base::child_at(content, "filtered_resps").items())
      add("extracted", fmt::format("{} ({})", base::to_text(answers), filter));
  }
  add("right", base::to_text(base::child_at(content, "target")));
  std::string scores;
  for (const auto& [name, value] : item.metrics)
    scores += fmt::format("{}{} {:g}", scores.empty() ? "" : ", ", name, value);
  add("score", scores.empty() ? "-" : scores);
  return text;
}

// A text in the form of the page.
std::string shown(std::string_view text, bool markdown) {
  return markdown ? table::markdown_escaped(text) : base::printable(text);
}

std::string example(const run::DoctorTask& task, const run::DoctorWay& way, bool fenced) {
  const std::string_view bullet = fenced ? "- " : "  ";
  std::string text = (fenced ? "### " : "") + shown(fmt::format("{}, {}", task.name, way.name), fenced) +
                     (fenced ? "\n\n" : "\n");
  text += fmt::format("{}scores: {}\n", bullet, shown(all_scores(way), fenced));
  for (const std::string& warning : way.warnings)
    text += fmt::format("{}warning: {}\n", bullet, shown(warning, fenced));
  if (fenced) text += "\n";
  if (way.failure) return text + fmt::format("  failed: {}\n", shown(way.failure->message, fenced));
  if (way.items.empty()) return text;
  const Item& item = way.items.front();
  if (fenced) text += "```\n";
  text += fmt::format("  item {}, as the model saw it:\n", item.doc_id);
  text += prompt_text(seen_by_model(item), "  | ");
  text += fmt::format("  {:<12}{}\n", "tokens", base::printable(first_tokens(item)));
  text += answer_lines(item);
  if (fenced) text += "```\n";
  return text;
}

}  // namespace

std::string doctor_page(const run::Diagnosis& diagnosis, Format format, const table::TerminalStyle& style) {
  if (format == Format::json) return base::to_text(to_json(diagnosis), 2) + "\n";
  const bool markdown = format == Format::md;
  std::string page = markdown ? fmt::format("# {}\n\n", shown(diagnosis.model, true)) : "";
  for (const std::string& warning : diagnosis.warnings)
    page += fmt::format("warning: {}\n\n", shown(warning, markdown));
  for (const run::DoctorTask& task : diagnosis.tasks) {
    page += summary(task, format, style) + "\n";
    for (const run::DoctorWay& way : task.ways) page += example(task, way, markdown) + "\n";
  }
  return page;
}

}  // namespace bantam::report
