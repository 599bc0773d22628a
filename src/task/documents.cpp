#include "task/documents.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <map>

#include "base/text.hpp"
#include "hub/rows.hpp"
#include "prompt/python_literal.hpp"
#include "task/benchmarks/benchmark.hpp"
#include "task/code_rows.hpp"
#include "task/task_data.hpp"
#include "text/unicode.hpp"

namespace bantam::task {
namespace {

using base::ErrorKind;
using base::Json;
using base::Result;

struct SplitRows {
  std::vector<Json> rows;
  std::vector<std::string> places;
};

std::string row_place(const std::filesystem::path& path, const hub::PlacedRows& placed, std::size_t row) {
  if (row < placed.lines.size()) return fmt::format("{}, line {}", path.string(), placed.lines[row]);
  return fmt::format("{}, element {}", path.string(), row);
}

// An id is what tells rows apart: one that comes twice is a mistake in the data, and its items would be
// counted twice.
base::Status check_ids(const SplitRows& split) {
  std::map<std::string, std::size_t> known;
  for (std::size_t row = 0; row < split.rows.size(); ++row) {
    const auto id = split.rows[row].find("id");
    if (id == split.rows[row].end() || !(id->is_string() || id->is_number_integer())) continue;
    const auto [first, is_new] = known.emplace(base::to_text(*id), row);
    if (is_new) continue;
    return base::fail(ErrorKind::bad_input,
                      fmt::format("{}: id {} stands already in {}", split.places[row],
                                  prompt::python_repr(*id), split.places[first->second]),
                      "remove one of the rows, or name the column otherwise if it is no identity");
  }
  return {};
}

// Absent when the function leaves the row out.
Result<std::optional<Json>> processed(const RowFunction& process_docs, Json row) {
  if (process_docs.keeps != nullptr) {
    TRY_ASSIGN(const bool kept, process_docs.keeps(row, process_docs.value));
    if (!kept) return std::nullopt;
  }
  if (process_docs.row == nullptr) return row;
  TRY_ASSIGN(Json made, process_docs.row(row));
  return made;
}

Result<SplitRows> rows_of_split(const Task& task, const std::string& split, const RowFunction* process_docs) {
  TRY_ASSIGN(const auto files, files_of_split(task, split));
  SplitRows all;
  for (const std::filesystem::path& path : files) {
    TRY_ASSIGN(hub::PlacedRows placed, hub::read_placed_rows(path, task.data.format));
    for (std::size_t i = 0; i < placed.rows.size(); ++i) {
      std::string place = row_place(path, placed, i);
      if (process_docs != nullptr) {
        auto made = processed(*process_docs, std::move(placed.rows[i]));
        if (!made)
          return base::fail(ErrorKind::bad_input, fmt::format("{}: {}", place, made.error().message));
        if (!*made) continue;
        placed.rows[i] = **std::move(made);
      }
      all.rows.push_back(std::move(placed.rows[i]));
      all.places.push_back(std::move(place));
    }
  }
  if (all.rows.empty() && process_docs != nullptr) {
    return base::fail(ErrorKind::bad_input,
                      fmt::format("{} leaves no row of split '{}'", process_docs->is.name, split));
  }
  TRY(check_ids(all));
  return all;
}

// str.isdigit()
bool is_digits(const std::string& text) {
  const std::u32string letters = text::to_utf32(text);
  return !letters.empty() && std::ranges::all_of(letters, text::is_digit);
}

// lm-eval takes a text of digits for an index, and fails on what is no number of Python, such as 007.
Result<Json> index_of_digits(const std::string& digits) {
  auto parsed = prompt::parse_python_literal(digits);
  if (parsed) return parsed;
  return base::fail(ErrorKind::bad_input,
                    fmt::format("'{}' is a text of digits, but no index that Python reads", digits));
}

}  // namespace

namespace {

Result<TaskRows> load_made_rows(const Task& task, bool with_fewshot) {
  TaskRows rows;
  TRY_ASSIGN(MadeRows evaluated, made_rows(task, task.code->docs));
  for (std::size_t i = 0; i < evaluated.docs.size(); ++i)
    rows.places.push_back(fmt::format("row {} of those that its Python code gives", i));
  rows.docs = std::move(evaluated.docs);
  rows.made = std::move(evaluated.made);
  if (!with_fewshot) return rows;
  TRY_ASSIGN(MadeRows examples, made_rows(task, task.code->examples));
  rows.fewshot = std::move(examples.docs);
  rows.fewshot_made = std::move(examples.made);
  return rows;
}

}  // namespace

Result<TaskRows> load_rows(const Task& task, bool with_fewshot) {
  if (task.code && task.code->rows) return load_made_rows(task, with_fewshot);
  TaskRows rows;
  TRY_ASSIGN(SplitRows evaluated, rows_of_split(task, task.test_split, task.process_docs));
  rows.docs = std::move(evaluated.rows);
  rows.places = std::move(evaluated.places);
  if (!with_fewshot) return rows;
  if (!task.fewshot.split.empty()) {
    TRY_ASSIGN(SplitRows examples, rows_of_split(task, task.fewshot.split, task.fewshot.process_docs));
    rows.fewshot = std::move(examples.rows);
  } else {
    for (const Json& sample : task.fewshot.samples) rows.fewshot.push_back(sample);
  }
  return rows;
}

Result<Field> Field::make(const Json& source) {
  Field field;
  field.source_ = source;
  if (const auto called = base::string_at(source, "!function")) {
    field.function_ = field_function_named(*called);
  }
  field.code_key_ = base::string_at(source, kCodeMark).value_or("");
  if (source.is_string()) {
    TRY_ASSIGN(field.template_, jinja::Template::compile(source.get<std::string>(), jinja::Dialect::task));
  }
  return field;
}

void Field::name_columns(std::span<const Json> docs) {
  if (!source_.is_string()) return;
  const auto& name = source_.get_ref<const std::string&>();
  is_column_ = std::ranges::any_of(docs, [&](const Json& doc) { return doc.contains(name); });
}

namespace {

Result<Json> value_of_code(const std::string& key, const Json* made) {
  if (made == nullptr)
    return base::fail(ErrorKind::environment, key + ": the task's Python code has not been run");
  if (const auto found = made->find(key); found != made->end()) return *found;
  const Json& error = base::child_at(base::child_at(*made, "errors"), key);
  const auto part = [&error](const char* name) {
    return base::ellipsize(base::printable(base::string_at(error, name).value_or("")), 300);
  };
  const std::string where = part("where");
  const std::string type = part("type");
  return base::fail(ErrorKind::bad_input,
                    fmt::format("{} fails{}: {}{}", key, where.empty() ? "" : fmt::format(" in {}", where),
                                type.empty() ? "" : type + ": ", part("message")));
}

}  // namespace

Result<Field::Value> Field::of(const Json& row, const Json* made) const {
  if (!code_key_.empty()) {
    TRY_ASSIGN(Json value, value_of_code(code_key_, made));
    return Value{std::move(value), false};
  }
  if (function_ != nullptr) {
    TRY_ASSIGN(Json value, function_->value(row));
    return Value{std::move(value), false};
  }
  if (!template_) return Value{source_, false};
  const auto column = row.find(source_.get_ref<const std::string&>());
  if (is_column_.value_or(column != row.end()))
    return Value{column != row.end() ? *column : Json(nullptr), false};
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

void DocTexts::name_columns(std::span<const Json> docs) {
  for (Field* field : {&text_, &target_, &choice_}) field->name_columns(docs);
}

Result<Json> DocTexts::text(const Json& row, const Json* made) const {
  if (text_.is_absent()) return Json("");
  TRY_ASSIGN(Field::Value found, text_.of(row, made));
  if (!found.rendered || !has_choices()) return found.value;
  const auto text = found.value.get<std::string>();
  return is_digits(text) ? index_of_digits(text) : found.value;
}

Result<Json> DocTexts::target(const Json& row, const Json* made) const {
  TRY_ASSIGN(Field::Value found, target_.of(row, made));
  if (!found.rendered) return found.value;
  const auto text = found.value.get<std::string>();
  if (has_choices() && is_digits(text)) return index_of_digits(text);
  if (text.size() >= 2 && text.front() == '[' && text.back() == ']') {
    if (auto list = prompt::parse_python_literal(text)) return *std::move(list);
  }
  return found.value;
}

Result<std::vector<std::string>> DocTexts::choices(const Json& row, const Json* made) const {
  TRY_ASSIGN(Field::Value found, choice_.of(row, made));
  Json list = found.value;
  if (found.rendered) {
    TRY_ASSIGN(list, prompt::parse_python_literal(found.value.get<std::string>()));
  }
  if (list.is_structured() && list.empty())
    return base::fail(ErrorKind::bad_input, "the list of choices is empty", "give the row its choices");
  // Of a map that a template prints lm-eval takes the keys.
  if (!list.is_structured() || (found.rendered && list.is_object())) {
    return base::fail(ErrorKind::bad_input,
                      fmt::format("'{}' is not a list of choices", prompt::python_str(list)));
  }
  std::vector<std::string> choices;
  for (const auto& [key, choice] : list.items()) choices.push_back(prompt::python_str(choice));
  return choices;
}

}  // namespace bantam::task
