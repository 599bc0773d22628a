#include "predict/calibration.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "base/files.hpp"
#include "gguf/types.hpp"
#include "measure/disk_read.hpp"
#include "predict/peaks.hpp"

namespace bantam::predict {
namespace {

using base::Json;
using base::Result;

constexpr auto kTypes =
    std::to_array<const char*>({"f16", "q8_0", "q6_K", "q5_K", "q4_K", "q4_0", "q3_K", "q2_K"});
constexpr const char* kBuffer = "CPU";
constexpr std::int64_t kManyColumns = 512;
constexpr std::int64_t kSmallSpanBytes = std::int64_t{16} << 20;

// The rates of all types, for a token and for a prompt.
engine::Peaks rates_of_types(std::int64_t span_bytes) {
  engine::Peaks wanted;
  for (const char* type : kTypes) {
    wanted.matrices.push_back({type, kBuffer, 1, span_bytes, 0.0});
    wanted.matrices.push_back({type, kBuffer, kManyColumns, kSmallSpanBytes, 0.0});
  }
  return wanted;
}

std::optional<double> rate_in(const engine::Peaks& peaks, std::string_view type, std::int64_t columns) {
  for (const engine::MatrixRate& rate : peaks.matrices) {
    if (rate.type == type && rate.buffer == kBuffer && rate.columns == columns && rate.bytes_per_s > 0.0)
      return rate.bytes_per_s;
  }
  return std::nullopt;
}

TypeRate type_rate(const engine::Peaks& peaks, const char* name) {
  TypeRate rate;
  rate.type = name;
  rate.weight_bytes_per_s = rate_in(peaks, name, 1);
  const auto type = gguf::tensor_type(std::string_view(name));
  if (!type) return rate;
  const double weights_per_byte =
      static_cast<double>(type->block_elements) / static_cast<double>(type->block_bytes);
  rate.bits_per_weight = 8.0 / weights_per_byte;
  if (const auto bytes_per_s = rate_in(peaks, name, kManyColumns))
    rate.operations_per_s = 2.0 * weights_per_byte * *bytes_per_s * static_cast<double>(kManyColumns);
  return rate;
}

void keep_new(std::vector<std::string> warnings, std::vector<std::string>& all) {
  for (std::string& warning : warnings) {
    if (std::ranges::find(all, warning) == all.end()) all.push_back(std::move(warning));
  }
}

}  // namespace

Result<Calibration> calibrate(const run::Machine& machine,
                              const std::function<void(const std::string&)>& on_phase) {
  Calibration all;
  for (int threads = 1; threads <= machine.physical_cores; ++threads) {
    PeaksRequest request = peaks_request(machine, threads);
    request.again = true;
    const bool is_last = threads == machine.physical_cores;
    if (is_last) request.wanted = rates_of_types(request.span_limit_bytes);
    TRY_ASSIGN(MeasuredPeaks measured, find_peaks(request, on_phase));
    all.threads.push_back({threads, measured.peaks.read_bytes_per_s, measured.peaks.operation_s});
    keep_new(std::move(measured.warnings), all.warnings);
    if (!is_last) continue;
    for (const char* type : kTypes) all.types.push_back(type_rate(measured.peaks, type));
  }
  on_phase("the disk");
  TRY_ASSIGN(const auto folder, base::cache_folder());
  if (const auto disk = measure::measure_disk_read(folder))
    all.disk_bytes_per_s = disk->bytes_per_s;
  else
    all.warnings.push_back(disk.error().message);
  return all;
}

Json to_json(const Calibration& calibration) {
  Json json{{"threads", Json::array()}, {"types", Json::array()}};
  for (const ThreadsRate& rate : calibration.threads) {
    Json one{{"threads", rate.threads}};
    base::set_if(one, "read_bytes_per_s", rate.read_bytes_per_s);
    base::set_if(one, "operation_s", rate.operation_s);
    json["threads"].push_back(std::move(one));
  }
  for (const TypeRate& rate : calibration.types) {
    Json one{{"type", rate.type}, {"bits_per_weight", rate.bits_per_weight}};
    base::set_if(one, "weight_bytes_per_s", rate.weight_bytes_per_s);
    base::set_if(one, "operations_per_s", rate.operations_per_s);
    json["types"].push_back(std::move(one));
  }
  base::set_if(json, "disk_bytes_per_s", calibration.disk_bytes_per_s);
  if (!calibration.warnings.empty()) json["warnings"] = calibration.warnings;
  return json;
}

}  // namespace bantam::predict
