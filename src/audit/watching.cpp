// The parent's own CPU time while a worker measures.
#include "audit/observe.hpp"
#include "base/clock.hpp"
#include "base/cpu_time.hpp"
#include "job/process.hpp"
#include "measure/memory.hpp"
#include "record/scenario.hpp"

namespace bantam::audit {
namespace {

constexpr int kNewTokens = 256;  // long enough that taking in a request is little of it

// Adds up what passes between messages, while something is timed.
class Meter {
 public:
  void take(const job::Message& message) {
    add();
    if (const auto* phase = std::get_if<job::PhaseBegun>(&message))
      is_timed_ = phase->timed && phase->name == record::kSingleStream;
    if (std::holds_alternative<job::ScenarioEnded>(message)) is_timed_ = false;
    wall_ns_ = clock_.now_ns();
    cpu_s_ = base::own_cpu_s();
  }
  const WatchingFacts& facts() const { return facts_; }

 private:
  void add() {
    if (!is_timed_) return;
    facts_.wall_s += base::seconds(clock_.now_ns() - wall_ns_);
    facts_.cpu_s += base::own_cpu_s() - cpu_s_;
  }

  base::MonotonicClock clock_;
  bool is_timed_ = false;
  std::int64_t wall_ns_ = 0;
  double cpu_s_ = 0.0;
  WatchingFacts facts_;
};

}  // namespace

base::Result<WatchingFacts> observe_watching(const Subject& subject, double seconds,
                                             job::Interrupts& interrupts) {
  job::PerformanceJob job;
  job.model = subject.file;
  job.engine = subject.engine;
  job.performance = subject.plan.performance_settings;
  job.performance.scenarios = {record::kSingleStream};
  job.performance.num_warmup = 1;
  job.performance.max_seconds = seconds;
  job.performance.target_interval = 0.0;  // goes on for all of the time
  job.performance.max_new_tokens = kNewTokens;
  job.cold_load = false;
  Meter meter;
  measure::PrivateMemorySampler sampler;
  job::WorkerOptions options;
  options.hang_timeout_s = subject.plan.hang_timeout_s;
  options.kill_on_interrupt = true;
  TRY(job::run_worker(
      job, options, &interrupts,
      [&meter](const job::Message& message) {
        meter.take(message);
        return base::Status();
      },
      [&sampler](pid_t pid) { static_cast<void>(sampler.start(pid)); }));
  sampler.stop();
  return meter.facts();
}

}  // namespace bantam::audit
