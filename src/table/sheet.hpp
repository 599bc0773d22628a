#pragma once
// Rows of named fields for spreadsheets and programs: CSV as in RFC 4180, plain numbers in base units, an
// empty field for what is absent. Texts are made printable (base/text.hpp) line by line; one that a
// spreadsheet would take for a formula gets a leading apostrophe.

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace bantam::table {

// Columns come in the order in which they are first named, here or by a field.
class Sheet {
 public:
  explicit Sheet(const std::vector<std::string>& columns = {});

  // The fields that follow belong to it.
  void start_row() { rows_.emplace_back(); }
  void text(const std::string& column, std::string value);
  // The shortest text that reads back to the same value, without a ".0" on whole numbers.
  void number(const std::string& column, double value);
  void count(const std::string& column, std::int64_t value);
  void absent(const std::string& column) { set(column, ""); }
  template <typename T>
  void number(const std::string& column, const std::optional<T>& value) {
    value ? number(column, static_cast<double>(*value)) : absent(column);
  }

  // RFC 4180 ends lines with "\r\n"; Unix tools want "\n".
  std::string csv(std::string_view line_end = "\r\n") const;

 private:
  void name(const std::string& column);
  void set(const std::string& column, std::string field);

  std::vector<std::string> columns_;
  std::set<std::string> known_;
  std::vector<std::map<std::string, std::string>> rows_;
};

}  // namespace bantam::table
