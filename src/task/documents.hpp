#pragma once
// A task's rows and the texts that its templates make of them. Knows nothing of few-shot examples or engines.

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "base/result.hpp"
#include "jinja/template.hpp"
#include "task/task.hpp"

namespace bantam::task {

struct TaskRows {
  std::vector<base::Json> docs;     // of the split that is evaluated
  std::vector<std::string> places;  // of each of them: "FILE, line 3"
  std::vector<base::Json> fewshot;  // rows that examples are drawn from; empty when the task names none
  // What code of the task made of each of docs and fewshot: by key its value, and behind "errors" why there
  // is none. Empty for a task without such code.
  std::vector<base::Json> made;
  std::vector<base::Json> fewshot_made;

  const base::Json* made_of(std::size_t doc) const { return doc < made.size() ? &made[doc] : nullptr; }
  const base::Json* made_of_example(std::size_t row) const {
    return row < fewshot_made.size() ? &fewshot_made[row] : nullptr;
  }
};

// Reads the data files and runs process_docs. bad_input, naming file and line, when there are no items, when
// a row is not what process_docs needs, and when two rows have the same value in a column "id". The few-shot
// rows are read only when `with_fewshot`. Rows that code makes are those that it made (task/code_rows.hpp):
// environment where it has not.
base::Result<TaskRows> load_rows(const Task& task, bool with_fewshot);

// A doc_to_* value, ready to be applied to rows.
class Field {
 public:
  // `source`: text (a column's name or a template), {"!function": NAME} of a known function, {"!code": KEY},
  // or anything else, which stands for itself.
  static base::Result<Field> make(const base::Json& source);

  bool is_absent() const { return source_.is_null(); }
  // As lm-eval: a name is a column where the evaluated rows have it, and only then. Until it is called, each
  // row is asked.
  void name_columns(std::span<const base::Json> docs);
  // The column's value (null where this row lacks it), the template's text, or the value itself; `rendered`
  // tells that it came from a template.
  struct Value {
    base::Json value;
    bool rendered = false;
  };
  // `made`: what code made of this row, where there is code; bad_input where it failed on it.
  base::Result<Value> of(const base::Json& row, const base::Json* made = nullptr) const;

 private:
  base::Json source_;
  std::optional<jinja::Template> template_;
  const FieldFunction* function_ = nullptr;
  std::string code_key_;           // empty: no code gives it
  std::optional<bool> is_column_;  // absent: not known, each row is asked
};

// lm-eval's doc_to_text, doc_to_target and doc_to_choice: a text of digits is an index where there are
// choices, and "[...]" is read as Python would.
class DocTexts {
 public:
  static base::Result<DocTexts> make(const base::Json& doc_to_text, const base::Json& doc_to_target,
                                     const base::Json& doc_to_choice);

  void name_columns(std::span<const base::Json> docs);  // Field::name_columns of each
  bool has_choices() const { return !choice_.is_absent(); }
  // `made`: see Field::of. Text, or an index into the choices.
  base::Result<base::Json> text(const base::Json& row, const base::Json* made = nullptr) const;
  // Text, index, or list.
  base::Result<base::Json> target(const base::Json& row, const base::Json* made = nullptr) const;
  base::Result<std::vector<std::string>> choices(const base::Json& row,
                                                 const base::Json* made = nullptr) const;

 private:
  DocTexts(Field text, Field target, Field choice);

  Field text_;
  Field target_;
  Field choice_;
};

}  // namespace bantam::task
