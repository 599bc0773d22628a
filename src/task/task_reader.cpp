#include "task/task_reader.hpp"

#include <fmt/format.h>
#include <algorithm>

#include "jinja/template.hpp"

namespace bantam::task {
namespace {

using base::Json;

constexpr std::string_view kFunction = "!function";

// "doc_to_text" of "/doc_to_text", "fewshot_config: sampler" of "/fewshot_config/sampler".
std::string shown_key(const std::string& pointer) {
  std::string key = pointer.substr(1);
  for (std::size_t at = key.find('/'); at != std::string::npos; at = key.find('/', at))
    key.replace(at, 1, ": ");
  return key;
}

constexpr const char* kScoreHint = "use a metric that is scored here, or score the exported samples with it";

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
  refuse(pointer, shown_key(pointer) + " must be text");
  return otherwise;
}

bool TaskReader::boolean(const std::string& pointer, bool otherwise) {
  const Json& value = at(pointer);
  if (value.is_boolean()) return value.get<bool>();
  if (!value.is_null()) refuse(pointer, shown_key(pointer) + " must be true or false");
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
  refuse(pointer, fmt::format("{} must be a count, {} to {}", shown_key(pointer), least, kMost));
  return otherwise;
}

std::string TaskReader::task_name() const {
  return base::string_at(file_->config, "task").value_or("");
}

template <typename Function>
const Function* TaskReader::function(const std::string& pointer,
                                     const Function* (*find)(std::string_view called,
                                                             std::string_view task_name),
                                     const char* hint, std::string (*known)()) {
  const Json& value = at(pointer);
  if (value.is_null()) return nullptr;
  const auto called = base::string_at(value, kFunction);
  if (!called) {
    refuse(pointer, shown_key(pointer) + " must name a function (!function module.name)");
    return nullptr;
  }
  const Function* found = find(*called, task_name());
  if (found == nullptr) {
    refuse(
        pointer,
        fmt::format("{} needs the Python function '{}', which cannot run here", shown_key(pointer), *called),
        fmt::format("{}; known are: {}", hint, known()));
  }
  return found;
}

const RowFunction* TaskReader::row_function(const std::string& pointer) {
  return function(pointer, find_row_function, "write the rows as they come out of it and leave the key away",
                  row_function_names);
}

const ResultsFunction* TaskReader::results_function(const std::string& pointer) {
  return function(pointer, find_results_function, kScoreHint, results_function_names);
}

const AggregationFunction* TaskReader::aggregation_function(const std::string& pointer) {
  return function(pointer, find_aggregation_function, kScoreHint, aggregation_function_names);
}

Json TaskReader::field(const std::string& pointer) {
  const Json& value = at(pointer);
  if (base::string_at(value, kFunction)) {
    const FieldFunction* known =
        function(pointer, find_field_function, "write it as a Jinja template", field_function_names);
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
