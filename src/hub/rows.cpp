#include "hub/rows.hpp"

#include <algorithm>
#include <set>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "base/files.hpp"
#include "base/text.hpp"
#include "hub/rows_csv.hpp"
#include "hub/rows_utf8.hpp"

namespace bantam::hub {
namespace {

using base::ErrorKind;
using base::Json;
using base::Result;
using Rows = PlacedRows;

constexpr std::size_t kMaxLineBytes = std::size_t{64} << 20;

std::string place(const std::filesystem::path& path, std::size_t line) {
  return fmt::format("{}, line {}", path.string(), line);
}

Result<Json> parse_row(std::string_view text, const std::string& where) {
  TRY_ASSIGN(Json row, base::parse_json(with_paired_surrogates(text), where));
  if (!row.is_object()) return base::fail(ErrorKind::bad_input, where + ": a row must be a JSON object");
  return row;
}

Result<Rows> rows_of_json_lines(std::string_view text, const std::filesystem::path& path) {
  Rows rows;
  std::size_t line = 0;
  while (!text.empty()) {
    ++line;
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view content = base::trim(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (content.empty()) continue;
    if (content.size() > kMaxLineBytes) {
      return base::fail(ErrorKind::bad_input, fmt::format("{}: longer than 64 MiB", place(path, line)));
    }
    TRY_ASSIGN(Json row, parse_row(content, place(path, line)));
    rows.rows.push_back(std::move(row));
    rows.lines.push_back(line);
  }
  return rows;
}

Result<Rows> rows_of_json_array(std::string_view text, const std::filesystem::path& path) {
  TRY_ASSIGN(Json array, base::parse_json(with_paired_surrogates(text), path.string()));
  Rows rows;
  for (Json& row : array) {
    if (!row.is_object()) {
      return base::fail(ErrorKind::bad_input,
                        fmt::format("{}: element {} is not a JSON object", path.string(), rows.rows.size()));
    }
    rows.rows.push_back(std::move(row));
  }
  return rows;
}

// Gives every row all columns.
void complete_columns(std::vector<Json>& rows) {
  std::vector<std::string> columns;
  std::set<std::string> known;
  for (const Json& row : rows) {
    for (const auto& [column, value] : row.items()) {
      if (known.insert(column).second) columns.push_back(column);
    }
  }
  for (Json& row : rows) {
    if (row.size() == columns.size()) continue;
    for (const std::string& column : columns) {
      if (!row.contains(column)) row[column] = nullptr;
    }
  }
}

}  // namespace

Result<PlacedRows> read_placed_rows(const std::filesystem::path& path, const RowsFormat& format) {
  const std::string kind = base::ascii_lower(path.extension().string());
  if (kind != ".jsonl" && kind != ".json" && kind != ".csv" && kind != ".tsv") {
    return base::fail(ErrorKind::bad_input, fmt::format("{}: not a known kind of data file", path.string()),
                      "use .jsonl, .json, .csv or .tsv");
  }
  TRY_ASSIGN(std::string raw, base::read_file(path));
  const std::string text = valid_utf8(raw);
  raw.clear();
  Result<Rows> rows = Rows{};
  if (kind == ".csv" || kind == ".tsv") {
    rows = rows_of_csv(text, format.separator.value_or(kind == ".csv" ? ',' : '\t'), format.columns,
                       path.string());
  } else if (kind == ".json" && base::trim(text).starts_with('[')) {
    rows = rows_of_json_array(text, path);
  } else {
    rows = rows_of_json_lines(text, path);
  }
  if (!rows) return rows;
  if (rows->rows.empty()) return base::fail(ErrorKind::bad_input, path.string() + ": no rows");
  complete_columns(rows->rows);
  return rows;
}

Result<std::vector<Json>> read_rows(const std::filesystem::path& path, const RowsFormat& format) {
  TRY_ASSIGN(PlacedRows placed, read_placed_rows(path, format));
  return std::move(placed.rows);
}

}  // namespace bantam::hub
