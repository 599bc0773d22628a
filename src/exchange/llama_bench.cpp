#include "exchange/llama_bench.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <tuple>
#include <vector>

#include "base/files.hpp"
#include "base/hash.hpp"
#include "base/text.hpp"
#include "plan/plan.hpp"
#include "plan/precision.hpp"
#include "record/cell_kind.hpp"
#include "stats/order.hpp"

namespace bantam::exchange {
namespace {

using base::Json;
using base::Result;
using record::Record;

constexpr std::uint64_t kMostBytes = std::uint64_t{256} << 20;
constexpr const char* kTool = "llama-bench";

// A test: llama-bench's fields by their names, and its samples where the form has them.
struct Row {
  std::map<std::string, std::string> fields;
  std::vector<double> tokens_per_s;

  std::string text(const std::string& name) const {
    const auto found = fields.find(name);
    return found == fields.end() ? std::string() : found->second;
  }
  std::optional<std::int64_t> integer(const std::string& name) const {
    return base::parse_integer(text(name));
  }
  std::optional<double> number(const std::string& name) const { return base::parse_number(text(name)); }
};

std::string field_text(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_boolean()) return value.get<bool>() ? "1" : "0";
  return value.is_null() ? std::string() : value.dump();
}

std::optional<Row> row_from(const Json& json) {
  if (!json.is_object()) return std::nullopt;
  Row row;
  for (const auto& [name, value] : json.items()) {
    if (value.is_structured()) continue;
    row.fields[name] = field_text(value);
  }
  for (const Json& sample : base::child_at(json, "samples_ts")) {
    if (sample.is_number() && std::isfinite(sample.get<double>()) && sample.get<double>() > 0.0)
      row.tokens_per_s.push_back(sample.get<double>());
  }
  return row;
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
std::optional<Row> row_of_insert(std::string_view line) {
  const std::size_t open = line.find('(');
  const std::size_t close = line.find(')');
  const std::size_t values = line.find("VALUES (");
  const std::size_t end = line.rfind(')');
  if (open == std::string_view::npos || close == std::string_view::npos || values == std::string_view::npos ||
      end <= values + 8 || close < open)
    return std::nullopt;
  const auto names = quoted_fields(line.substr(open + 1, close - open - 1), '"');
  const auto fields = quoted_fields(line.substr(values + 8, end - values - 8), '\'');
  if (names.size() != fields.size()) return std::nullopt;
  Row row;
  for (std::size_t i = 0; i < names.size(); ++i) row.fields[names[i]] = fields[i];
  return row;
}

struct Rows {
  std::vector<Row> rows;
  std::vector<std::string> notes;

  void add(std::optional<Row> row, std::size_t place, const char* what) {
    if (row)
      rows.push_back(*std::move(row));
    else
      notes.push_back(fmt::format("{} {} is left out: it is no whole test", what, place));
  }
};

Rows rows_of_lines(const std::vector<std::string>& lines, bool is_sql) {
  Rows all;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const std::string_view line = base::trim(lines[i]);
    if (line.empty()) continue;
    if (is_sql) {
      if (line.starts_with("INSERT INTO")) all.add(row_of_insert(line), i + 1, "line");
      continue;
    }
    const auto json = base::parse_json(line, "line");
    all.add(json ? row_from(*json) : std::nullopt, i + 1, "line");
  }
  return all;
}

Rows rows_of_csv(const std::vector<std::string>& lines) {
  Rows all;
  const auto names = quoted_fields(base::trim(lines.front()), '"');
  for (std::size_t i = 1; i < lines.size(); ++i) {
    if (base::trim(lines[i]).empty()) continue;
    const auto fields = quoted_fields(base::trim(lines[i]), '"');
    std::optional<Row> row;
    if (fields.size() == names.size()) {
      row.emplace();
      for (std::size_t k = 0; k < names.size(); ++k) row->fields[names[k]] = fields[k];
    }
    all.add(std::move(row), i + 1, "line");
  }
  return all;
}

Result<Rows> read_rows(const std::string& text, const std::string& name) {
  const std::string_view begin = base::trim(text);
  if (begin.starts_with('[')) {
    TRY_ASSIGN(const Json json, base::parse_json(text, name));
    Rows all;
    for (std::size_t i = 0; i < json.size(); ++i) all.add(row_from(json[i]), i + 1, "test");
    return all;
  }
  const std::vector<std::string> lines = base::split(begin, '\n');
  if (begin.starts_with('{')) return rows_of_lines(lines, false);
  if (begin.starts_with("CREATE TABLE") || begin.starts_with("INSERT INTO"))
    return rows_of_lines(lines, true);
  if (begin.starts_with("build_commit,")) return rows_of_csv(lines);
  return base::fail(base::ErrorKind::bad_input, name + " is no result of llama-bench",
                    "give what llama-bench -o json, jsonl, csv or sql wrote");
}

// What may vary within a file, by llama-bench's name, and how it is called in a point.
constexpr std::pair<const char*, const char*> kAxes[] = {{"n_depth", "n-depth"},
                                                         {"n_threads", "threads"},
                                                         {"n_batch", "n-batch"},
                                                         {"n_ubatch", "n-ubatch"},
                                                         {"type_k", "cache-type-k"},
                                                         {"type_v", "cache-type-v"},
                                                         {"flash_attn", "flash-attn"},
                                                         {"n_gpu_layers", "n-gpu-layers"},
                                                         {"repack", "repack"},
                                                         {"n_cpu_moe", "n-cpu-moe"},
                                                         {"split_mode", "split-mode"},
                                                         {"main_gpu", "main-gpu"},
                                                         {"no_kv_offload", "no-kv-offload"},
                                                         {"devices", "devices"},
                                                         {"tensor_split", "tensor-split"},
                                                         {"tensor_buft_overrides", "override-tensor"},
                                                         {"load_mode", "load-mode"},
                                                         {"lazy_mode", "lazy-mode"},
                                                         {"no_op_offload", "no-op-offload"},
                                                         {"no_host", "no-host"},
                                                         {"embeddings", "embeddings"},
                                                         {"poll", "poll"},
                                                         {"cpu_mask", "cpu-mask"},
                                                         {"cpu_strict", "cpu-strict"},
                                                         {"build_commit", "build"}};

constexpr const char* kTokens = "tokens";  // of the test: an axis, too

// One test that can be used.
struct Test {
  Row row;
  std::string model;
  std::string precision;
  bool is_prompt = false;
  std::int64_t tokens = 0;
  double rate = 0.0;

