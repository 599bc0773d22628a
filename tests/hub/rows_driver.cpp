// For scripts/data_campaign.py. Reads one JSON object a line, {"file": PATH} with "columns", "separator" and
// "field" where the task file gives them; answers each with a line: {"rows": [...]} or {"error": ...}.

#include <cmath>
#include <iostream>
#include <string>

#include "hub/rows.hpp"

namespace {

using namespace bantam;

// JSON has no infinity.
void name_floats(base::Json& value) {
  if (value.is_structured()) {
    for (base::Json& inner : value) name_floats(inner);
  } else if (value.is_number_float() && !std::isfinite(value.get<double>())) {
    const double number = value.get<double>();
    value = {{"float", std::isnan(number) ? "nan" : number > 0 ? "inf" : "-inf"}};
  }
}

base::Json answer(const std::string& line) {
  const auto question = base::parse_json(line, "question");
  if (!question) return {{"error", question.error().message}};
  hub::RowsFormat format;
  for (const base::Json& column : base::child_at(*question, "columns")) format.columns.push_back(column);
  format.field = base::string_at(*question, "field").value_or("");
  if (const auto separator = base::string_at(*question, "separator")) format.separator = separator->front();
  auto rows = hub::read_rows(base::string_at(*question, "file").value_or(""), format);
  if (!rows) return {{"error", rows.error().message}};
  for (base::Json& row : *rows) name_floats(row);
  return {{"rows", *std::move(rows)}};
}

}  // namespace

int main() {
  std::string line;
  while (std::getline(std::cin, line)) std::cout << base::to_text(answer(line)) << '\n';
}
