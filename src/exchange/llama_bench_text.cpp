#include "exchange/llama_bench_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <functional>
#include <optional>
#include <set>
#include <utility>

#include "base/json.hpp"
#include "base/text.hpp"
#include "table/render.hpp"

namespace bantam::exchange {
namespace {

using base::Json;

constexpr std::pair<std::string_view, BenchForm> kForms[] = {{"json", BenchForm::json},
                                                             {"jsonl", BenchForm::jsonl},
                                                             {"csv", BenchForm::csv},
                                                             {"sql", BenchForm::sql},
                                                             {"md", BenchForm::md}};
constexpr double kKibi = 1024.0;

// The fields that any of the tests has.
std::vector<BenchField> fields_of(const std::vector<BenchRow>& rows) {
  std::vector<BenchField> fields;
  for (const BenchField& field : kBenchFields) {
    const auto has = [&field](const BenchRow& row) { return row.fields.contains(std::string(field.name)); };
    if (std::ranges::any_of(rows, has)) fields.push_back(field);
  }
  return fields;
}

// Not "nan" or "inf", which JSON does not have.
bool is_number(const std::string& text) {
  return base::parse_number(text).has_value() &&
         text.find_first_not_of("0123456789+-.eE") == std::string::npos;
}

// With the six digits behind the point that llama-bench writes; as it is where it has an exponent.
std::string real_text(const std::string& text) {
  constexpr std::size_t kDigits = 6;
  if (text.find_first_of("eE") != std::string::npos) return text;
  const std::size_t point = text.find('.');
  const std::size_t digits = point == std::string::npos ? 0 : text.size() - point - 1;
  const std::string whole = point == std::string::npos ? text + "." : text;
  return digits >= kDigits ? text : whole + std::string(kDigits - digits, '0');
}

// As llama-bench writes it. Absent where the test lacks it.
std::optional<std::string> value_of(const BenchRow& row, const BenchField& field) {
  const auto found = row.fields.find(std::string(field.name));
  if (found == row.fields.end()) return std::nullopt;
  const bool is_real = field.type == BenchFieldType::real && is_number(found->second);
  return is_real ? real_text(found->second) : found->second;
}

// A text that is no number of the type's is a text: it may have come from anywhere.
std::string json_value(const BenchField& field, const std::string& text) {
  const bool is_written_as_number = field.type != BenchFieldType::text && is_number(text);
  if (!is_written_as_number || !base::parse_json(text, "number")) return base::to_text(Json(text));
  if (field.type == BenchFieldType::flag) return text == "0" ? "false" : "true";
  return text;
}

// "name": value, of a test.
std::vector<std::string> json_members(const BenchRow& row, const std::vector<BenchField>& fields) {
  std::vector<std::string> members;
  for (const BenchField& field : fields) {
    const auto value = value_of(row, field);
    members.push_back(fmt::format("\"{}\": {}", field.name, value ? json_value(field, *value) : "null"));
  }
  for (const auto& [name, value] : row.more.items())
    members.push_back(fmt::format("{}: {}", base::to_text(Json(name)), base::to_text(value)));
  if (!row.samples_ns.empty())
    members.push_back(fmt::format("\"{}\": [ {} ]", kSamplesNs, base::join(row.samples_ns, ", ")));
  if (!row.samples_ts.empty())
    members.push_back(fmt::format("\"{}\": [ {} ]", kSamplesTs, base::join(row.samples_ts, ", ")));
  return members;
}

std::string json_text(const std::vector<BenchRow>& rows, const std::vector<BenchField>& fields) {
  std::vector<std::string> tests;
  for (const BenchRow& row : rows)
    tests.push_back(fmt::format("  {{\n    {}\n  }}", base::join(json_members(row, fields), ",\n    ")));
  return fmt::format("[\n{}\n]\n", base::join(tests, ",\n"));
}

std::string jsonl_text(const std::vector<BenchRow>& rows, const std::vector<BenchField>& fields) {
  std::string text;
  for (const BenchRow& row : rows)
    text += fmt::format("{{{}}}\n", base::join(json_members(row, fields), ", "));
  return text;
}

// No line break, which would end a line of the file, and no other control character.
std::string one_line(const std::string& text) {
  std::string line = text;
  std::ranges::replace_if(
      line, [](unsigned char c) { return c < 0x20 || c == 0x7F; }, ' ');
  return line;
}

std::string csv_value(const BenchField& field, const std::string& text) {
  const bool is_text = field.type == BenchFieldType::text || !is_number(text);
  const bool is_formula =
      is_text && !text.empty() && std::string_view("=+-@").find(text.front()) != std::string_view::npos;
  return fmt::format("\"{}{}\"", is_formula ? "'" : "", base::replace_all(one_line(text), "\"", "\"\""));
}

std::string csv_text(const std::vector<BenchRow>& rows, const std::vector<BenchField>& fields) {
  std::vector<std::string> names;
  for (const BenchField& field : fields) names.emplace_back(field.name);
  std::string text = base::join(names, ",") + "\n";
  for (const BenchRow& row : rows) {
    std::vector<std::string> values;
    for (const BenchField& field : fields)
      values.push_back(csv_value(field, value_of(row, field).value_or("")));
    text += base::join(values, ",") + "\n";
  }
  return text;
}

std::string_view sql_type(BenchFieldType type) {
  if (type == BenchFieldType::text) return "TEXT";
  return type == BenchFieldType::real ? "REAL" : "INTEGER";
}

// The table is llama-bench's own, whatever the tests lack: its results can be put into the same one.
std::string sql_text(const std::vector<BenchRow>& rows) {
  std::vector<std::string> columns;
  std::vector<std::string> names;
  for (const BenchField& field : kBenchFields) {
    columns.push_back(fmt::format("  {} {}", field.name, sql_type(field.type)));
    names.emplace_back(field.name);
  }
  std::string text =
      fmt::format("CREATE TABLE IF NOT EXISTS llama_bench (\n{}\n);\n\n", base::join(columns, ",\n"));
  for (const BenchRow& row : rows) {
    std::vector<std::string> values;
    for (const BenchField& field : kBenchFields) {
      const auto value = value_of(row, field);
      values.push_back(value ? fmt::format("'{}'", base::replace_all(one_line(*value), "'", "''")) : "NULL");
    }
    text += fmt::format("INSERT INTO llama_bench ({}) VALUES ({});\n", base::join(names, ", "),
                        base::join(values, ", "));
  }
  return text;
}

// A column of its Markdown table.
struct MarkdownColumn {
  std::string head;
  int width = 0;  // to the right; negative: to the left
  std::function<std::string(const BenchRow&)> text;
};

std::string size_text(const BenchRow& row) {
  const auto bytes = row.number("model_size");
  if (!bytes) return "";
  const double mib = *bytes / kKibi / kKibi;
  return mib < kKibi ? fmt::format("{:.2f} MiB", mib) : fmt::format("{:.2f} GiB", mib / kKibi);
}

std::string parameters_text(const BenchRow& row) {
  const auto count = row.number("model_n_params");
  if (!count) return "";
  return *count < 1e9 ? fmt::format("{:.2f} M", *count / 1e6) : fmt::format("{:.2f} B", *count / 1e9);
}

std::string test_text(const BenchRow& row) {
  const std::int64_t prompt = row.integer("n_prompt").value_or(0);
  const std::int64_t generated = row.integer("n_gen").value_or(0);
  const std::int64_t depth = row.integer("n_depth").value_or(0);
  std::string text = prompt > 0 && generated > 0 ? fmt::format("pp{}+tg{}", prompt, generated)
                     : prompt > 0                ? fmt::format("pp{}", prompt)
                                                 : fmt::format("tg{}", generated);
  return depth > 0 ? text + fmt::format(" @ d{}", depth) : text;
}

std::string rate_text(const BenchRow& row) {
  const auto average = row.number("avg_ts");
  const auto deviation = row.number("stddev_ts");
  if (!average) return "";
  return deviation ? fmt::format("{:.2f} ± {:.2f}", *average, *deviation) : fmt::format("{:.2f}", *average);
}

bool varies(const std::vector<BenchRow>& rows, const char* field) {
  std::set<std::string> values;
  for (const BenchRow& row : rows) values.insert(row.text(field));
  return values.size() > 1;
}

// What is in every table of llama-bench's, and what varies; the file where one type has several.
std::vector<MarkdownColumn> markdown_columns(const std::vector<BenchRow>& rows) {
  struct Varying {
    const char* field;
    const char* head;
    int width;
  };
  constexpr Varying kVarying[] = {
      {"cpu_info", "cpu", -10},  {"gpu_info", "gpu", -10},      {"n_gpu_layers", "ngl", 3},
      {"n_batch", "n_batch", 7}, {"n_ubatch", "n_ubatch", 8},   {"type_k", "type_k", 6},
      {"type_v", "type_v", 6},   {"flash_attn", "fa", 3},       {"load_mode", "lm", 10},
      {"repack", "rpk", 3},      {"build_commit", "build", -10}};
  const auto field = [](const char* name) { return [name](const BenchRow& row) { return row.text(name); }; };
  std::vector<MarkdownColumn> columns{{"model", -30, field("model_type")},
                                      {"size", 10, size_text},
                                      {"params", 10, parameters_text},
                                      {"backend", -10, field("backends")}};
  if (varies(rows, "model_filename"))
    columns.insert(columns.begin(), MarkdownColumn{"file", -30, field("model_filename")});
  for (const Varying& one : kVarying) {
    if (varies(rows, one.field)) columns.push_back({one.head, one.width, field(one.field)});
  }
  columns.push_back({"threads", 7, field("n_threads")});
  columns.push_back({"test", 15, test_text});
  columns.push_back({"t/s", 20, rate_text});
  return columns;
}

std::string padded(const std::string& text, int width) {
  const auto wanted = static_cast<std::size_t>(std::abs(width));
  const std::size_t taken = base::display_width(text);
  const std::string blanks(taken < wanted ? wanted - taken : 0, ' ');
  return width < 0 ? text + blanks : blanks + text;
}

std::string markdown_text(const std::vector<BenchRow>& rows) {
  const std::vector<MarkdownColumn> columns = markdown_columns(rows);
  std::string text = "|";
  for (const MarkdownColumn& column : columns)
    text += fmt::format(" {} |", padded(column.head, column.width));
  text += "\n|";
  for (const MarkdownColumn& column : columns)
    text += fmt::format(" {}{} |", std::string(static_cast<std::size_t>(std::abs(column.width)) - 1, '-'),
                        column.width > 0 ? ":" : "-");
  text += "\n";
  std::set<std::string> builds;
  for (const BenchRow& row : rows) {
    text += "|";
    for (const MarkdownColumn& column : columns)
      text += fmt::format(" {} |", padded(table::markdown_escaped(column.text(row)), column.width));
    text += "\n";
    const std::string number = row.text("build_number");
    builds.insert(row.text("build_commit") + (number.empty() ? "" : fmt::format(" ({})", number)));
  }
  const std::vector<std::string> names(builds.begin(), builds.end());
  return text + fmt::format("\nbuild: {}\n", table::markdown_escaped(base::join(names, ", ")));
}

}  // namespace

base::Result<BenchForm> bench_form_from(std::string_view text) {
  const auto found = std::ranges::find(kForms, text, &std::pair<std::string_view, BenchForm>::first);
  if (found != std::end(kForms)) return found->second;
  return base::fail(base::ErrorKind::usage,
                    fmt::format("llama-bench has no form '{}'", base::printable(std::string(text))),
                    "its forms are json, jsonl, csv, sql and md");
}

std::string bench_text(const std::vector<BenchRow>& rows, BenchForm form) {
  switch (form) {
    case BenchForm::json:
      return json_text(rows, fields_of(rows));
    case BenchForm::jsonl:
      return jsonl_text(rows, fields_of(rows));
    case BenchForm::csv:
      return csv_text(rows, fields_of(rows));
    case BenchForm::sql:
      return sql_text(rows);
    case BenchForm::md:
      return markdown_text(rows);
  }
  return {};
}

}  // namespace bantam::exchange
