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
#include "exchange/llama_bench_form.hpp"
#include "exchange/llama_bench_read.hpp"
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
  BenchRow row;
  Json json;              // as it was read
  std::size_t place = 0;  // among the tests of the file
  std::string model;
  std::string precision;
  bool is_prompt = false;
  std::int64_t tokens = 0;
  double rate = 0.0;
  std::optional<std::int64_t> samples;  // behind the rate; absent where the file has none

  std::string axis(const char* name) const { return row.text(name); }
};

// Those that are rates.
std::vector<double> rates_in(const BenchRow& row) {
  std::vector<double> rates;
  for (const std::string& text : row.samples_ts) {
    const auto rate = base::parse_number(text);
    if (rate && std::isfinite(*rate) && *rate > 0.0) rates.push_back(*rate);
  }
  return rates;
}

tl::expected<Test, std::string> test_from(const BenchTest& read) {
  const BenchRow& row = read.row;
  Test test;
  test.row = row;
  test.json = read.json;
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
  const std::vector<double> rates = rates_in(row);
  if (rates.empty() && (!average || !std::isfinite(*average) || *average <= 0.0))
    return tl::unexpected(std::string("its rate is no positive number"));
  test.rate = rates.empty() ? *average : *stats::median(rates);
  if (!rates.empty()) test.samples = std::ssize(rates);
  return test;
}

class Reader {
 public:
  Reader(std::string name, std::string sha256, const std::optional<std::string>& device)
      : name_(std::move(name)), sha256_(std::move(sha256)), device_(device) {}

  Result<ImportedRecords> run(BenchTests read) {
    notes_ = std::move(read.notes);
    for (std::size_t i = 0; i < read.tests.size(); ++i) {
      auto test = test_from(read.tests[i]);
      if (!test) {
        notes_.push_back(fmt::format("test {} is left out: {}", i + 1, test.error()));
        continue;
      }
      test->place = i;
      tests_.push_back(*std::move(test));
    }
    if (tests_.empty())
      return base::fail(base::ErrorKind::bad_input, name_ + " holds no test that can be used",
                        notes_.empty() ? "run llama-bench with -p or -n" : notes_.front());
    name_models();
    note_values();
    for (const Test& test : tests_) add(test);
    ImportedRecords imported;
    for (auto& [place, record] : found_) {
      keep_tests(place, record);
      imported.records.push_back(std::move(record));
    }
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
    kept_[place][metric] = &test;
    record.metrics[metric] = {test.rate, std::nullopt, std::nullopt, test.samples};
    record.settings["performance"][test.is_prompt ? "n_prompt" : "n_gen"] = test.tokens;
    record.finished_at = std::max(record.finished_at, time);
  }

  // The tests that the record is of, as the file has them, so that an export writes them again; and what
  // their figures are not.
  void keep_tests(const Place& place, Record& record) const {
    record::Imported origin = *record::imported(record);
    Json& tests = origin.content[kKeptTests] = Json::array();
    for (const auto& [metric, test] : kept_.at(place)) {
      tests.push_back({{kKeptPlace, test->place}, {kKeptTest, test->json}});
      const std::int64_t processes = base::integer_at(test->row.more, kBenchProcesses).value_or(1);
      origin.caveats[metric] =
          processes > 1 ? fmt::format("is the median over all repetitions of {} processes", processes)
                        : "is of one process, which says little of what another would have measured";
    }
    record::set_imported(record, origin);
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
    record::Imported origin{std::string(kLlamaBenchTool), name_, sha256_, Json::object(), {}};
    for (const auto& [name, text] : test.row.fields) origin.content[name] = text;
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
  std::map<Place, std::map<std::string, const Test*>> kept_;    // by metric: the tests that count
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
  TRY_ASSIGN(BenchTests tests, read_bench_tests(text, name));
  return Reader(name, base::sha256(text), device).run(std::move(tests));
}

}  // namespace bantam::exchange
