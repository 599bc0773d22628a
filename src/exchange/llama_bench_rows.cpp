#include "exchange/llama_bench_rows.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <string_view>
#include <utility>

#include "base/json.hpp"
#include "exchange/llama_bench.hpp"
#include "measure/figures.hpp"
#include "plan/plan.hpp"
#include "record/cell_kind.hpp"
#include "record/private_parts.hpp"
#include "record/scenario.hpp"
#include "record/sections.hpp"
#include "stats/means.hpp"

namespace bantam::exchange {
namespace {

using base::Json;
using base::Result;
using record::Record;

constexpr double kNsPerS = 1e9;

// What bantam leaves as it is: the engine's defaults, which are llama-bench's.
constexpr std::pair<const char*, const char*> kDefaults[] = {
    {"cpu_mask", "0x0"},    {"cpu_strict", "0"}, {"poll", "50"},           {"n_cpu_moe", "0"},
    {"no_kv_offload", "0"}, {"devices", "auto"}, {"tensor_split", "0.00"}, {"tensor_buft_overrides", "none"},
    {"lazy_mode", "auto"},  {"embeddings", "0"}, {"no_op_offload", "0"},   {"no_host", "0"},
    {"fit_target", "0"},    {"fit_min_ctx", "0"}};

std::string name_of(const Record& record) {
  return fmt::format("{} {}{}{}", record.model, record.precision, record.point.empty() ? "" : " ",
                     record.point);
}

bool is_gpu(const record::EngineFacts::Device& device) {
  return device.kind == "gpu" || device.kind == "integrated_gpu";
}

// "A CPU, another" of the devices that are GPUs, or are none.
std::string described(const record::EngineFacts& engine, bool gpus) {
  std::string text;
  for (const auto& device : engine.devices) {
    if (is_gpu(device) != gpus || device.description.empty()) continue;
    text += (text.empty() ? "" : ", ") + device.description;
  }
  return text;
}

// "CUDA" of "CUDA0"; CPU where there is no other.
std::string backends(const record::EngineFacts& engine) {
  std::string text;
  std::set<std::string> seen;
  for (const auto& device : engine.devices) {
    std::string name = device.name.substr(0, device.name.find_last_not_of("0123456789") + 1);
    if (device.kind == "cpu" || name.empty() || !seen.insert(name).second) continue;
    text += (text.empty() ? "" : ",") + name;
  }
  return text.empty() ? "CPU" : text;
}

// The samples of a test and what llama-bench tells of them.
void add_samples(const measure::Trials& trials, std::int64_t tokens, BenchRow& row) {
  std::vector<double> times;
  std::vector<double> rates;
  std::set<std::int64_t> processes;
  for (const record::Trial* trial : trials) {
    const double time = std::round(trial->wall_s * kNsPerS);
    if (!(time > 0.0)) continue;
    times.push_back(time);
    rates.push_back(kNsPerS * static_cast<double>(tokens) / time);
    row.samples_ns.push_back(fmt::format("{:.0f}", time));
    row.samples_ts.push_back(base::to_text(Json(rates.back())));
    processes.insert(trial->round.value_or(0));
  }
  if (times.empty()) return;
  const double mean_ns = *stats::mean(times);
  const double mean_ts = *stats::mean(rates);
  row.fields["avg_ns"] = fmt::format("{:.0f}", std::floor(mean_ns));
  row.fields["avg_ts"] = fmt::format("{:.6f}", mean_ts);
  if (const auto ns = stats::sample_sd(times))
    row.fields["stddev_ns"] = fmt::format("{:.0f}", std::floor(*ns));
  if (const auto ts = stats::sample_sd(rates)) row.fields["stddev_ts"] = fmt::format("{:.6f}", *ts);
  if (processes.size() > 1) row.more[kBenchProcesses] = processes.size();
}

class Maker {
 public:
  explicit Maker(const TrialSource& trials) : trials_(trials) {}

  Result<BenchRows> run(std::vector<Record> records) {
    record::leave_out_private_parts(records);
    for (const Record& record : records) {
      if (!record::row(record::cell_kind(record.task)).is_in_rounds) continue;
      const auto origin = record::imported(record);
      if (!origin) {
        TRY(add_measured(record));
      } else if (origin->tool == kLlamaBenchTool) {
        add_kept(record, *origin);
      } else {
        note(record, fmt::format("was measured by {}, otherwise than llama-bench does", origin->tool));
      }
    }
    put_kept();
    if (has_processes_)
      all_.notes.emplace_back(
          "samples are the repetitions of all rounds, each round in a process of its own; llama-bench's are "
          "of one "
          "process");
    return std::move(all_);
  }

 private:
  void note(const Record& record, const std::string& why) {
    all_.notes.push_back(fmt::format("{} is left out: it {}", name_of(record), why));
  }

  base::Status add_measured(const Record& record) {
    if (record.outcome != record::Outcome::ok) {
      note(record, fmt::format("has not ended well ({})", record::name(record.outcome)));
      return {};
    }
    const plan::CellSettings settings = plan::cell_settings_from(record.settings);
    const plan::PerformanceSettings speed = settings.performance.value_or(plan::PerformanceSettings{});
    const bool is_asked =
        record.metrics.contains("pp_tokens_per_s") || record.metrics.contains("tg_tokens_per_s");
    if (!is_asked) {
      note(record, "has no test of llama-bench (--n-prompt, --n-gen)");
      return {};
    }
    TRY_ASSIGN(const auto trials, trials_(record.cell_key, record.attempt));
    const auto common = fields_of(record, settings.engine, speed);
    if (!common) {
      note(record, common.error());
      return {};
    }
    const std::size_t before = all_.rows.size();
    add_test(measure::counted(trials, record::kPrompt), *common, "n_prompt");
    add_test(measure::counted(trials, record::kGeneration), *common, "n_gen");
    if (all_.rows.size() == before) note(record, "has none of its repetitions in the store");
    return {};
  }

