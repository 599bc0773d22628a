#include "hub/rows_csv.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/text.hpp"

namespace bantam::hub {
namespace {

using base::ErrorKind;
using base::Json;

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

  base::Result<Record> next() {
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

  base::Result<std::string> next_field() {
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

ColumnType type_of(const std::vector<Record>& records, std::size_t column) {
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

Json value_of(const std::string& field, ColumnType type) {
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

}  // namespace

base::Result<PlacedRows> rows_of_csv(std::string_view text, char separator,
                                     const std::vector<std::string>& columns, const std::string& file) {
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
    const ColumnType type = type_of(records, column);
    for (std::size_t row = 0; row < records.size(); ++row) {
      placed.rows[row][head.fields[column]] = value_of(records[row].fields[column], type);
    }
  }
  return placed;
}

}  // namespace bantam::hub
