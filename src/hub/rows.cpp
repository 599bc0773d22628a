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

Result<Rows> read_json_array(std::string_view text, const std::filesystem::path& path) {
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

constexpr std::size_t kMaxFieldBytes = std::size_t{64} << 20;

struct Record {
  std::size_t line = 0;  // where it starts
  std::vector<std::string> fields;
};

class Reader {
 public:
  Reader(std::string_view text, char separator, const std::string& file)
      : text_(text), separator_(separator), file_(file) {}

  bool at_end() const { return at_ >= text_.size(); }

  Result<Record> next() {
    Record record{line_, {}};
    do {
      TRY_ASSIGN(std::string field, next_field());
      record.fields.push_back(std::move(field));
    } while (take(separator_));
    take('\r');
    if (!at_end() && !take('\n')) {
      return base::fail(ErrorKind::bad_input,
                        fmt::format("{}, line {}: text after a quoted field", file_, line_));
    }
    ++line_;
    return record;
  }

 private:
  bool take(char c) {
    if (at_end() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  bool at_line_end() const { return text_[at_] == '\n' || text_.substr(at_).starts_with("\r\n"); }

  Result<std::string> next_field() {
    const std::size_t start_line = line_;
    std::string field;
    if (!take('"')) {
      while (!at_end() && text_[at_] != separator_ && !at_line_end()) field += text_[at_++];
    } else {
      for (bool open = true; open;) {
        if (at_end()) {
          return base::fail(ErrorKind::bad_input,
                            fmt::format("{}, line {}: a quote is not closed", file_, start_line));
        }
        const char c = text_[at_++];
        if (c == '\n') ++line_;
        if (c == '"' && !take('"')) {
          open = false;
        } else {
          field += c;
        }
      }
    }
    if (field.size() > kMaxFieldBytes) {
      return base::fail(ErrorKind::bad_input,
                        fmt::format("{}, line {}: longer than 64 MiB", file_, start_line));
    }
    return field;
  }

  std::string_view text_;
  char separator_;
  const std::string& file_;
  std::size_t at_ = 0;
  std::size_t line_ = 1;
};

enum class ColumnType { integer, number, boolean, text };

ColumnType column_type(const std::vector<Record>& records, std::size_t column) {
  const auto all = [&](auto fits) {
    return std::all_of(records.begin(), records.end(), [&](const Record& record) {
      return record.fields[column].empty() || fits(record.fields[column]);
    });
  };
  if (all([](const std::string& field) { return base::parse_integer(field).has_value(); }))
    return ColumnType::integer;
  if (all([](const std::string& field) { return base::parse_number(field).has_value(); }))
    return ColumnType::number;
  if (all([](const std::string& field) { return field == "True" || field == "False"; }))
    return ColumnType::boolean;
  return ColumnType::text;
}

Json typed_value(const std::string& field, ColumnType type) {
  if (field.empty()) return nullptr;
  switch (type) {
    case ColumnType::integer:
      return *base::parse_integer(field);
    case ColumnType::number:
      return *base::parse_number(field);
    case ColumnType::boolean:
      return field == "True";
    case ColumnType::text:
      break;
  }
  return field;
}

base::Status check_columns(const std::vector<std::string>& columns, const std::string& file) {
  std::set<std::string> known;
  for (const std::string& column : columns) {
    if (!known.insert(column).second) {
      return base::fail(ErrorKind::bad_input, fmt::format("{}: column '{}' is named twice", file, column));
    }
  }
  return {};
}

// `columns` names the columns of a text without a head; empty: the first record does. `text` is valid UTF-8;
// `file` names it in messages.
Result<PlacedRows> read_csv(std::string_view text, char separator, const std::vector<std::string>& columns,
                            const std::string& file) {
  Reader reader(text, separator, file);
  if (reader.at_end()) return PlacedRows{};
  Record head{0, columns};
  if (columns.empty()) {
    TRY_ASSIGN(head, reader.next());
  }
  TRY(check_columns(head.fields, file));
  std::vector<Record> records;
  while (!reader.at_end()) {
    TRY_ASSIGN(Record record, reader.next());
    if (record.fields.size() == 1 && record.fields.front().empty()) continue;  // an empty line
    if (record.fields.size() != head.fields.size()) {
      return base::fail(ErrorKind::bad_input,
                        fmt::format("{}, line {}: {} fields where there are {} columns", file, record.line,
                                    record.fields.size(), head.fields.size()));
    }
    records.push_back(std::move(record));
  }
  PlacedRows placed{std::vector<Json>(records.size(), Json::object()), {}};
  for (const Record& record : records) placed.lines.push_back(record.line);
  for (std::size_t column = 0; column < head.fields.size(); ++column) {
    const ColumnType type = column_type(records, column);
    for (std::size_t row = 0; row < records.size(); ++row) {
      placed.rows[row][head.fields[column]] = typed_value(records[row].fields[column], type);
    }
  }
  return placed;
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
    rows =
        read_csv(text, format.separator.value_or(kind == ".csv" ? ',' : '\t'), format.columns, path.string());
  } else if (kind == ".json" && base::trim(text).starts_with('[')) {
    rows = read_json_array(text, path);
  } else {
    rows = read_json_lines(text, path);
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
