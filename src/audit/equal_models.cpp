// One model under two names, in paired rounds, compared as a report compares them.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "analyze/change.hpp"
#include "analyze/configuration.hpp"
#include "audit/observe.hpp"
#include "base/temporary_folder.hpp"
#include "metric/catalogue.hpp"
#include "record/block.hpp"
#include "run/walk.hpp"
#include "stats/means.hpp"
#include "store/store.hpp"

namespace bantam::audit {
namespace {

using base::Result;

constexpr auto kMetrics = std::to_array<const char*>(
    {"ttft_s", "tpot_s", "decode_tokens_per_s", "prefill_tokens_per_s", "e2e_latency_s"});
constexpr int kNewTokens = 64;
constexpr double kWantedHalfWidth = 0.002;  // the time budget ends it, as a rule
constexpr double kLeastSeconds = 1.0;

std::optional<double> block_spread(const analyze::Configuration& configuration, const std::string& metric) {
  const auto cell = configuration.cells.find(std::string(analyze::kPerformance));
  if (cell == configuration.cells.end()) return std::nullopt;
  std::vector<double> logs;
  for (const record::BlockFigures& block : record::block_figures(cell->second)) {
    const auto value = block.values.find(metric);
    if (block.reasons.empty() && value != block.values.end() && value->second > 0.0)
      logs.push_back(std::log(value->second));
  }
  return stats::sample_sd(logs);
}

void add_new(const std::vector<std::string>& texts, std::vector<std::string>& all) {
  for (const std::string& text : texts) {
    if (std::ranges::find(all, text) == all.end()) all.push_back(text);
  }
}

// Of all cells, the fewest rounds that count; and why others do not.
void count_rounds(const std::vector<record::Record>& records, EqualModels& seen) {
  std::vector<std::int64_t> counts;
  for (const record::Record& record : records) {
    const auto blocks = record::block_figures(record);
    counts.push_back(std::ranges::count_if(
        blocks, [](const record::BlockFigures& block) { return block.reasons.empty(); }));
    for (const record::BlockFigures& block : blocks) add_new(block.reasons, seen.disturbances);
  }
  if (!counts.empty()) seen.rounds = *std::ranges::min_element(counts);
  if (!seen.disturbances.empty()) return;
  for (const record::Record& record : records) add_new(record.reasons, seen.disturbances);
}

EqualModels compare(const std::vector<record::Record>& records) {
  EqualModels seen;
  count_rounds(records, seen);
  std::vector<std::string> notes;
  const auto configurations = analyze::gather(records, notes);
  if (configurations.size() != 2) return seen;
  for (const char* name : kMetrics) {
    const metric::Metric* metric = metric::find_metric(name);
    const auto change = analyze::find_change(*metric, configurations.back(), configurations.front());
    if (!change) continue;
    EqualFigure& figure = seen.figures.emplace_back();
    figure.metric = name;
    figure.ratio = change->ratio;
    if (change->rounds > 0) figure.interval = change->interval;
    figure.called_different =
        change->verdict == analyze::Verdict::better || change->verdict == analyze::Verdict::worse;
    figure.block_spread = block_spread(configurations.front(), name);
    seen.rounds = change->rounds;
  }
  return seen;
}

base::Status check_outcomes(const std::vector<record::Record>& records) {
  for (const record::Record& record : records) {
    if (record.outcome != record::Outcome::failed || !record.failure) continue;
    return base::fail(base::error_kind_from(record.failure->kind).value_or(base::ErrorKind::worker),
                      record.failure->message);
  }
  return {};
}

}  // namespace

Result<EqualModels> observe_equal_models(const Subject& subject, double seconds, job::Interrupts& interrupts,
                                         const AuditHooks& hooks) {
  plan::Plan plan = subject.plan;
  plan::PerformanceSettings& settings = plan.performance_settings;
  settings.batch_size = 1;
  settings.max_new_tokens = kNewTokens;
  settings.target_interval = kWantedHalfWidth;
  settings.max_seconds = std::max(seconds, kLeastSeconds) / 2.0;  // shared by two names
  settings.time_budget_s = std::max(seconds, kLeastSeconds);
  TRY_ASSIGN(const auto cells, run::prepare(plan, subject.inputs, subject.machine, subject.kernels));
  TRY_ASSIGN(const auto folder, base::TemporaryFolder::make("audit"));
  plan.store = folder.path() / "rounds.db";
  plan.output_dir = folder.path();
  TRY_ASSIGN(store::Store store, store::Store::open(plan.store));
  PhaseObserver observer(hooks.on_phase);
  TRY_ASSIGN(const auto summary, run::run_cells(plan, subject.inputs, cells, subject.machine, subject.kernels,
                                                store, interrupts, observer));
  if (summary.interrupted) return base::fail(base::ErrorKind::interrupted, "the audit was interrupted");
  TRY_ASSIGN(const auto records, store.records());
  TRY(check_outcomes(records));
  return compare(records);
}

}  // namespace bantam::audit
