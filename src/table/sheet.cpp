#include "table/sheet.hpp"

#include <fmt/format.h>

#include "base/json.hpp"
#include "base/text.hpp"

namespace bantam::table {
namespace {

std::string quoted(std::string text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  return fmt::format("\"{}\"", base::replace_all(std::move(text), "\"", "\"\""));
}

std::string printable_lines(std::string_view text) {
  std::vector<std::string> lines = base::split(text, '\n');
  for (std::string& line : lines) line = base::printable(line);
  return base::join(lines, "\n");
}

std::string text_field(std::string_view raw) {
  static constexpr std::string_view kFormulaStarts = "=+-@";
  std::string text = printable_lines(raw);
  const bool is_formula = !text.empty() && kFormulaStarts.find(text.front()) != std::string_view::npos;
  return quoted(is_formula ? fmt::format("'{}", text) : std::move(text));
}

}  // namespace

Sheet::Sheet(const std::vector<std::string>& columns) {
  for (const std::string& column : columns) name(column);
}

void Sheet::text(const std::string& column, std::string value) {
  set(column, text_field(value));
}

void Sheet::number(const std::string& column, double value) {
  std::string text = base::to_text(base::Json(value));
  if (text.ends_with(".0")) text.resize(text.size() - 2);
  set(column, std::move(text));
}

void Sheet::count(const std::string& column, std::int64_t value) {
  set(column, fmt::format("{}", value));
}

std::string Sheet::csv(std::string_view line_end) const {
  std::vector<std::string> heads;
  for (const std::string& column : columns_) heads.push_back(text_field(column));
  std::string out = fmt::format("{}{}", base::join(heads, ","), line_end);
  for (const auto& row : rows_) {
    std::vector<std::string> fields;
    for (const std::string& column : columns_) {
      const auto field = row.find(column);
      fields.push_back(field == row.end() ? "" : field->second);
    }
    out += fmt::format("{}{}", base::join(fields, ","), line_end);
  }
  return out;
}

void Sheet::name(const std::string& column) {
  if (known_.insert(column).second) columns_.push_back(column);
}

void Sheet::set(const std::string& column, std::string field) {
  name(column);
  rows_.back()[column] = std::move(field);
}

}  // namespace bantam::table
