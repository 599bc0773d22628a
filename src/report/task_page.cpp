#include "report/task_page.hpp"

#include <fmt/format.h>
#include <algorithm>

#include "base/json.hpp"
#include "base/text.hpp"
#include "prompt/python_literal.hpp"

namespace bantam::report {
namespace {

using base::Json;
using task::OutputType;
using task::Task;

std::vector<std::string> metric_names(const Task& task) {
  std::vector<std::string> names;
  for (const task::MetricSpec& metric : task.metrics) names.push_back(metric.name());
  return names;
}

Json to_json(const run::ShownItem& shown) {
  const evaluate::Prompt& prompt = shown.prompt;
  Json json{{"task", shown.task.name},
            {"file", shown.task.file.string()},
            {"output_type", metric::name(shown.task.output_type)},
            {"metrics", metric_names(shown.task)},
            {"num_fewshot", shown.shots},
            {"items", shown.docs},
            {"doc_id", prompt.doc_id},
            {"contexts", shown.contexts},
            {"continuations", prompt.continuations},
            {"choices", prompt.choices},
            {"gold", prompt.gold},
            {"target", prompt.target},
            {"doc", prompt.doc}};
  if (shown.task.output_type == OutputType::generate_until) {
    json["until"] = shown.task.generation.until;
    json["max_gen_toks"] = shown.task.generation.max_gen_toks;
    if (const auto& sampling = shown.task.generation.sampling) {
      json["sampling"] = {{"temperature", sampling->temperature},
                          {"top_k", sampling->top_k},
                          {"top_p", sampling->top_p},
                          {"min_p", sampling->min_p},
                          {"repeats", shown.task.generation.repeats}};
    }
  }
  if (!shown.context_tokens.empty()) {
    json["context_tokens"] = shown.context_tokens;
    json["continuation_tokens"] = shown.continuation_tokens;
  }
  return json;
}

// Line by line, with everything but line breaks made visible.
std::string visible(const std::string& text) {
  std::string out;
  for (const std::string& line : base::split(text, '\n')) out += base::printable(line) + "\n";
  return out;
}

std::string ids(const std::vector<std::int32_t>& tokens) {
  std::vector<std::string> texts;
  for (const std::int32_t token : tokens) texts.push_back(std::to_string(token));
  return base::join(texts, " ");
}

// As a Python literal, so that spaces and line breaks can be seen.
std::string quoted(const std::string& text) {
  return base::printable(prompt::python_repr(Json(text)));
}

std::string head(const run::ShownItem& shown) {
  const Task& task = shown.task;
  std::string text =
      fmt::format("{}, item {} of {}\n", base::printable(task.name), shown.prompt.doc_id, shown.docs);
  text += fmt::format("{}, {} examples, scored by {}\n", metric::name(task.output_type), shown.shots,
                      base::join(metric_names(task), ", "));
  return text;
}

std::string continuations(const run::ShownItem& shown) {
  const evaluate::Prompt& prompt = shown.prompt;
  std::string text;
  for (std::size_t i = 0; i < prompt.continuations.size(); ++i) {
    const bool gold =
        std::find(prompt.gold.begin(), prompt.gold.end(), static_cast<std::int64_t>(i)) != prompt.gold.end();
    text += fmt::format("{} {}\n", gold ? "*" : " ", quoted(prompt.continuations[i]));
    if (i < shown.continuation_tokens.size())
      text += fmt::format("    tokens: {}\n", ids(shown.continuation_tokens[i]));
  }
  return text;
}

std::string item_text(const run::ShownItem& shown) {
  std::string out = head(shown);
  for (std::size_t i = 0; i < shown.contexts.size(); ++i) {
    const std::string number = shown.contexts.size() > 1 ? fmt::format(" {}", i) : "";
    out += fmt::format("\n--- prompt{} ---\n{}--- end of prompt{} ---\n", number, visible(shown.contexts[i]),
                       number);
    if (i < shown.context_tokens.size()) {
      out += fmt::format("{} tokens: {}\n", shown.context_tokens[i].size(), ids(shown.context_tokens[i]));
    }
  }
  if (!shown.prompt.continuations.empty()) {
    out += "\nContinuations whose likelihood is asked (* is right):\n" + continuations(shown);
  }
  if (shown.task.output_type == OutputType::generate_until) {
    std::vector<std::string> stops;
    for (const std::string& stop : shown.task.generation.until) stops.push_back(quoted(stop));
    out += fmt::format("\nGenerates up to {} tokens, until {}\n", shown.task.generation.max_gen_toks,
                       stops.empty() ? "the end token" : base::join(stops, " or "));
    if (const auto& sampling = shown.task.generation.sampling) {
      out += fmt::format(
          "Draws the tokens of {} to each item: temperature {}, top_k {}, top_p {}, min_p {}\n",
          shown.task.generation.repeats == 1 ? "the answer"
                                             : fmt::format("{} answers", shown.task.generation.repeats),
          sampling->temperature, sampling->top_k, sampling->top_p, sampling->min_p);
    }
    out += fmt::format("Right answer: {}\n", base::printable(prompt::python_repr(shown.prompt.target)));
  }
  return out;
}

}  // namespace

std::string task_page(const run::ShownItem& shown, table::Format format) {
  return format == table::Format::json ? base::to_text(to_json(shown), 2) + "\n" : item_text(shown);
}

}  // namespace bantam::report
