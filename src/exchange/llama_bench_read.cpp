#include "exchange/llama_bench_read.hpp"

#include <fmt/format.h>

#include <optional>
#include <string_view>
#include <utility>

#include "base/text.hpp"

namespace bantam::exchange {
namespace {

using base::Json;

constexpr std::size_t kMostFields = 4096;  // of a test; more are costly to read

std::optional<BenchTest> test_from(const Json& json) {
  auto row = json.size() > kMostFields ? std::nullopt : bench_row(json);
  if (!row) return std::nullopt;
  return BenchTest{json, *std::move(row)};
}

// `nothing`: a field with this text is missing.
std::optional<BenchTest> test_from(const std::vector<std::string>& names,
                                   const std::vector<std::string>& fields, std::string_view nothing = {}) {
  if (names.size() != fields.size() || names.size() > kMostFields) return std::nullopt;
  Json json = Json::object();
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (nothing.empty() || fields[i] != nothing) json[names[i]] = fields[i];
  }
  return test_from(json);
}

// The fields of one line between `quote`s; a doubled quote is one.
std::vector<std::string> quoted_fields(std::string_view line, char quote) {
  std::vector<std::string> fields;
  std::string field;
  bool is_inside = false;
  bool was_quoted = false;
  const auto end_field = [&] {
    fields.push_back(was_quoted ? field : std::string(base::trim(field)));
    field.clear();
    was_quoted = false;
  };
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (c == quote && is_inside && i + 1 < line.size() && line[i + 1] == quote) {
      field += c;
      ++i;
    } else if (c == quote) {
      if (!is_inside) field.clear();
      is_inside = !is_inside;
      was_quoted = true;
    } else if (c == ',' && !is_inside) {
      end_field();
    } else if (is_inside || !was_quoted) {
      field += c;
    }
  }
  end_field();
  return fields;
}

// "INSERT INTO llama_bench (a, b) VALUES ('1', '2');"
std::optional<BenchTest> test_of_insert(std::string_view line) {
  const std::size_t open = line.find('(');
  const std::size_t close = line.find(')');
  const std::size_t values = line.find("VALUES (");
  const std::size_t end = line.rfind(')');
  if (open == std::string_view::npos || close == std::string_view::npos || values == std::string_view::npos ||
      end <= values + 8 || close < open)
    return std::nullopt;
  const auto names = quoted_fields(line.substr(open + 1, close - open - 1), '"');
  const auto fields = quoted_fields(line.substr(values + 8, end - values - 8), '\'');
  return test_from(names, fields, "NULL");
}

void add(std::optional<BenchTest> test, std::size_t place, const char* what, BenchTests& all) {
  if (test)
    all.tests.push_back(*std::move(test));
  else
    all.notes.push_back(fmt::format("{} {} is left out: it is no whole test", what, place));
}

BenchTests tests_of_lines(const std::vector<std::string>& lines, bool is_sql) {
  BenchTests all;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const std::string_view line = base::trim(lines[i]);
    if (line.empty()) continue;
    if (is_sql) {
      if (line.starts_with("INSERT INTO")) add(test_of_insert(line), i + 1, "line", all);
      continue;
    }
    const auto json = base::parse_json(line, "line");
    add(json ? test_from(*json) : std::nullopt, i + 1, "line", all);
  }
  return all;
}

BenchTests tests_of_csv(const std::vector<std::string>& lines) {
  BenchTests all;
  const auto names = quoted_fields(base::trim(lines.front()), '"');
  for (std::size_t i = 1; i < lines.size(); ++i) {
    if (base::trim(lines[i]).empty()) continue;
    add(test_from(names, quoted_fields(base::trim(lines[i]), '"')), i + 1, "line", all);
  }
  return all;
}

}  // namespace

base::Result<BenchTests> read_bench_tests(const std::string& text, const std::string& name) {
  const std::string_view begin = base::trim(text);
  if (begin.starts_with('[')) {
    TRY_ASSIGN(const Json json, base::parse_json(text, name));
    BenchTests all;
    for (std::size_t i = 0; i < json.size(); ++i) add(test_from(json[i]), i + 1, "test", all);
    return all;
  }
  const std::vector<std::string> lines = base::split(begin, '\n');
  if (begin.starts_with('{')) return tests_of_lines(lines, false);
  if (begin.starts_with("CREATE TABLE") || begin.starts_with("INSERT INTO"))
    return tests_of_lines(lines, true);
  if (begin.starts_with("build_commit,")) return tests_of_csv(lines);
  return base::fail(base::ErrorKind::bad_input, name + " is no result of llama-bench",
                    "give what llama-bench -o json, jsonl, csv or sql wrote");
}

}  // namespace bantam::exchange
