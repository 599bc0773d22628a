#pragma once
// Rounds: in each, every performance cell of the run gives one block, a fresh process that measures its
// share. The order of the cells is drawn for every pair of rounds and turned round in the second, so that a
// drift of the machine falls on all of them alike. Measuring goes on until speeds, and their ratios to the
// base precision's, are known well enough, or a budget ends. What is done next follows from the blocks that
// are stored. Pure.

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "measure/block.hpp"
#include "plan/plan.hpp"
#include "run/schedule.hpp"

namespace bantam::run {

// What one stored block says.
struct BlockSeen {
  std::int64_t round = 0;
  bool counts = true;      // it was not disturbed
  double counted_s = 0.0;  // of the runs that count
  double wall_s = 0.0;     // the whole process
  double loading_s = 0.0;  // of it what no run took, but for the cold load: starting, loading, ending
  std::map<std::string, double> values;  // headline metrics by catalogue name
};

enum class RoundsEnd { asked_for, decided, time_budget, most_rounds, told, no_base };
// "6 rounds: every interval is as narrow as asked for".
std::string describe(RoundsEnd end, std::int64_t rounds);

// Whether the intervals of all figures are within ±`width`: of each cell's ratio to its base, and of its own
// value where it has no base and is none. `cells[i]`: the blocks of a cell; `base[i]`: the cell that it is
// compared with.
bool are_decided(const std::vector<std::vector<BlockSeen>>& cells,
                 const std::vector<std::optional<std::size_t>>& base, double width);

// Whether a cell is told apart from its base by this metric, or surely within ±`width` of it.
bool is_told(const std::vector<BlockSeen>& blocks, const std::vector<BlockSeen>& baseline,
             const std::string& metric, double width);

// The order of `cells` cells in a round, from 0.
std::vector<std::size_t> order_in_round(std::size_t cells, std::int64_t round, std::uint64_t seed);

// Loading takes so much of the first round's blocks that the later ones are longer.
struct LongerBlocks {
  std::int64_t rounds = 0;  // that share the time budget
  double loading_share = 0.0;
};
// "loading took 45 % of the time of the first round: ..."
std::string describe(const LongerBlocks& longer);

// The first round of each cell -> whether later ones are longer: where loading takes more than a third of a
// block that used its share of the budget, the budget is shared by fewer rounds, at least
// stats::kFewestBlocks as long as a budget for the plan allows as many. Absent: they stay as they are.
// `first` and `scenarios` hold one entry per cell.
std::optional<LongerBlocks> longer_blocks(const std::vector<BlockSeen>& first,
                                          const std::vector<int>& scenarios,
                                          const plan::PerformanceSettings& settings);

class Rounds final : public Schedule {
 public:
  struct Facts {
    const plan::PerformanceSettings& settings;
    std::vector<std::optional<std::size_t>>
        base;                    // per cell, the one that it is compared with; absent for that one
    std::vector<int> scenarios;  // per cell, how many it measures: each has a time budget of its own
    std::uint64_t seed = 0;
    // How many blocks of a cell are stored: quick, for it is asked before each of them.
    std::function<base::Result<std::int64_t>(std::size_t cell)> count;
    // What those from a round on say, by round; each is asked for once.
    std::function<base::Result<std::vector<BlockSeen>>(std::size_t cell, std::int64_t from_round)> blocks;
    // Called once, when measuring ends.
    std::function<void(RoundsEnd, std::int64_t rounds)> on_end = {};
    // Called once, after the first round, where blocks get longer.
    std::function<void(const LongerBlocks&)> on_longer_blocks = {};
    // Absent: a group goes on until it is decided as a whole. Else this metric alone counts, and a cell is
    // closed once it is told apart from its base, or known to be alike.
    std::optional<std::string> decide_by = {};
  };
  explicit Rounds(Facts facts);

  base::Result<std::optional<Step>> next() override;
  void on_failed(std::size_t cell, const base::Error& error) override;

 private:
  base::Result<std::optional<RoundsEnd>> ending(std::int64_t rounds);
  base::Status see(std::int64_t rounds);
  Part part(std::int64_t round) const;
  Step close_next_decided();
  bool close_decided(const std::vector<std::vector<BlockSeen>>& cells,
                     const std::vector<std::optional<std::size_t>>& base);

  Facts facts_;
  std::vector<std::vector<BlockSeen>> seen_;  // per cell, of the rounds that were looked at
  std::int64_t rounds_seen_ = 0;
  std::int64_t rounds_sharing_ = measure::kUsualRounds;
  std::vector<bool> is_open_;         // per cell: has no record yet
  bool is_over_ = false;              // no further round
  std::vector<std::size_t> decided_;  // cells that are measured no longer, to be closed
  double closed_s_ = 0.0;             // what they have taken
};

}  // namespace bantam::run
