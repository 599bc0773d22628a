#include "measure/load.hpp"

#include "measure/memory.hpp"
#include "measure/resource_counts.hpp"
#include "measure/validity.hpp"

namespace bantam::measure {
namespace {

base::Result<record::Trial> time_load(const char* scenario, const std::filesystem::path& model_file,
                                      const Open& open, const base::Clock& clock,
                                      std::optional<std::int64_t> worker_start_ns) {
  const auto resident_before = resident_bytes(model_file);
  const Snapshot before = read_snapshot();
  const ResourceCounts counts_before = read_resources();
  const std::int64_t begin_ns = clock.now_ns();
  TRY(open());
  const std::int64_t end_ns = clock.now_ns();
  const ResourceCounts counts_after = read_resources();
  const Snapshot after = read_snapshot();
  record::Trial trial;
  trial.scenario = scenario;
  trial.start_s = base::seconds(begin_ns - worker_start_ns.value_or(begin_ns));
  trial.wall_s = base::seconds(end_ns - begin_ns);
  trial.counters = counters_between(before.own, after.own);
  const Window window = window_between(before, after);
  trial.counters.update(to_json(window));
  trial.counters.update(resources_between(counts_before, counts_after));
  trial.counters.update(cpu_counters());
  if (resident_before) trial.counters["file_resident_before_bytes"] = *resident_before;
  return trial;
}

}  // namespace

base::Result<record::Trial> time_cold_load(const std::filesystem::path& model_file, const Open& open,
                                           const base::Clock& clock,
                                           std::optional<std::int64_t> worker_start_ns) {
  TRY(evict(model_file));
  return time_load(kLoadCold, model_file, open, clock, worker_start_ns);
}

base::Result<record::Trial> time_warm_load(const std::filesystem::path& model_file, const Open& open,
                                           const base::Clock& clock,
                                           std::optional<std::int64_t> worker_start_ns) {
  TRY(make_resident(model_file));
  return time_load(kLoadWarm, model_file, open, clock, worker_start_ns);
}

}  // namespace bantam::measure
