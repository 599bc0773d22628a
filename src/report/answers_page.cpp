#include "report/answers_page.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/units.hpp"
#include "table/sheet.hpp"

namespace bantam::report {
namespace {

using analyze::Answer;
using analyze::PromptAnswers;
using base::Json;
using table::Table;

std::string as_number(const std::optional<double>& value) {
  return value ? base::format_significant(*value) : "–";
}

Table answers_table(const PromptAnswers& prompt) {
  Table table(fmt::format("{} {}: {}", prompt.task, prompt.doc_id, prompt.prompt), 2,
              {"Model", "Precision", "As base"});
  const auto has = [&](std::optional<double> Answer::*figure) {
    return std::ranges::any_of(prompt.answers,
                               [&](const Answer& answer) { return (answer.*figure).has_value(); });
  };
  const bool has_tokens = has(&Answer::equal_tokens);
  const bool has_cosine = has(&Answer::cosine);
  if (has_tokens) table.add_column("Equal tokens");
  if (has_cosine) table.add_column("Cosine");
  table.add_column("Answer", table::Align::left);
  for (const Answer& answer : prompt.answers) {
    std::vector<std::string> row{answer.model, answer.precision,
                                 !answer.same   ? "–"
                                 : *answer.same ? "yes"
                                                : "no"};
    if (has_tokens) row.push_back(as_number(answer.equal_tokens));
    if (has_cosine) row.push_back(as_number(answer.cosine));
    row.push_back(answer.text);
    table.add_row(std::move(row));
  }
  return table;
}

std::string csv(const std::vector<PromptAnswers>& prompts) {
  table::Sheet sheet({"task", "doc_id", "prompt", "model", "precision", "answer", "finish", "same_as_base",
                      "equal_tokens", "cosine"});
  for (const PromptAnswers& prompt : prompts) {
    for (const Answer& answer : prompt.answers) {
      sheet.start_row();
      sheet.text("task", prompt.task);
      sheet.count("doc_id", prompt.doc_id);
      sheet.text("prompt", prompt.prompt);
      sheet.text("model", answer.model);
      sheet.text("precision", answer.precision);
      sheet.text("answer", answer.text);
      if (answer.finish) sheet.text("finish", *answer.finish);
      if (answer.same) sheet.text("same_as_base", *answer.same ? "true" : "false");
      sheet.number("equal_tokens", answer.equal_tokens);
      sheet.number("cosine", answer.cosine);
    }
  }
  return sheet.csv("\n");
}

Json to_json(const PromptAnswers& prompt) {
  Json json{{"task", prompt.task},
            {"doc_id", prompt.doc_id},
            {"prompt", prompt.prompt},
            {"answers", Json::array()}};
  for (const Answer& answer : prompt.answers) {
    Json& entry = json["answers"].emplace_back(
        Json{{"model", answer.model}, {"precision", answer.precision}, {"answer", answer.text}});
    base::set_if(entry, "finish", answer.finish);
    base::set_if(entry, "same_as_base", answer.same);
    base::set_if(entry, "equal_tokens", answer.equal_tokens);
    base::set_if(entry, "cosine", answer.cosine);
  }
  return json;
}

}  // namespace

std::string answers_page(const std::vector<PromptAnswers>& prompts, table::Format format,
                         const table::TerminalStyle& style) {
  if (format == table::Format::csv) return csv(prompts);
  if (format == table::Format::json) {
    Json json{{"generator", "bantam " BANTAM_VERSION}, {"prompts", Json::array()}};
    for (const PromptAnswers& prompt : prompts) json["prompts"].push_back(to_json(prompt));
    return base::to_text(json, 2) + "\n";
  }
  table::Page page;
  for (const PromptAnswers& prompt : prompts) page.emplace_back(answers_table(prompt));
  if (page.empty())
    page.emplace_back(table::Lines{"", {"No answers: no cell of this store let a model write."}});
  return page_text(page, format, style);
}

}  // namespace bantam::report