  void add_test(const measure::Trials& trials, const BenchRow& common, const char* length) {
    if (trials.empty() || trials.front()->tokens <= 0) return;
    BenchRow row = common;
    row.fields[length] = std::to_string(trials.front()->tokens);
    add_samples(trials, trials.front()->tokens, row);
    if (row.samples_ns.empty()) return;
    has_processes_ = has_processes_ || row.more.contains(kBenchProcesses);
    all_.rows.push_back(std::move(row));
  }

  // What both tests have in common. A text why there is none, otherwise.
  tl::expected<BenchRow, std::string> fields_of(const Record& record, const plan::EngineSettings& settings,
                                                const plan::PerformanceSettings& speed) const {
    const record::EngineFacts engine = record::engine_facts(record);
    const record::ModelFacts model = record::model_facts(record);
    const auto type = model_type(model.architecture.value_or("?"), model.file_type.value_or(""));
    if (!type)
      return tl::unexpected(fmt::format("is of a file type that llama-bench does not name ({})",
                                        model.file_type.value_or("none")));
    BenchRow row;
    auto& fields = row.fields;
    for (const auto& [name, value] : kDefaults) fields[name] = value;
    fields["build_commit"] = engine.commit.value_or(engine.version.value_or("unknown"));
    const std::string cpus = described(engine, false);
    fields["cpu_info"] = cpus.empty() ? record::machine_facts(record).cpu_model.value_or("") : cpus;
    fields["gpu_info"] = described(engine, true);
    fields["backends"] = backends(engine);
    const std::string& name = record.model;
    fields["model_filename"] = name.ends_with(".gguf") ? name : name + ".gguf";
    fields["model_type"] = *type;
    add_size(record, "weight_bytes", "model_size", fields);
    add_size(record, "parameters", "model_n_params", fields);
    add_engine(settings, engine, fields);
    fields["n_prompt"] = fields["n_gen"] = "0";
    fields["n_depth"] = std::to_string(speed.n_depth.value_or(0));
    fields["test_time"] = record.finished_at;
    return row;
  }

  static void add_size(const Record& record, const char* metric, const char* field,
                       std::map<std::string, std::string>& fields) {
    const auto found = record.metrics.find(metric);
    if (found != record.metrics.end()) fields[field] = fmt::format("{:.0f}", found->second.value);
  }

  static void add_engine(const plan::EngineSettings& settings, const record::EngineFacts& engine,
                         std::map<std::string, std::string>& fields) {
    fields["n_batch"] = std::to_string(settings.n_batch);
    fields["n_ubatch"] = std::to_string(settings.n_ubatch);
    if (engine.threads)
      fields["n_threads"] = std::to_string(*engine.threads);
    else if (settings.threads)
      fields["n_threads"] = std::to_string(*settings.threads);
    fields["type_k"] = settings.cache_type_k;
    fields["type_v"] = settings.cache_type_v;
    fields["n_gpu_layers"] = std::to_string(settings.n_gpu_layers.value_or(-1));
    fields["split_mode"] = settings.gpu_index ? "none" : "layer";
    fields["main_gpu"] = std::to_string(settings.gpu_index.value_or(0));
    const int flash_attn = settings.flash_attn == "on" ? 1 : settings.flash_attn == "off" ? 0 : -1;
    fields["flash_attn"] = std::to_string(flash_attn);
    fields["load_mode"] = engine.load_mode.value_or("mmap");
    fields["repack"] = settings.repack ? "1" : "0";
  }

  void add_kept(const Record& record, const record::Imported& origin) {
    const Json& tests = base::child_at(origin.content, kKeptTests);
    if (!tests.is_array() || tests.empty())
      return note(
          record,
          "was imported by an earlier version, which kept no tests: import the file into a new store");
    for (const Json& one : tests) {
      auto row = bench_row(base::child_at(one, kKeptTest));
      if (row) kept_[origin.sha256].emplace(base::integer_at(one, kKeptPlace).value_or(0), *std::move(row));
    }
    if (std::ranges::find(files_, origin.sha256) == files_.end()) files_.push_back(origin.sha256);
  }

  void put_kept() {
    for (const std::string& file : files_) {
      for (auto& [place, row] : kept_[file]) all_.rows.push_back(std::move(row));
    }
  }

  const TrialSource& trials_;
  BenchRows all_;
  bool has_processes_ = false;
  std::vector<std::string> files_;                                     // that tests were read from
  std::map<std::string, std::multimap<std::int64_t, BenchRow>> kept_;  // by file: tests by place
};

}  // namespace

Result<BenchRows> bench_rows(const std::vector<Record>& records, const TrialSource& trials) {
  return Maker(trials).run(records);
}

Result<ExportedFiles> write_llama_bench(const std::filesystem::path& path, BenchForm form,
                                        const std::vector<Record>& records, const TrialSource& trials,
                                        Existing existing) {
  TRY_ASSIGN(BenchRows all, bench_rows(records, trials));
  if (all.rows.empty())
    return base::fail(
        base::ErrorKind::bad_input, "the store holds no test of llama-bench",
        all.notes.empty() ? "run `bantam run` with --n-prompt 512 --n-gen 128" : all.notes.front());
  ExportedFiles files;
  files.notes = std::move(all.notes);
  TRY(write_export(path, bench_text(all.rows, form), existing, files));
  return files;
}

}  // namespace bantam::exchange
