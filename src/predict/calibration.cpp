#include "predict/calibration.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "base/clock.hpp"
#include "base/files.hpp"
#include "base/text.hpp"
#include "base/units.hpp"
#include "device/facts.hpp"
#include "engine/llama/self_test.hpp"
#include "gguf/types.hpp"
#include "measure/disk_read.hpp"
#include "predict/peaks.hpp"
#include "run/kernels.hpp"

namespace bantam::predict {
namespace {

using base::Result;

constexpr auto kTypes =
    std::to_array<const char*>({"f16", "q8_0", "q6_K", "q5_K", "q4_K", "q4_0", "q3_K", "q2_K"});
constexpr const char* kBuffer = "CPU";
constexpr std::int64_t kSmallSpanBytes = std::int64_t{16} << 20;
// Heads of common models of one to eight thousand million weights.
constexpr std::int64_t kHeads = 32;
constexpr std::int64_t kKvHeads = 8;
constexpr auto kHeadSizes = std::to_array<std::int64_t>({64, 128});
constexpr auto kCacheTypes = std::to_array<const char*>({"f16", "q8_0"});
constexpr auto kColumns = std::to_array<std::int64_t>({1, kManyColumns});

// A weight type in the memory that holds it.
struct TypeInBuffer {
  const char* type = "";
  std::string buffer;
};

// As they lie in a file, and rearranged where the engine does that and its kernels work.
Result<std::vector<TypeInBuffer>> types_to_measure(const run::Machine& machine) {
  TRY_ASSIGN(const run::KernelVerdicts verdicts,
             run::probe_kernels(machine.engine_identity + machine.cpu_identity));
  std::vector<TypeInBuffer> all;
  for (const char* type : kTypes) {
    const auto verdict = verdicts.by_type().find(type);
    const bool is_known = verdict != verdicts.by_type().end();
    if (!is_known || verdict->second.plain) all.push_back({type, kBuffer});
    if (is_known && !verdict->second.fast) continue;
    if (auto buffer = engine::rearranging_buffer(type)) all.push_back({type, *std::move(buffer)});
  }
  return all;
}

engine::Peaks wanted_rates(const std::vector<TypeInBuffer>& types, std::int64_t span_bytes) {
  engine::Peaks wanted;
  for (const TypeInBuffer& one : types) {
    wanted.matrices.push_back({one.type, one.buffer, 1, span_bytes, 0.0});
    wanted.matrices.push_back({one.type, one.buffer, kManyColumns, kSmallSpanBytes, 0.0});
  }
  for (const char* type : kCacheTypes) {
    for (const std::int64_t head_size : kHeadSizes) {
      for (const std::int64_t columns : kColumns)
        wanted.attentions.push_back({type, type, head_size, head_size, kHeads, kKvHeads, columns, 1, 0.0});
    }
  }
  return wanted;
}

std::optional<double> rate_in(const engine::Peaks& peaks, const TypeInBuffer& one, std::int64_t columns) {
  for (const engine::MatrixRate& rate : peaks.matrices) {
    if (rate.type == one.type && rate.buffer == one.buffer && rate.columns == columns &&
        rate.bytes_per_s > 0.0)
      return rate.bytes_per_s;
  }
  return std::nullopt;
}

TypeRate type_rate(const engine::Peaks& peaks, const TypeInBuffer& one) {
  TypeRate rate;
  rate.type = one.type;
  rate.rearranged = one.buffer != kBuffer;
  rate.weight_bytes_per_s = rate_in(peaks, one, 1);
  const auto type = gguf::tensor_type(std::string_view(one.type));
  if (!type) return rate;
  const auto elements = static_cast<double>(type->block_elements);
  const auto bytes = static_cast<double>(type->block_bytes);
  rate.bits_per_weight = 8.0 * bytes / elements;
  if (const auto bytes_per_s = rate_in(peaks, one, kManyColumns))
    rate.operations_per_s = 2.0 * elements / bytes * *bytes_per_s * static_cast<double>(kManyColumns);
  return rate;
}

// Those of `wanted` that were measured.
std::vector<AttentionFigure> attention_figures(const engine::Peaks& peaks, const engine::Peaks& wanted) {
  std::vector<AttentionFigure> figures;
  for (const engine::AttentionRate& asked : wanted.attentions) {
    for (const engine::AttentionRate& rate : peaks.attentions) {
      const bool is_it = rate.type_k == asked.type_k && rate.type_v == asked.type_v &&
                         rate.head_size_k == asked.head_size_k && rate.head_size_v == asked.head_size_v &&
                         rate.heads == asked.heads && rate.kv_heads == asked.kv_heads &&
                         rate.columns == asked.columns && rate.streams == asked.streams;
      if (!is_it || !(rate.cells_per_s > 0.0)) continue;
      const auto operations =
          2 * (rate.head_size_k + rate.head_size_v) * rate.heads * rate.columns * rate.streams;
      figures.push_back(
          {rate.type_k, rate.head_size_k, rate.columns, rate.cells_per_s * static_cast<double>(operations)});
    }
  }
  return figures;
}

void keep_new(std::vector<std::string> warnings, std::vector<std::string>& all) {
  for (std::string& warning : warnings) {
    if (std::ranges::find(all, warning) == all.end()) all.push_back(std::move(warning));
  }
}

// All but the rates.
DeviceRates describe(const run::Machine& machine) {
  const device::Facts facts = device::read_facts(".");
  DeviceRates rates;
  rates.cpu = facts.cpu.model.value_or(facts.cpu.architecture);
  rates.memory_bytes = facts.memory.total_bytes;
  rates.physical_cores = machine.physical_cores;
  rates.name = fmt::format("{}, {} core{}", facts.system.board.value_or(*rates.cpu), rates.physical_cores,
                           rates.physical_cores == 1 ? "" : "s");
  if (rates.memory_bytes) rates.name += ", " + base::format_bytes(static_cast<double>(*rates.memory_bytes));
  rates.measured = true;
  rates.measured_at = base::utc_timestamp();
  rates.source = fmt::format("bantam {}: bantam device --calibrate", BANTAM_VERSION);
  rates.engine = machine.engine_identity;
  std::vector<std::string> kernels;
  for (const base::Json& feature : base::child_at(machine.engine, "cpu_features")) {
    if (feature.is_string()) kernels.push_back(feature.get<std::string>());
  }
  if (!kernels.empty()) rates.kernels = base::join(kernels, " ");
  return rates;
}

}  // namespace

Result<DeviceRates> calibrate(const run::Machine& machine,
                              const std::function<void(const std::string&)>& on_phase) {
  DeviceRates all = describe(machine);
  TRY_ASSIGN(const auto types, types_to_measure(machine));
  for (int threads = 1; threads <= machine.physical_cores; ++threads) {
    PeaksRequest request = peaks_request(machine, threads);
    request.again = true;
    const bool is_last = threads == machine.physical_cores;
    if (is_last) request.wanted = wanted_rates(types, request.span_limit_bytes);
    TRY_ASSIGN(MeasuredPeaks measured, find_peaks(request, on_phase));
    all.threads.push_back({threads, measured.peaks.read_bytes_per_s, measured.peaks.operation_s});
    keep_new(std::move(measured.warnings), all.warnings);
    if (!is_last) continue;
    for (const TypeInBuffer& one : types) all.types.push_back(type_rate(measured.peaks, one));
    all.attention = attention_figures(measured.peaks, request.wanted);
    all.span_bytes = request.span_limit_bytes;
  }
  on_phase("the disk");
  TRY_ASSIGN(const auto folder, base::cache_folder());
  if (const auto disk = measure::measure_disk_read(folder))
    all.disk_bytes_per_s = disk->bytes_per_s;
  else
    all.warnings.push_back(disk.error().message);
  return all;
}

}  // namespace bantam::predict
