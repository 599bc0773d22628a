#include "hub/csv.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "hub/column_types.hpp"

namespace bantam::hub {
namespace {

using base::ErrorKind;
using base::Json;
using base::Result;

constexpr std::size_t kMaxFieldBytes = std::size_t{64} << 20;

struct Record {
  std::size_t line = 0;  // where it starts
  std::vector<std::string> fields;
  bool is_blank = false;  // a line of blanks alone
};

class Reader {
 public:
  Reader(std::string_view text, char separator, const std::string& file)
      : text_(text), separator_(separator), file_(file) {}

  bool at_end() const { return at_ >= text_.size(); }

  Result<Record> next() {
    Record record{line_, {}, false};
    const bool is_quoted = !at_end() && text_[at_] == '"';
    do {
      TRY_ASSIGN(std::string field, next_field());
      record.fields.push_back(std::move(field));
    } while (take(separator_));
    const bool returned = take('\r');
    if (!take('\n') && !returned && !at_end()) {
      return base::fail(ErrorKind::bad_input,
                        fmt::format("{}, line {}: text after a quoted field", file_, line_));
    }
    ++line_;
    const bool is_one = record.fields.size() == 1 && !is_quoted;
    record.is_blank = is_one && record.fields.front().find_first_not_of(" \t") == std::string::npos;
    return record;
  }

 private:
  bool take(char c) {
    if (at_end() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  bool at_line_end() const { return text_[at_] == '\n' || text_[at_] == '\r'; }

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

base::Status check_columns(const std::vector<std::string>& columns, const std::string& file) {
  std::set<std::string> known;
  for (const std::string& column : columns) {
    if (!known.insert(column).second) {
      return base::fail(ErrorKind::bad_input, fmt::format("{}: column '{}' is named twice", file, column));
    }
  }
  return {};
}

// As pandas names the columns of a head: "Unnamed: 2" for an empty name, "x.1" for a second x.
std::vector<std::string> distinct_names(std::vector<std::string> names) {
  std::vector<std::size_t> order;
  std::vector<std::size_t> unnamed;
  for (std::size_t i = 0; i < names.size(); ++i) (names[i].empty() ? unnamed : order).push_back(i);
  for (const std::size_t i : unnamed) names[i] = fmt::format("Unnamed: {}", i);
  order.insert(order.end(), unnamed.begin(), unnamed.end());
  std::map<std::string, std::size_t> counts;
  for (const std::size_t i : order) {
    const std::string given = names[i];
    std::string name = given;
    std::size_t count = counts[name];
    while (count > 0) {
      counts[given] = count + 1;
      name = fmt::format("{}.{}", given, count);
      const bool is_taken = std::find(names.begin(), names.end(), name) != names.end();
      count = is_taken ? count + 1 : counts[name];
    }
    counts[name] = count + 1;
    names[i] = name;
  }
  return names;
}

}  // namespace

Result<PlacedRows> read_csv(std::string_view text, char separator, const std::vector<std::string>& columns,
                            const std::string& file) {
  Reader reader(text, separator, file);
  if (reader.at_end()) return PlacedRows{};
  Record head{0, columns, false};
  if (columns.empty()) {
    TRY_ASSIGN(head, reader.next());
    while (head.is_blank && !reader.at_end()) {
      TRY_ASSIGN(head, reader.next());
    }
    head.fields = distinct_names(std::move(head.fields));
  }
  TRY(check_columns(head.fields, file));
  std::vector<Record> records;
  while (!reader.at_end()) {
    TRY_ASSIGN(Record record, reader.next());
    if (record.is_blank) continue;
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
    std::vector<std::string> fields;
    for (Record& record : records) fields.push_back(std::move(record.fields[column]));
    auto values = typed_column(std::move(fields));
    if (!values) {
      values.error().message =
          fmt::format("{}: column '{}': {}", file, head.fields[column], values.error().message);
      return tl::unexpected(values.error());
    }
    for (std::size_t row = 0; row < records.size(); ++row)
      placed.rows[row][head.fields[column]] = std::move((*values)[row]);
  }
  return placed;
}

}  // namespace bantam::hub
