#include "task/task_reader.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <system_error>

#include "base/files.hpp"
#include "base/text.hpp"
#include "base/yaml.hpp"
#include "jinja/template.hpp"
#include "task/python_source.hpp"
#include "task/task.hpp"

namespace bantam::task {
namespace {

using base::Json;

constexpr std::string_view kFunction = "!function";
constexpr const char* kHowToRun = "--allow-task-code runs it with Python, under limits";

// "doc_to_text" of "/doc_to_text", "fewshot_config: sampler" of "/fewshot_config/sampler".
std::string shown_key(const std::string& pointer) {
  std::string key = pointer.substr(1);
  for (std::size_t at = key.find('/'); at != std::string::npos; at = key.find('/', at))
    key.replace(at, 1, ": ");
  return key;
}

constexpr const char* kScoreHint = "use a metric that is scored here, or score the exported samples with it";

// The function that `called` stands for in a task file of this folder.
struct PythonFunction {
  bool is_there = false;              // the file is
  std::string name;                   // in the file
  std::optional<std::string> source;  // its hash
  std::optional<std::string> module;  // the file's, where it does not define the name and may make it
  std::string told;                   // why it is not run, for messages
};

// lm-eval's _import_func_in_yml: the module is a file beside the task file.
PythonFunction python_function(const std::string& called, const std::filesystem::path& folder) {
  constexpr std::uint64_t kMostBytes = std::uint64_t{1} << 20;
  const std::size_t dot = called.rfind('.');
  PythonFunction python;
  if (dot == std::string::npos || dot == 0) {
    python.told = "it is written module.function";
    return python;
  }
  const std::string name = called.substr(dot + 1);
  std::string module = called.substr(0, dot);
  if (module.find('/') == std::string::npos) std::ranges::replace(module, '.', '/');
  const std::filesystem::path file = folder / (module + ".py");
  std::error_code error;
  python.name = name;
  python.is_there = std::filesystem::exists(file, error);
  if (!python.is_there) {
    python.told = fmt::format("there is no {} beside the task file", module + ".py");
    return python;
  }
  const auto text = base::read_file(file, kMostBytes);
  if (!text) {
    python.told = text.error().message;
    return python;
  }
  python.source = python_function_hash(*text, name);
  if (!python.source) python.module = python_module_hash(*text);
  python.told = python.source || python.module
                    ? fmt::format("its source in {} is not one that is known", file.string())
                    : fmt::format("{} does not define it", file.string());
  return python;
}

}  // namespace

const Json& TaskReader::at(const std::string& pointer) const {
  static const Json kNull;
  const Json* value = &file_->config;
  for (std::size_t begin = 1; begin <= pointer.size();) {
    const std::size_t end = std::min(pointer.find('/', begin), pointer.size());
    const std::string step = pointer.substr(begin, end - begin);
    if (value->is_object() && value->contains(step)) {
      value = &(*value)[step];
    } else if (value->is_array() && !step.empty() &&
               step.find_first_not_of("0123456789") == std::string::npos &&
               std::stoul(step) < value->size()) {
      value = &(*value)[std::stoul(step)];
    } else {
      return kNull;
    }
    begin = end + 1;
  }
  return *value;
}

std::string TaskReader::text(const std::string& pointer, const std::string& otherwise) {
  const Json& value = at(pointer);
  if (value.is_null()) return otherwise;
  if (value.is_string()) return value.get<std::string>();
  refuse(pointer, shown_key(pointer) + " must be text",
         "give it one text, in quotes where it reads like a number, a list or a map");
  return otherwise;
}

bool TaskReader::boolean(const std::string& pointer, bool otherwise) {
  const Json& value = at(pointer);
  if (value.is_boolean()) return value.get<bool>();
  if (!value.is_null())
    refuse(pointer, shown_key(pointer) + " must be true or false", "write true or false, without quotes");
  return otherwise;
}

std::int64_t TaskReader::count(const std::string& pointer, std::int64_t otherwise, std::int64_t least) {
  constexpr std::int64_t kMost = 1'000'000;
  const Json& value = at(pointer);
  if (value.is_null()) return otherwise;
  if (value.is_number_integer()) {
    const auto number = value.get<std::int64_t>();
    if (number >= least && number <= kMost) return number;
  }
  refuse(pointer, fmt::format("{} must be a count, {} to {}", shown_key(pointer), least, kMost),
         "write a whole number, without quotes");
  return otherwise;
}

bool TaskReader::knows_keys(const std::string& pointer, std::span<const std::string_view> known) {
  const Json& map = at(pointer);
  if (map.is_null()) return true;
  if (!map.is_object()) {
    refuse(pointer, shown_key(pointer) + " must be a map of keys and values",
           "write its keys in lines of their own, indented: KEY: VALUE");
    return false;
  }
  const std::vector<std::string> names(known.begin(), known.end());
  bool all = true;
  for (const auto& [key, value] : map.items()) {
    if (std::ranges::find(names, key) != names.end()) continue;
    const auto close = base::closest(key, names);
    refuse(pointer + base::pointer_step(key),
           fmt::format("{}: key '{}' is not known", shown_key(pointer), key),
           close ? fmt::format("did you mean {}?", *close) : "known are: " + base::join(names, ", "));
    all = false;
  }
  return all;
}

template <typename Function>
const Function* TaskReader::function(const std::string& pointer, const Known<Function>& known) {
  const Json& value = at(pointer);
  if (value.is_null()) return nullptr;
  const auto called = base::string_at(value, kFunction);
  if (!called) {
    refuse(pointer, shown_key(pointer) + " must name a function (!function module.name)",
           "write !function FILE.FUNCTION, of a Python file beside this one");
    return nullptr;
  }
  const PythonFunction python = python_function(*called, file_->place(pointer).file.parent_path());
  const Function* found = python.source ? known.by_source(*python.source) : nullptr;
  if (python.module && known.by_module != nullptr) found = known.by_module(*python.module, python.name);
  if (!python.is_there) found = known.by_name(*called);
  if (found != nullptr) return found;
  refuse(pointer,
         fmt::format("{} needs the Python function '{}', which cannot run here: {}", shown_key(pointer),
                     *called, python.told),
         fmt::format("{}; or {}; known are: {}", kHowToRun, known.hint, known.names()));
  return nullptr;
}

std::optional<std::string> TaskReader::called(const std::string& pointer) const {
  return base::string_at(at(pointer), kFunction);
}

bool TaskReader::check_code(const std::string& pointer) {
  const auto named = called(pointer);
  if (!named) {
    refuse(pointer, shown_key(pointer) + " must name a function (!function module.name)",
           "write !function FILE.FUNCTION, of a Python file beside this one");
    return false;
  }
  const PythonFunction python = python_function(*named, file_->place(pointer).file.parent_path());
  // What is no file beside the task may be a module of what stands for lm_eval.
  if (python.is_there || named->starts_with("lm_eval.")) return true;
  refuse(pointer,
         fmt::format("{} needs the Python function '{}': {}", shown_key(pointer), *named, python.told),
         "put the file there");
  return false;
}

const RowFunction* TaskReader::row_function(const std::string& pointer) {
  if (code_.rows && called(pointer)) {
    check_code(pointer);
    return nullptr;
  }
  return function<RowFunction>(
      pointer, {find_row_function, row_function_named, row_function_names,
                "write the rows as they come out of it and leave the key away", find_row_function});
}

const ResultsFunction* TaskReader::results_function(const std::string& pointer) {
  if (code_.results && called(pointer)) {
    check_code(pointer);
    return nullptr;
  }
  return function<ResultsFunction>(
      pointer, {find_results_function, results_function_named, results_function_names, kScoreHint});
}

const AggregationFunction* TaskReader::aggregation_function(const std::string& pointer) {
  return function<AggregationFunction>(pointer, {find_aggregation_function, aggregation_function_named,
                                                 aggregation_function_names, kScoreHint});
}

Json TaskReader::field(const std::string& pointer) {
  const Json& value = at(pointer);
  if (code_.rows && called(pointer))
    return check_code(pointer) ? Json{{kCodeMark, pointer.substr(pointer.rfind('/') + 1)}} : Json();
  if (base::string_at(value, kFunction)) {
    const FieldFunction* known = function<FieldFunction>(
        pointer,
        {find_field_function, field_function_named, field_function_names, "write it as a Jinja template"});
    return known != nullptr ? Json{{kFunction, known->is.name}} : Json();
  }
  if (value.is_string()) return template_text(pointer, "");
  return value;
}

std::string TaskReader::template_text(const std::string& pointer, const std::string& otherwise) {
  std::string source = text(pointer, otherwise);
  const auto compiled = jinja::Template::compile(source, jinja::Dialect::task);
  if (!compiled) refuse(pointer, fmt::format("{}: {}", shown_key(pointer), compiled.error().message));
  return source;
}

void TaskReader::refuse(const std::string& pointer, std::string message, std::string hint) {
  problems_.push_back({file_->place(pointer), std::move(message), std::move(hint)});
}

void TaskReader::refuse(base::Error error, const std::string& pointer) {
  const std::string prefix = file_->file.string() + ": ";
  if (error.message.starts_with(prefix)) error.message.erase(0, prefix.size());
  refuse(pointer, std::move(error.message), std::move(error.hint));
}

std::string TaskReader::warning(const std::string& pointer, const std::string& message) const {
  return fmt::format("{}: {}", file_->place(pointer).text(), message);
}

}  // namespace bantam::task
