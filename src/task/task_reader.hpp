#pragma once
// Values of a task file by key, checked; what is wrong is collected, so that a file's problems are told all
// at once. For the files of this room that check a task.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "task/benchmarks/benchmark.hpp"
#include "task/task_file.hpp"

namespace bantam::task {

// What the code of a task may and has to do.
struct CodeUse {
  bool allowed = false;
  bool rows = false;            // a function of rows is not known: all of them are left to the code
  bool custom_dataset = false;  // code makes the rows
  bool results = false;         // the same of process_results, metrics and aggregations
};

class TaskReader {
 public:
  explicit TaskReader(const TaskFile& file, CodeUse code = {}) : file_(&file), code_(code) {}

  const CodeUse& code() const { return code_; }
  // The name behind !function; absent where none stands.
  std::optional<std::string> called(const std::string& pointer) const;
  // Refuses a function that cannot be loaded: its file is not there. False then.
  bool check_code(const std::string& pointer);

  // The value behind the pointer; null when it is not there.
  const base::Json& at(const std::string& pointer) const;

  // Each refuses a value of another kind and then gives `otherwise`, as for a missing or null value.
  std::string text(const std::string& pointer, const std::string& otherwise);
  bool boolean(const std::string& pointer, bool otherwise);
  std::int64_t count(const std::string& pointer, std::int64_t otherwise, std::int64_t least);

  // Refuses what is no map of keys and values, and each key that is not among the known ones, with the one
  // that was meant. False then.
  bool knows_keys(const std::string& pointer, std::span<const std::string_view> known);

  // A known function behind the pointer: one of the Python file that lm-eval would load, by its source, or,
  // where there is no such file, one of ours by its name (benchmarks/benchmark.hpp). Refuses any other
  // function and any other value. Null then, when nothing stands there, and where it is left to the code.
  const RowFunction* row_function(const std::string& pointer);
  const ResultsFunction* results_function(const std::string& pointer);
  const AggregationFunction* aggregation_function(const std::string& pointer);

  // A doc_to_* value: a column, a template that parses, a list, a known function, by the name that it has
  // here, or one that is left to the code.
  base::Json field(const std::string& pointer);
  // A text that may be a template.
  std::string template_text(const std::string& pointer, const std::string& otherwise);

  void refuse(const std::string& pointer, std::string message, std::string hint = {});
  void refuse(base::Error error, const std::string& pointer);  // its message without the file's name
  // One line with the place.
  std::string warning(const std::string& pointer, const std::string& message) const;

  const TaskFile& file() const { return *file_; }
  std::vector<Problem> take_problems() { return std::move(problems_); }
  bool has_problems() const { return !problems_.empty(); }

 private:
  // Where to look for a function of one kind, and how to speak of it.
  template <typename Function>
  struct Known {
    const Function* (*by_source)(std::string_view source);
    const Function* (*by_name)(std::string_view name);
    std::string (*names)();
    const char* hint;
    const Function* (*by_module)(std::string_view module, std::string_view name) = nullptr;
  };
  template <typename Function>
  const Function* function(const std::string& pointer, const Known<Function>& known);

  const TaskFile* file_;
  CodeUse code_;
  std::vector<Problem> problems_;
};

}  // namespace bantam::task
