#pragma once
// How llama-bench (llama.cpp, ggml 0.25) writes its tests: the fields, their order and types, and the names
// of file types. Knows nothing of records.

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.hpp"
#include "base/text.hpp"

namespace bantam::exchange {

enum class BenchFieldType { text, flag, whole, real };
struct BenchField {
  std::string_view name;
  BenchFieldType type = BenchFieldType::text;
};
// In llama-bench's order, which is the same in all its forms.
inline constexpr auto kBenchFields = std::to_array<BenchField>({
    {"build_commit"},
    {"build_number", BenchFieldType::whole},
    {"cpu_info"},
    {"gpu_info"},
    {"backends"},
    {"model_filename"},
    {"model_type"},
    {"model_size", BenchFieldType::whole},
    {"model_n_params", BenchFieldType::whole},
    {"n_batch", BenchFieldType::whole},
    {"n_ubatch", BenchFieldType::whole},
    {"n_threads", BenchFieldType::whole},
    {"cpu_mask"},
    {"cpu_strict", BenchFieldType::flag},
    {"poll", BenchFieldType::whole},
    {"type_k"},
    {"type_v"},
    {"n_gpu_layers", BenchFieldType::whole},
    {"n_cpu_moe", BenchFieldType::whole},
    {"split_mode"},
    {"main_gpu", BenchFieldType::whole},
    {"no_kv_offload", BenchFieldType::flag},
    {"flash_attn", BenchFieldType::whole},
    {"devices"},
    {"tensor_split"},
    {"tensor_buft_overrides"},
    {"load_mode"},
    {"lazy_mode"},
    {"embeddings", BenchFieldType::flag},
    {"no_op_offload", BenchFieldType::whole},
    {"no_host", BenchFieldType::flag},
    {"repack", BenchFieldType::flag},
    {"fit_target", BenchFieldType::whole},
    {"fit_min_ctx", BenchFieldType::whole},
    {"n_prompt", BenchFieldType::whole},
    {"n_gen", BenchFieldType::whole},
    {"n_depth", BenchFieldType::whole},
    {"test_time"},
    {"avg_ns", BenchFieldType::whole},
    {"stddev_ns", BenchFieldType::whole},
    {"avg_ts", BenchFieldType::real},
    {"stddev_ts", BenchFieldType::real},
});

// Further members of its JSON.
inline constexpr const char* kSamplesNs = "samples_ns";
inline constexpr const char* kSamplesTs = "samples_ts";
// A member of ours, in JSON alone: how many processes the samples are of, where it is not one.
inline constexpr const char* kBenchProcesses = "bantam_processes";

// A test.
struct BenchRow {
  std::map<std::string, std::string> fields;  // by name, as texts; what is not known is missing
  base::Json more = base::Json::object();     // members that are none of the fields, in JSON alone
  std::vector<std::string> samples_ns;        // numbers; empty where they are not known
  std::vector<std::string> samples_ts;

  std::string text(const std::string& name) const {
    const auto found = fields.find(name);
    return found == fields.end() ? std::string() : found->second;
  }
  std::optional<std::int64_t> integer(const std::string& name) const {
    return base::parse_integer(text(name));
  }
  std::optional<double> number(const std::string& name) const { return base::parse_number(text(name)); }
};

// Null when there is no such field.
const BenchField* find_bench_field(std::string_view name);

// Of an object with the fields as members, in any form. Absent for what is no object.
std::optional<BenchRow> bench_row(const base::Json& json);

// How llama.cpp describes a file of a type ("Q4_K_M") of an architecture: "llama ?B Q4_K - Medium". The size
// is '?': it is told by llama.cpp alone. Absent for a type that is not known.
std::optional<std::string> model_type(std::string_view architecture, std::string_view file_type);

}  // namespace bantam::exchange
