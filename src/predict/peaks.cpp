#include "predict/peaks.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <bit>

#include "base/files.hpp"
#include "base/hash.hpp"
#include "device/facts.hpp"
#include "job/process.hpp"
#include "predict/speed.hpp"

namespace bantam::predict {
namespace {

using base::Json;
using base::Result;

// Changes when a rate of the same name would come out differently.
constexpr int kPeaksVersion = 3;

engine::Peaks read_cache(const std::filesystem::path& path) {
  const auto text = base::read_file(path);
  if (!text) return {};
  const auto json = base::parse_json(*text, path.string());
  if (!json) return {};
  return engine::peaks_from(*json).value_or(engine::Peaks{});
}

Result<std::filesystem::path> kept_file(const PeaksRequest& request) {
  TRY_ASSIGN(const auto cache, base::cache_folder());
  const std::string key = fmt::format("peaks {} {} {}", kPeaksVersion, request.identity, request.threads);
  return cache / "peaks" / (base::sha256(key).substr(0, 32) + ".json");
}

// Without the rates that would make every prediction with them tell nothing.
engine::Peaks steady(engine::Peaks peaks) {
  if (!is_steady(peaks.read_spread)) peaks.read_bytes_per_s.reset();
  if (!is_steady(peaks.operation_spread)) peaks.operation_s.reset();
  std::erase_if(peaks.matrices, [](const auto& rate) { return !is_steady(rate.spread); });
  std::erase_if(peaks.attentions, [](const auto& rate) { return !is_steady(rate.spread); });
  return peaks;
}

}  // namespace

std::int64_t span_limit_bytes() {
  constexpr std::int64_t kLeast = std::int64_t{64} << 20;
  constexpr std::int64_t kMost = std::int64_t{512}
                                 << 20;  // measured anew for each type: it must not take long
  std::int64_t cache = 0;
  for (const device::Cache& level : device::read_facts(".").cpu.caches) cache = std::max(cache, level.bytes);
  return static_cast<std::int64_t>(
      std::bit_ceil(static_cast<std::uint64_t>(std::clamp(4 * cache, kLeast, kMost))));
}

PeaksRequest peaks_request(const run::Machine& machine, int threads) {
  PeaksRequest request;
  request.identity = machine.device_identity + machine.engine_identity + machine.cpu_identity;
  request.threads = threads;
  request.span_limit_bytes = span_limit_bytes();
  return request;
}

Result<engine::Peaks> kept_peaks(const PeaksRequest& request) {
  TRY_ASSIGN(const auto path, kept_file(request));
  engine::Peaks peaks = read_cache(path);
  peaks.span_limit_bytes = request.span_limit_bytes;
  return peaks;
}

Result<MeasuredPeaks> find_peaks(const PeaksRequest& request,
                                 const std::function<void(const std::string&)>& on_phase) {
  TRY_ASSIGN(const auto path, kept_file(request));
  MeasuredPeaks result;
  // Rates that are not asked for stay as they are.
  result.peaks = request.again ? without(read_cache(path), request.wanted) : read_cache(path);
  result.peaks.span_limit_bytes = request.span_limit_bytes;
  job::PeaksJob job;
  job.wanted = without(request.wanted, result.peaks);
  job.machine = !result.peaks.read_bytes_per_s || !result.peaks.operation_s;
  job.threads = request.threads;
  if (!job.machine && job.wanted.matrices.empty() && job.wanted.attentions.empty()) return result;

  std::string current;
  bool busy = false;
  const auto on_message = job::MessageSink([&](const job::Message& message) -> base::Status {
    if (const auto* trying = std::get_if<job::Trying>(&message)) {
      current = trying->name;
      on_phase(current);
    } else if (const auto* rate = std::get_if<job::RateMeasured>(&message)) {
      merge(result.peaks, rate->rates);
    } else if (const auto* warning = std::get_if<job::Warning>(&message)) {
      busy = true;
      result.warnings.push_back(warning->text);
    }
    return {};
  });
  job::WorkerOptions options;
  options.hang_timeout_s = 120.0;
  options.busy_is_alive = true;  // one rate may take long where others compute too
  options.kill_on_interrupt = true;
  if (const auto answer = job::run_worker(job, options, nullptr, on_message); !answer) {
    result.warnings.push_back(fmt::format("measuring {} failed: {}", current,
                                          answer.error().signal.value_or(answer.error().message)));
  }
  if (!busy) TRY(base::write_file_atomically(path, base::to_text(engine::to_json(steady(result.peaks)), 1)));
  return result;
}

}  // namespace bantam::predict
