#include "evaluate/documents.hpp"

#include <fmt/format.h>

#include "evaluate/known_functions.hpp"
#include "evaluate/task_data.hpp"
#include "hub/rows.hpp"
#include "prompt/python_literal.hpp"
#include "score/python_text.hpp"

namespace bantam::evaluate {
namespace {

using base::ErrorKind;
using base::Json;
using base::Result;

Result<std::vector<Json>> rows_of_split(const Task& task, const std::string& split) {
  TRY_ASSIGN(const auto files, files_of_split(task, split));
  std::vector<Json> rows;
  for (const std::filesystem::path& path : files) {
    TRY_ASSIGN(std::vector<Json> part, hub::read_rows(path, task.data.format));
    for (Json& row : part) {
      if (task.process_docs) {
        auto made = processed_row(*task.process_docs, row);
        if (!made) {
          return base::fail(ErrorKind::bad_input,
                            fmt::format("{}, row {}: {}", path.string(), rows.size(), made.error().message));
        }
        row = *std::move(made);
      }
      rows.push_back(std::move(row));
    }
  }
  return rows;
}

Json integer_of_digits(const std::string& digits) {
  const auto parsed = prompt::parse_python_literal(digits);
  return parsed ? *parsed : Json(digits);
}

}  // namespace

Result<TaskRows> load_rows(const Task& task, bool with_fewshot) {
  TaskRows rows;
  TRY_ASSIGN(rows.docs, rows_of_split(task, task.test_split));
  if (!with_fewshot) return rows;
  if (!task.fewshot.split.empty()) {
    TRY_ASSIGN(rows.fewshot, rows_of_split(task, task.fewshot.split));
  } else {
    for (const Json& sample : task.fewshot.samples) rows.fewshot.push_back(sample);
  }
  return rows;
}

Result<Field> Field::make(const Json& source) {
  Field field;
  field.source_ = source;
  if (const auto called = base::string_at(source, "!function")) {
    field.function_ = known_function_named(*called);
  }
  if (source.is_string()) {
    TRY_ASSIGN(field.template_,
               prompt::Template::compile(source.get<std::string>(), prompt::Dialect::python));
  }
  return field;
}

Result<Field::Value> Field::of(const Json& row) const {
  if (function_) {
    TRY_ASSIGN(Json value, field_value(*function_, row));
    return Value{std::move(value), false};
  }
  if (!template_) return Value{source_, false};
  const auto column = row.find(source_.get_ref<const std::string&>());
  if (column != row.end()) return Value{*column, false};
  TRY_ASSIGN(std::string text, template_->render(row));
  return Value{std::move(text), true};
}

DocTexts::DocTexts(Field text, Field target, Field choice)
    : text_(std::move(text)), target_(std::move(target)), choice_(std::move(choice)) {}

Result<DocTexts> DocTexts::make(const Json& doc_to_text, const Json& doc_to_target,
                                const Json& doc_to_choice) {
  TRY_ASSIGN(Field text, Field::make(doc_to_text));
  TRY_ASSIGN(Field target, Field::make(doc_to_target));
  TRY_ASSIGN(Field choice, Field::make(doc_to_choice));
  return DocTexts(std::move(text), std::move(target), std::move(choice));
}

Result<Json> DocTexts::text(const Json& row) const {
  if (text_.is_absent()) return Json("");
  TRY_ASSIGN(Field::Value found, text_.of(row));
  if (!found.rendered || !has_choices()) return found.value;
  const auto text = found.value.get<std::string>();
  return score::is_ascii_digits(text) ? integer_of_digits(text) : found.value;
}

Result<Json> DocTexts::target(const Json& row) const {
  TRY_ASSIGN(Field::Value found, target_.of(row));
  if (!found.rendered) return found.value;
  const auto text = found.value.get<std::string>();
  if (has_choices() && score::is_ascii_digits(text)) return integer_of_digits(text);
  if (text.size() >= 2 && text.front() == '[' && text.back() == ']') {
    if (auto list = prompt::parse_python_literal(text)) return *std::move(list);
  }
  return found.value;
}

Result<std::vector<std::string>> DocTexts::choices(const Json& row) const {
  TRY_ASSIGN(Field::Value found, choice_.of(row));
  Json list = found.value;
  if (found.rendered) {
    TRY_ASSIGN(list, prompt::parse_python_literal(found.value.get<std::string>()));
  }
  if (!list.is_structured() || list.empty()) {
    return base::fail(ErrorKind::bad_input,
                      fmt::format("'{}' is not a list of choices", prompt::python_str(list)));
  }
  std::vector<std::string> choices;
  for (const auto& [key, choice] : list.items()) choices.push_back(prompt::python_str(choice));
  return choices;
}

}  // namespace bantam::evaluate
