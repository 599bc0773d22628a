// A model opened and asked as a performance cell does it, to see how it gets on in the memory that there is.
#include "worker/memory_probe.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <set>
#include <string>

#include "base/clock.hpp"
#include "engine/llama/engine.hpp"
#include "measure/counters.hpp"
#include "measure/used_pages.hpp"
#include "measure/validity.hpp"
#include "measure/workload.hpp"

namespace bantam::worker {
namespace {

using base::Result;
using base::Status;

// Keeps what the requests that count tell; before the first of them the kernel begins to note used pages.
class WatchMemory final : public measure::TrialSink {
 public:
  explicit WatchMemory(std::optional<double> longest_s) : longest_s_(longest_s) {}

  Status on_counting(const std::string&) override {
    noted_ = measure::forget_used_pages();
    return {};
  }
  Status on_trial(const record::Trial& trial) override {
    if (longest_s_ && trial.wall_s > *longest_s_) {
      return base::fail(base::ErrorKind::worker, fmt::format("a request took {:.3g} s", trial.wall_s));
    }
    if (trial.warmup) return {};
    request_s_ = std::min(request_s_, trial.wall_s);
    const auto faults = base::integer_at(trial.counters, "major_faults");
    if (faults) major_faults_ = std::min(major_faults_, *faults);
    return {};
  }
  Status on_scenario_end(const measure::ScenarioEnd&) override { return {}; }

  job::MemoryProbeAnswer answer(const std::set<std::string>& files) const {
    job::MemoryProbeAnswer answer;
    answer.request_s = request_s_;
    answer.major_faults = major_faults_;
    const auto pages = noted_ ? measure::read_used_pages(files)
                              : base::Result<measure::UsedPages>(tl::unexpected(noted_.error()));
    if (!pages) {
      answer.pages_absent = pages.error().message;
      return answer;
    }
    answer.private_bytes = pages->private_bytes;
    answer.file_used_bytes = pages->file_used_bytes;
    answer.file_resident_bytes = pages->file_resident_bytes;
    answer.program_bytes = pages->program_bytes;
    return answer;
  }

 private:
  std::optional<double> longest_s_;
  double request_s_ = std::numeric_limits<double>::max();
  std::int64_t major_faults_ = std::numeric_limits<std::int64_t>::max();
  Status noted_;
};

}  // namespace

Result<job::MemoryProbeAnswer> work_on(const job::MemoryProbeJob& job, const Desk& desk) {
  const base::MonotonicClock clock;
  const engine::Capacity capacity{job.tokens_per_stream, job.streams};
  TRY_ASSIGN(const auto engine, engine::open_llama(job.model, job.engine, capacity, desk.heartbeat));
  if (job.streams > 1) {
    plan::PerformanceSettings batch = job.performance;
    batch.scenarios = {{std::string(record::kOffline)}};
    batch.batch_size = job.streams;
    batch.num_warmup = 0;
    batch.num_runs = 1;
    const auto& longest_s = job.longest_request_s;
    WatchMemory ignored(longest_s ? std::optional(*longest_s * job.streams) : std::nullopt);
    TRY(measure::measure_performance(*engine, batch, clock, ignored));
  }
  WatchMemory watch(job.longest_request_s);
  plan::PerformanceSettings single = job.performance;
  single.scenarios = {{std::string(record::kSingleStream)}};
  TRY(measure::measure_performance(*engine, single, clock, watch));
  std::set<std::string> files;
  for (const auto& file : job.files) files.insert(file.string());
  return watch.answer(files);
}

}  // namespace bantam::worker
