#include "hub/rows.hpp"

#include <fmt/format.h>
#include <unicode/utf8.h>
#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "base/files.hpp"
#include "base/text.hpp"
#include "hub/column_types.hpp"
#include "hub/csv.hpp"

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

Result<Rows> read_json_lines(std::string_view text, const std::filesystem::path& path) {
  Rows rows;
  std::size_t line = 0;
  while (!text.empty()) {
    ++line;
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view content = base::trim(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (content.empty()) {
      rows.has_blank_lines = true;
      continue;
    }
    if (content.size() > kMaxLineBytes) {
      return base::fail(ErrorKind::bad_input, fmt::format("{}: longer than 64 MiB", place(path, line)));
    }
    TRY_ASSIGN(Json row, parse_row(content, place(path, line)));
    rows.rows.push_back(std::move(row));
    rows.lines.push_back(line);
  }
  return rows;
}

// Objects are rows; texts and numbers are those of a column `text`.
Result<Rows> rows_in_array(Json& array, const std::string& place) {
  Rows rows;
  for (Json& row : array) {
    const bool is_first = rows.rows.empty();
    const bool is_value = row.is_string() || row.is_number();
    if (is_value && (is_first || rows.rows.front().contains("text"))) row = Json{{"text", std::move(row)}};
    if (!row.is_object()) {
      return base::fail(ErrorKind::bad_input,
                        fmt::format("{}: element {} is not a JSON object", place, rows.rows.size()));
    }
    rows.rows.push_back(std::move(row));
  }
  return rows;
}

Result<Rows> read_json_array(std::string_view text, const std::filesystem::path& path) {
  TRY_ASSIGN(Json array, base::parse_json(with_paired_surrogates(text), path.string()));
  return rows_in_array(array, path.string());
}

// {"column": [values], ...}
Result<Rows> rows_in_columns(const Json& columns, const std::string& place) {
  Rows rows;
  for (const auto& [column, values] : columns.items()) {
    const bool is_first = rows.rows.empty();
    if (!values.is_array() || (!is_first && values.size() != rows.rows.size())) {
      return base::fail(
          ErrorKind::bad_input,
          fmt::format("{}: '{}' is not a list of as many values as there are rows", place, column));
    }
    if (is_first) rows.rows.assign(values.size(), Json::object());
    for (std::size_t row = 0; row < values.size(); ++row) rows.rows[row][column] = values[row];
  }
  return rows;
}

// The rows that stand behind one key of a JSON document.
Result<Rows> read_json_field(std::string_view text, const std::filesystem::path& path,
                             const std::string& field) {
  TRY_ASSIGN(Json document, base::parse_json(with_paired_surrogates(text), path.string()));
  if (!document.is_object() || !document.contains(field)) {
    return base::fail(ErrorKind::bad_input, fmt::format("{}: has no field '{}'", path.string(), field),
                      "`field` names the key of the document that holds the rows");
  }
  Json& value = document[field];
  const std::string place = fmt::format("{}: field '{}'", path.string(), field);
  if (!value.is_structured())
    return base::fail(ErrorKind::bad_input, fmt::format("{} is not a list of rows", place));
  Result<Rows> rows = value.is_array() ? rows_in_array(value, place) : rows_in_columns(value, place);
  if (!rows) return rows;
  if (auto settled = settle_field_types(rows->rows); !settled) {
    settled.error().message = fmt::format("{}: {}", place, settled.error().message);
    return tl::unexpected(settled.error());
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
  const bool is_array = kind == ".json" && base::trim(text).starts_with('[');
  Result<Rows> rows = Rows{};
  if (kind == ".csv" || kind == ".tsv") {
    rows =
        read_csv(text, format.separator.value_or(kind == ".csv" ? ',' : '\t'), format.columns, path.string());
  } else if (!format.field.empty()) {
    rows = read_json_field(text, path, format.field);
  } else if (is_array) {
    rows = read_json_array(text, path);
  } else {
    rows = read_json_lines(text, path);
  }
  if (!rows) return rows;
  const bool is_settled = kind == ".csv" || kind == ".tsv" || !format.field.empty() || format.is_typed;
  if (!is_settled) settle_types(rows->rows, {is_array, rows->has_blank_lines});
  if (rows->rows.empty()) return base::fail(ErrorKind::bad_input, path.string() + ": no rows");
  complete_columns(rows->rows);
  return rows;
}

Result<std::vector<Json>> read_rows(const std::filesystem::path& path, const RowsFormat& format) {
  TRY_ASSIGN(PlacedRows placed, read_placed_rows(path, format));
  return std::move(placed.rows);
}

namespace {

// The code unit of a \uXXXX escape at `at`; absent when there is none.
std::optional<unsigned> escaped_unit(std::string_view json, std::size_t at) {
  if (at + 6 > json.size() || json[at] != '\\' || json[at + 1] != 'u') return std::nullopt;
  unsigned unit = 0;
  const char* first = json.data() + at + 2;
  const auto [end, error] = std::from_chars(first, first + 4, unit, 16);
  if (error != std::errc{} || end != first + 4) return std::nullopt;
  return unit;
}

bool is_high(unsigned unit) {
  return unit >= 0xD800 && unit <= 0xDBFF;
}
bool is_low(unsigned unit) {
  return unit >= 0xDC00 && unit <= 0xDFFF;
}

}  // namespace

std::string valid_utf8(std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  std::string out;
  out.reserve(text.size());
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(text.data());
  const auto length = static_cast<std::int64_t>(text.size());
  for (std::int64_t at = 0; at < length;) {
    const std::int64_t start = at;
    UChar32 c = 0;
    U8_NEXT(bytes, at, length, c);
    if (c < 0) {
      out += "\xEF\xBF\xBD";
    } else {
      out += text.substr(static_cast<std::size_t>(start), static_cast<std::size_t>(at - start));
    }
  }
  return out;
}

std::string with_paired_surrogates(std::string_view json) {
  std::string out(json);
  for (std::size_t at = out.find('\\'); at != std::string::npos; at = out.find('\\', at)) {
    const auto unit = escaped_unit(out, at);
    if (!unit) {
      at += 2;  // another escape: a backslash and one character
    } else if (is_high(*unit)) {
      const auto next = escaped_unit(out, at + 6);
      const bool paired = next && is_low(*next);
      if (!paired) out.replace(at + 2, 4, "fffd");
      at += paired ? 12 : 6;
    } else {
      if (is_low(*unit)) out.replace(at + 2, 4, "fffd");
      at += 6;
    }
  }
  return out;
}

}  // namespace bantam::hub
