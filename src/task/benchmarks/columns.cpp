#include "task/benchmarks/columns.hpp"

#include <fmt/format.h>

#include "prompt/python_literal.hpp"

namespace bantam::task {

using base::Json;
using base::Result;

tl::unexpected<base::Error> missing(const std::string& column) {
  return base::fail(base::ErrorKind::bad_input,
                    fmt::format("column '{}' is missing or of another kind", column));
}

tl::unexpected<base::Error> missing(const char* column, const char* kind) {
  return base::fail(base::ErrorKind::bad_input,
                    fmt::format("column '{}' is missing or is not {}", column, kind));
}

Result<std::string> text_column(const Json& row, const char* column) {
  if (auto text = base::string_at(row, column)) return *text;
  return missing(column, "text");
}

Result<std::vector<std::string>> texts_column(const Json& row, const char* column) {
  const Json& list = base::child_at(row, column);
  std::vector<std::string> texts;
  for (const Json& text : list) {
    if (!text.is_string()) return missing(column, "a list of texts");
    texts.push_back(text.get<std::string>());
  }
  if (!list.is_array()) return missing(column, "a list of texts");
  return texts;
}

std::vector<std::string> texts_in_list(const Json& list) {
  std::vector<std::string> texts;
  for (const Json& text : list) texts.push_back(prompt::python_str(text));
  return texts;
}

}  // namespace bantam::task
