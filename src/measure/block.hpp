#pragma once
// What of a cell's workload falls to one block, and how long a block waits for a quiet machine. Knows nothing
// of other cells.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>

#include "base/result.hpp"
#include "measure/validity.hpp"
#include "plan/plan.hpp"

namespace bantam::measure {

// How many rounds the settings ask for: `rounds`, or with a forced number of runs one round for every
// kFewestForcedRuns of them; absent when measuring goes on until it is decided.
std::optional<std::int64_t> asked_rounds(const plan::PerformanceSettings& settings);
inline constexpr std::int64_t kFewestForcedRuns = 5;
inline constexpr std::int64_t kMostForcedRounds = 10;

// Rounds that share the time budget, while nobody knows how many it will take.
inline constexpr std::int64_t kUsualRounds = 10;

// The settings of the block of this round, from 0: its share of the time budget and of the forced runs. The
// first round is one of kUsualRounds; `sharing` rounds, the first among them, share the budget in all. The
// scenario sustained is in the first round only.
plan::PerformanceSettings block_settings(const plan::PerformanceSettings& settings, std::int64_t round,
                                         std::int64_t sharing = kUsualRounds);
// The part of the budget that each round after the first has.
double share_of_later_blocks(std::int64_t sharing);

// How many rounds share a time budget so that loading takes at most a third of a block: kUsualRounds, or
// fewer, longer ones; at least stats::kFewestBlocks, even where loading takes more then. `budget_s`: of all
// scenarios, without loading. `loading_s`: of one block, more than 0.
std::int64_t rounds_for_loading(double budget_s, double loading_s);
// Below, blocks stay as they are: what would be won is not worth fewer of them.
inline constexpr double kLeastLoadingS = 2.0;

// How many scenarios of the workload (measure/workload.hpp) have a time budget, each one of its own: all but
// sustained, which has its own duration.
int scenario_count(const plan::PerformanceSettings& settings);

// The gates of a block.
Gates gates_for(const plan::PerformanceSettings& settings);

// Waits until other programs and the hypervisor took at most kQuietShare of the CPU time for a second,
// `wait_s` seconds at most; calls `tick` in between. Returns the share of the last second; absent where it
// cannot be read: then it does not wait.
inline constexpr double kQuietShare = 0.05;
base::Result<std::optional<double>> wait_until_quiet(double wait_s,
                                                     const std::function<base::Status()>& tick);

// Waits until the hottest thermal zone shows at most `most_c` degrees Celsius, `wait_s` seconds at most;
// calls `tick` in between. Returns what it shows at the end; absent where none can be read: then it does not
// wait.
base::Result<std::optional<double>> wait_until_cool(double most_c, double wait_s,
                                                    const std::function<base::Status()>& tick,
                                                    const std::filesystem::path& root = "/");

}  // namespace bantam::measure