  std::string axis(const char* name) const { return row.text(name); }
};

tl::expected<Test, std::string> test_from(const Row& row) {
  Test test;
  test.row = row;
  std::string name = row.text("model_filename");
  name = name.substr(name.find_last_of("/\\") + 1);
  if (name.ends_with(".gguf")) name.resize(name.size() - 5);
  if (name.empty()) return tl::unexpected(std::string("it names no model"));
  test.model = name;
  const auto type = file_type_in(row.text("model_type"));
  const auto precision = type ? plan::parse_precision(*type)
                              : base::Result<plan::Precision>(base::fail(base::ErrorKind::bad_input, ""));
  if (!precision)
    return tl::unexpected(
        fmt::format("its model type '{}' names no known precision", base::printable(row.text("model_type"))));
  test.precision = precision->name;
  const std::int64_t prompt = row.integer("n_prompt").value_or(-1);
  const std::int64_t generated = row.integer("n_gen").value_or(-1);
  if (prompt < 0 || generated < 0 || (prompt == 0 && generated == 0))
    return tl::unexpected(std::string("it tells no lengths"));
  if (prompt > 0 && generated > 0)
    return tl::unexpected(std::string("it times prompt and generation together"));
  test.is_prompt = prompt > 0;
  test.tokens = std::max(prompt, generated);
  const auto average = row.number("avg_ts");
  if (row.tokens_per_s.empty() && (!average || !std::isfinite(*average) || *average <= 0.0))
    return tl::unexpected(std::string("its rate is no positive number"));
  test.rate = row.tokens_per_s.empty() ? *average : *stats::median(row.tokens_per_s);
  return test;
}

class Reader {
 public:
  Reader(std::string name, std::string sha256, const std::optional<std::string>& device)
      : name_(std::move(name)), sha256_(std::move(sha256)), device_(device) {}

