#include "report/validation_page.hpp"

#include <fmt/format.h>

#include "base/json.hpp"
#include "base/text.hpp"

namespace bantam::report {
namespace {

using base::Json;
using evaluate::Finding;

Json to_json(const std::vector<Finding>& findings) {
  Json list = Json::array();
  for (const Finding& finding : findings) {
    Json one{{"message", finding.message}};
    if (!finding.hint.empty()) one["hint"] = finding.hint;
    list.push_back(std::move(one));
  }
  return list;
}

std::string lines(const std::string& kind, const std::vector<Finding>& findings) {
  std::string text;
  for (const Finding& finding : findings) {
    text += fmt::format("{}: {}\n", kind, base::printable(finding.message));
    if (!finding.hint.empty()) text += fmt::format("    {}\n", base::printable(finding.hint));
  }
  return text;
}

std::string findings_text(const evaluate::Validation& validation) {
  std::string out = lines("problem", validation.problems) + lines("warning", validation.warnings);
  out +=
      fmt::format("problems: {}, warnings: {}; tasks read: {}, with {} items\n", validation.problems.size(),
                  validation.warnings.size(), validation.tasks, validation.items);
  return out;
}

}  // namespace

std::string validation_page(const evaluate::Validation& validation, table::Format format) {
  if (format != table::Format::json) return findings_text(validation);
  const Json json{{"valid", validation.is_valid()},
                  {"tasks", validation.tasks},
                  {"items", validation.items},
                  {"problems", to_json(validation.problems)},
                  {"warnings", to_json(validation.warnings)}};
  return base::to_text(json, 2) + "\n";
}

}  // namespace bantam::report
