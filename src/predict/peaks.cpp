#include "predict/peaks.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <bit>

#include "base/files.hpp"
#include "base/hash.hpp"
#include "device/facts.hpp"
#include "job/job.hpp"
#include "job/process.hpp"
#include "predict/speed.hpp"

namespace bantam::predict {
namespace {

using base::Json;
using base::Result;

// Changes when a rate of the same name would come out differently.
constexpr int kPeaksVersion = 2;

engine::Peaks read_cache(const std::filesystem::path& path) {
  const auto text = base::read_file(path);
  if (!text) return {};
  const auto json = base::parse_json(*text, path.string());
  if (!json) return {};
  return engine::peaks_from(*json).value_or(engine::Peaks{});
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

Result<MeasuredPeaks> find_peaks(const PeaksRequest& request,
                                 const std::function<void(const std::string&)>& on_phase) {
  TRY_ASSIGN(const auto cache, base::cache_folder());
  const std::string key = fmt::format("peaks {} {} {}", kPeaksVersion, request.identity, request.threads);
  const auto path = cache / "peaks" / (base::sha256(key).substr(0, 32) + ".json");
  MeasuredPeaks result;
  if (!request.again) result.peaks = read_cache(path);
  result.peaks.span_limit_bytes = request.span_limit_bytes;
  job::PeaksJob job;
  job.wanted = without(request.wanted, result.peaks);
  job.machine = result.peaks.read_bytes_per_s <= 0.0 || result.peaks.operation_s <= 0.0;
  job.threads = request.threads;
  if (!job.machine && job.wanted.matrices.empty() && job.wanted.attentions.empty()) return result;

  std::string current;
  bool busy = false;
  const auto on_message = [&](const Json& message) -> base::Status {
    const std::string type = base::string_at(message, "type").value_or("");
    if (type == job::message::kTrying) {
      current = base::string_at(message, "name").value_or("");
      on_phase(current);
    } else if (type == job::message::kRate) {
      TRY_ASSIGN(const engine::Peaks rates, engine::peaks_from(base::child_at(message, "peaks")));
      merge(result.peaks, rates);
      ++result.measured;
    } else if (type == job::message::kWarning) {
      busy = true;
      result.warnings.push_back(base::string_at(message, "text").value_or(""));
    }
    return {};
  };
  job::WorkerOptions options;
  options.hang_timeout_s = 120.0;
  options.busy_is_alive = true;  // one rate may take long where others compute too
  options.kill_on_interrupt = true;
  const job::WorkerEnd end = job::run_worker(to_json(job), options, nullptr, on_message);
  if (!end.result) {
    const std::string reason = end.signal ? *end.signal : end.error ? end.error->message : "it ended early";
    result.warnings.push_back(fmt::format("measuring {} failed: {}", current, reason));
  }
  if (!busy) TRY(base::write_file_atomically(path, base::to_text(engine::to_json(result.peaks), 1)));
  return result;
}

}  // namespace bantam::predict