  Result<ImportedRecords> run(Rows rows) {
    notes_ = std::move(rows.notes);
    for (std::size_t i = 0; i < rows.rows.size(); ++i) {
      auto test = test_from(rows.rows[i]);
      if (test)
        tests_.push_back(*std::move(test));
      else
        notes_.push_back(fmt::format("test {} is left out: {}", i + 1, test.error()));
    }
    if (tests_.empty())
      return base::fail(base::ErrorKind::bad_input, name_ + " holds no test that can be used",
                        notes_.empty() ? "run llama-bench with -p or -n" : notes_.front());
    name_models();
    note_values();
    for (const Test& test : tests_) add(test);
    ImportedRecords imported;
    for (auto& [place, record] : found_) imported.records.push_back(std::move(record));
    imported.notes = std::move(notes_);
    return imported;
  }

 private:
  using Place =
      std::tuple<std::string, std::string, std::string, std::string>;    // machine, model, precision, point
  using Kind = std::tuple<std::string, std::string, std::string, bool>;  // machine, model, precision, prompt

  // Two files of one name are two models.
  void name_models() {
    std::map<std::string, std::set<std::string>> files;
    for (const Test& test : tests_) files[test.model].insert(test.row.text("model_filename"));
    for (Test& test : tests_) {
      if (files[test.model].size() > 1) test.model = test.row.text("model_filename");
    }
  }

  Kind kind(const Test& test) const { return {device_of(test), test.model, test.precision, test.is_prompt}; }

  // The values that each axis has among the tests of a kind.
  void note_values() {
    for (const Test& test : tests_) {
      auto& values = values_[kind(test)];
      values[kTokens].insert(std::to_string(test.tokens));
      for (const auto& [field, axis] : kAxes) values[field].insert(test.axis(field));
    }
  }

  std::string point(const Test& test) const {
    std::string text;
    const auto& values = values_.at(kind(test));
    const auto add = [&](const char* field, std::string_view name, std::string_view value) {
      if (values.at(field).size() > 1) text += fmt::format("{}{}={}", text.empty() ? "" : " ", name, value);
    };
    add(kTokens, test.is_prompt ? "n-prompt" : "n-gen", std::to_string(test.tokens));
    for (const auto& [field, axis] : kAxes) add(field, axis, test.axis(field));
    return text;
  }

  std::string device_of(const Test& test) const {
    if (device_) return *device_;
    const std::string gpu = test.row.text("gpu_info");
    return test.row.text("cpu_info") + (gpu.empty() ? "" : ", " + gpu);
  }

  void add(const Test& test) {
    const std::string point_text = point(test);
    const Place place{device_of(test), test.model, test.precision, point_text};
    auto found = found_.find(place);
    if (found == found_.end()) found = found_.emplace(place, begin(test, point_text)).first;
    Record& record = found->second;
    const std::string metric = test.is_prompt ? "pp_tokens_per_s" : "tg_tokens_per_s";
    const std::string time = utc_from(test.row.text("test_time"));
    std::string& known_time = times_[{place, metric}];
    if (!known_time.empty()) {
      notes_.push_back(fmt::format("{} {} {} has several {} tests: the newer counts", test.model,
                                   test.precision, point_text, test.is_prompt ? "prompt" : "generation"));
      if (time < known_time) return;
    }
    known_time = time;
    record::Value value{test.rate, std::nullopt, std::nullopt, std::nullopt};
    if (!test.row.tokens_per_s.empty()) value.n = std::ssize(test.row.tokens_per_s);
    record.metrics[metric] = value;
    record.settings["performance"][test.is_prompt ? "n_prompt" : "n_gen"] = test.tokens;
    record.finished_at = std::max(record.finished_at, time);
  }

