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
};

// Reads the data files and runs process_docs. bad_input, naming file and line, when there are no items, when
// a row is not what process_docs needs, and when two rows have the same value in a column "id". The few-shot
// rows are read only when `with_fewshot`.
base::Result<TaskRows> load_rows(const Task& task, bool with_fewshot);

// A doc_to_* value, ready to be applied to rows.
class Field {
 public:
  // `source`: text (a column's name or a template), {"!function": NAME} of a known function, or anything
  // else, which stands for itself.
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
  base::Result<Value> of(const base::Json& row) const;

 private:
  base::Json source_;
  std::optional<jinja::Template> template_;
  const FieldFunction* function_ = nullptr;
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
  base::Result<base::Json> text(const base::Json& row) const;    // text, or an index into the choices
  base::Result<base::Json> target(const base::Json& row) const;  // text, index, or list
  base::Result<std::vector<std::string>> choices(const base::Json& row) const;

 private:
  DocTexts(Field text, Field target, Field choice);

  Field text_;
  Field target_;
  Field choice_;
};

}  // namespace bantam::task
