#include "measure/block.hpp"

#include <algorithm>
#include <chrono>
#include <string_view>
#include <thread>

#include "base/clock.hpp"
#include "base/json.hpp"
#include "measure/sustained.hpp"
#include "plan/gates.hpp"
#include "record/scenario.hpp"
#include "stats/blocks.hpp"

namespace bantam::measure {
namespace {

// Number `index` of `parts` nearly equal parts.
int part_of(int whole, std::int64_t index, std::int64_t parts) {
  return static_cast<int>(whole / parts + (index < whole % parts ? 1 : 0));
}

void leave_out_sustained(plan::PerformanceSettings& block) {
  block.sustained_s.reset();
  if (block.scenarios) std::erase(*block.scenarios, record::kSustained);
}

}  // namespace

std::optional<std::int64_t> asked_rounds(const plan::PerformanceSettings& settings) {
  if (settings.num_runs) {
    const std::int64_t usual =
        std::clamp<std::int64_t>(*settings.num_runs / kFewestForcedRuns, 1, kMostForcedRounds);
    return std::min<std::int64_t>(settings.rounds.value_or(static_cast<int>(usual)), *settings.num_runs);
  }
  return settings.rounds;
}

plan::PerformanceSettings block_settings(const plan::PerformanceSettings& settings, std::int64_t round,
                                         std::int64_t sharing) {
  plan::PerformanceSettings block = settings;
  const auto asked = asked_rounds(settings);
  const std::int64_t rounds = asked.value_or(kUsualRounds);
  block.max_seconds = settings.max_seconds / static_cast<double>(rounds);
  if (!asked && round > 0) block.max_seconds = settings.max_seconds * share_of_later_blocks(sharing);
  if (settings.num_runs) block.num_runs = part_of(*settings.num_runs, round, rounds);
  if (round > 0) leave_out_sustained(block);
  return block;
}

double share_of_later_blocks(std::int64_t sharing) {
  return (1.0 - 1.0 / static_cast<double>(kUsualRounds)) / static_cast<double>(sharing - 1);
}

std::int64_t rounds_for_loading(double budget_s, double loading_s) {
  const double most = budget_s / (2.0 * loading_s);
  if (most >= static_cast<double>(kUsualRounds)) return kUsualRounds;
  return std::max(stats::kFewestBlocks, static_cast<std::int64_t>(most));
}

int scenario_count(const plan::PerformanceSettings& settings) {
  return static_cast<int>(std::ranges::count_if(plan::scenarios_of(settings), [](std::string_view scenario) {
    return scenario != record::kSustained;
  }));
}

Gates gates_for(const plan::PerformanceSettings& settings) {
  Gates gates;
  gates.steal_share.invalid_above = settings.max_disturbance;
  gates.others_share.invalid_above = settings.max_disturbance;
  gates.spin_drift.invalid_above = settings.max_drift;
  const auto set = [&settings](std::string_view name, Gate& gate) {
    if (const auto setting = plan::gate_setting(settings, name)) gate.invalid_above = setting->most;
  };
  set(plan::gates::kSteal, gates.steal_share);
  set(plan::gates::kOthers, gates.others_share);
  set(plan::gates::kDrift, gates.spin_drift);
  set(plan::gates::kPaging, gates.major_faults);
  set(plan::gates::kSwap, gates.swapped_in_pages);
  set(plan::gates::kPauses, gates.paused_runs);
  set(plan::gates::kThrottle, gates.throttle_events);
  return gates;
}

base::Result<std::optional<double>> wait_until_quiet(double wait_s,
                                                     const std::function<base::Status()>& tick) {
  const base::MonotonicClock clock;
  const std::int64_t begin_ns = clock.now_ns();
  std::optional<double> share;
  while (wait_s > 0.0) {
    const Snapshot before = read_snapshot();
    std::this_thread::sleep_for(std::chrono::seconds(1));
    const Window window = window_between(before, read_snapshot());
    if (!window.total_s || !window.others_s || *window.total_s <= 0.0) return std::nullopt;
    share = (*window.others_s + window.steal_s.value_or(0.0)) / *window.total_s;
    if (*share <= kQuietShare || base::seconds(clock.now_ns() - begin_ns) >= wait_s) break;
    TRY(tick());
  }
  return share;
}

base::Result<std::optional<double>> wait_until_cool(double most_c, double wait_s,
                                                    const std::function<base::Status()>& tick,
                                                    const std::filesystem::path& root) {
  constexpr auto kBetweenLooks = std::chrono::milliseconds(500);
  const base::MonotonicClock clock;
  const std::int64_t begin_ns = clock.now_ns();
  while (true) {
    const auto now_c = base::number_at(thermal_counters(root), kTemperatureKey);
    const bool is_over = base::seconds(clock.now_ns() - begin_ns) >= wait_s;
    if (!now_c || *now_c <= most_c || is_over) return now_c;
    TRY(tick());
    std::this_thread::sleep_for(kBetweenLooks);
  }
}

}  // namespace bantam::measure