  // As plan::EngineSettings are kept, of what the file tells.
  static Json engine_settings(const Test& test) {
    Json engine = Json::object();
    constexpr std::pair<const char*, const char*> kNumbers[] = {{"n_threads", "threads"},
                                                                {"n_batch", "n_batch"},
                                                                {"n_ubatch", "n_ubatch"},
                                                                {"n_gpu_layers", "n_gpu_layers"}};
    constexpr std::pair<const char*, const char*> kTypes[] = {{"type_k", "cache_type_k"},
                                                              {"type_v", "cache_type_v"}};
    for (const auto& [field, key] : kNumbers) {
      if (const auto value = test.row.integer(field)) engine[key] = *value;
    }
    for (const auto& [field, key] : kTypes) {
      if (!test.row.text(field).empty()) engine[key] = test.row.text(field);
    }
    const std::string flash = test.row.text("flash_attn");
    if (!flash.empty()) engine["flash_attn"] = flash == "1" ? "on" : flash == "0" ? "off" : "auto";
    const std::string repack = test.row.text("repack");
    if (!repack.empty()) engine["repack"] = repack == "1" || repack == "true";
    return engine;
  }

  Record begin(const Test& test, const std::string& point_text) const {
    record::Imported origin{kTool, name_, sha256_, Json::object(), {}};
    for (const auto& [name, text] : test.row.fields) origin.content[name] = text;
    for (const char* metric : {"pp_tokens_per_s", "tg_tokens_per_s"})
      origin.caveats[metric] = "is of one process, which says little of what another would have measured";
    Record record =
        imported_record(origin, test.model, test.row.text("model_filename"), test.precision,
                        std::string(record::name(record::CellKind::performance)) + " " + point_text,
                        device_of(test), utc_from(test.row.text("test_time")));
    record.task = record::name(record::CellKind::performance);
    record.point = point_text;
    record.settings["engine"] = engine_settings(test);
    record.settings["performance"] = {{"n_depth", test.row.integer("n_depth").value_or(0)}};
    const auto bytes = test.row.number("model_size");
    const auto parameters = test.row.number("model_n_params");
    const auto fact = [&record](const char* metric, double value) {
      record.metrics[metric] = {value, std::nullopt, std::nullopt, std::nullopt};
    };
    if (bytes && *bytes > 0.0) fact("weight_bytes", *bytes);
    if (parameters && *parameters > 0.0) fact("parameters", *parameters);
    if (bytes && parameters && *bytes > 0.0 && *parameters > 0.0)
      fact("bits_per_weight", 8.0 * *bytes / *parameters);
    return record;
  }

  std::string name_;
  std::string sha256_;
  std::optional<std::string> device_;
  std::vector<Test> tests_;
  std::map<Kind, std::map<std::string, std::set<std::string>>> values_;  // by axis
  std::map<Place, Record> found_;
  std::map<std::pair<Place, std::string>, std::string> times_;  // of each metric's test
  std::vector<std::string> notes_;
};

}  // namespace

std::optional<std::string> file_type_in(std::string_view model_type) {
  const std::string text = base::replace_all(std::string(model_type), " - ", "-");
  const auto words = base::split(text, ' ');
  for (std::size_t i = 1; i < words.size(); ++i) {  // the first is the architecture
    const auto dash = words[i].find('-');
    std::string type = words[i].substr(0, dash);
    if (type == "MXFP4") return "MXFP4_MOE";
    const bool is_quantized = type.find('_') != std::string::npos &&
                              (type.starts_with('Q') || type.starts_with("IQ") || type.starts_with("TQ"));
    if (type != "F32" && type != "F16" && type != "BF16" && !is_quantized) continue;
    if (type == "IQ3_S" && i + 1 < words.size() && words[i + 1].starts_with("mix")) return "IQ3_M";
    const std::string size = dash == std::string::npos ? "" : words[i].substr(dash + 1);
    if (size == "Small") type += "_S";
    if (size == "Medium" && type != "Q2_K") type += "_M";
    if (size == "Large") type += "_L";
    return type;
  }
  return std::nullopt;
}

Result<ImportedRecords> read_llama_bench(const std::filesystem::path& file,
                                         const std::optional<std::string>& device) {
  TRY_ASSIGN(const std::string text, base::read_file(file, kMostBytes));
  const std::string name = base::printable(file.filename().string());
  if (text.find('\0') != std::string::npos ||
      base::printable(text.substr(0, 4096)).find("\uFFFD") != std::string::npos)
    return base::fail(base::ErrorKind::bad_input, name + " is no text",
                      "give what llama-bench -o json wrote");
  TRY_ASSIGN(Rows rows, read_rows(text, name));
  return Reader(name, base::sha256(text), device).run(std::move(rows));
}

}  // namespace bantam::exchange
