#include "evaluate/columns.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <vector>

#include "base/text.hpp"

namespace bantam::evaluate {
namespace {

// NAME of "... 'NAME' is undefined"; empty for another message.
std::string undefined_name(const std::string& message) {
  const auto end = message.find("' is undefined");
  if (end == std::string::npos || end == 0) return "";
  const auto begin = message.rfind('\'', end - 1);
  return begin == std::string::npos ? "" : message.substr(begin + 1, end - begin - 1);
}

}  // namespace

std::string hint_with_columns(const base::Error& error, const base::Json& row) {
  const std::string name = undefined_name(error.message);
  if (!error.hint.empty() || name.empty() || !row.is_object() || row.contains(name)) return error.hint;
  std::vector<std::string> columns;
  for (const auto& [column, value] : row.items()) columns.push_back(base::printable(column));
  const auto near = base::closest(name, columns);
  return fmt::format("{}the columns are: {}", near ? fmt::format("did you mean {}? ", *near) : "",
                     base::join(columns, ", "));
}

}  // namespace bantam::evaluate
