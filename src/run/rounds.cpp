#include "run/rounds.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <limits>
#include <numeric>

#include "measure/block.hpp"
#include "stats/blocks.hpp"
#include "stats/python_random.hpp"

namespace bantam::run {
namespace {

using base::Result;

bool is_narrow(const std::optional<stats::Interval>& interval, double width) {
  return interval && stats::relative_half_width(*interval) <= width;
}

std::map<std::string, std::vector<double>> by_metric(const std::vector<BlockSeen>& blocks) {
  std::map<std::string, std::vector<double>> values;
  for (const BlockSeen& block : blocks) {
    if (!block.counts) continue;
    for (const auto& [metric, value] : block.values) values[metric].push_back(value);
  }
  return values;
}

bool are_known(const std::vector<BlockSeen>& blocks, double width) {
  return std::ranges::all_of(by_metric(blocks), [width](const auto& entry) {
    return is_narrow(stats::block_interval(entry.second), width);
  });
}

// Logarithms of ratios, per metric, of the rounds in which both count.
std::map<std::string, std::vector<double>> log_ratios(const std::vector<BlockSeen>& blocks,
                                                      const std::vector<BlockSeen>& baseline) {
  std::map<std::string, std::vector<double>> ratios;
  for (const BlockSeen& block : blocks) {
    const auto other = std::ranges::find(baseline, block.round, &BlockSeen::round);
    if (!block.counts || other == baseline.end() || !other->counts) continue;
    for (const auto& [metric, value] : block.values) {
      const auto found = other->values.find(metric);
      if (found != other->values.end()) ratios[metric].push_back(std::log(value / found->second));
    }
  }
  return ratios;
}

bool is_ratio_known(const std::vector<BlockSeen>& blocks, const std::vector<BlockSeen>& baseline,
                    double width) {
  return std::ranges::all_of(log_ratios(blocks, baseline), [width](const auto& entry) {
    return is_narrow(stats::paired_ratio(entry.second).interval, width);
  });
}

}  // namespace

std::string describe(RoundsEnd end, std::int64_t rounds) {
  constexpr std::array kWhy{
      "as many as were asked for", "every interval is as narrow as asked for",   "the time budget is used up",
      "the most that are taken",   "each is told apart from its base, or alike", "the base has failed"};
  return fmt::format("{} {}: {}", rounds, rounds == 1 ? "round" : "rounds",
                     kWhy[static_cast<std::size_t>(end)]);
}

bool are_decided(const std::vector<std::vector<BlockSeen>>& cells,
                 const std::vector<std::optional<std::size_t>>& base, double width) {
  for (std::size_t i = 0; i < cells.size(); ++i) {
    // Where cells are compared the ratio counts: what moves both alike does not matter to it.
    const bool is_base = std::ranges::find(base, std::optional(i)) != base.end();
    const bool is_known = base[i]   ? is_ratio_known(cells[i], cells[*base[i]], width)
                          : is_base ? true
                                    : are_known(cells[i], width);
    if (!is_known) return false;
  }
  return true;
}

bool is_told(const std::vector<BlockSeen>& blocks, const std::vector<BlockSeen>& baseline,
             const std::string& metric, double width) {
  const auto ratios = log_ratios(blocks, baseline);
  const auto found = ratios.find(metric);
  if (found == ratios.end()) return false;
  const auto interval = stats::paired_ratio(found->second).interval;
  return interval && (stats::is_apart(*interval) || is_narrow(interval, width));
}

std::vector<std::size_t> order_in_round(std::size_t cells, std::int64_t round, std::uint64_t seed) {
  stats::PythonRandom random(seed * 1'000'003 + static_cast<std::uint64_t>(round / 2));
  std::vector<std::size_t> order = random.sample(cells, cells);
  if (round % 2 == 1) std::ranges::reverse(order);
  return order;
}

std::string describe(const LongerBlocks& longer) {
  return fmt::format(
      "loading took {:.0f} % of the time of the first round: later rounds are longer and fewer, {} in all; "
      "each has a load of its own",
      100.0 * longer.loading_share, longer.rounds);
}

std::optional<LongerBlocks> longer_blocks(const std::vector<BlockSeen>& first,
                                          const std::vector<int>& scenarios,
                                          const plan::PerformanceSettings& settings) {
  LongerBlocks longer{measure::kUsualRounds, 0.0};
  double first_s = 0.0;
  double loading_s = 0.0;
  double budget_s = 0.0;
  for (std::size_t cell = 0; cell < first.size(); ++cell) {
    const double of_cell_s = settings.max_seconds * scenarios[cell];
    first_s += first[cell].wall_s;
    loading_s += first[cell].wall_s - first[cell].counted_s;
    budget_s += of_cell_s;
    // A block that was steady ended before its time; more of it would tell nothing.
    const bool used_its_share = first[cell].counted_s >= 0.8 * of_cell_s / measure::kUsualRounds;
    const bool loads_long =
        first[cell].loading_s >= measure::kLeastLoadingS && first[cell].loading_s > first[cell].wall_s / 3.0;
    if (!used_its_share || !loads_long) continue;
    longer.rounds = std::min(longer.rounds, measure::rounds_for_loading(of_cell_s, first[cell].loading_s));
    longer.loading_share = std::max(longer.loading_share, first[cell].loading_s / first[cell].wall_s);
  }
  // A round that has begun is completed: it is the last but one that has to end within the plan's budget.
  const auto fit = [&](std::int64_t rounds) {
    const double later_s = loading_s + budget_s * measure::share_of_later_blocks(rounds);
    return first_s + later_s * (stats::kFewestBlocks - 2) < settings.time_budget_s.value_or(1e300);
  };
  while (longer.rounds < measure::kUsualRounds && !fit(longer.rounds)) ++longer.rounds;
  return longer.rounds < measure::kUsualRounds ? std::optional(longer) : std::nullopt;
}

Rounds::Rounds(Facts facts)
    : facts_(std::move(facts)), seen_(facts_.base.size()), is_open_(facts_.base.size(), true) {}

Part Rounds::part(std::int64_t round) const {
  const auto asked = measure::asked_rounds(facts_.settings);
  const std::string of = asked ? fmt::format(" of {}", *asked) : "";
  return {.name = fmt::format("round {}{}", round + 1, of),
          .stage = {},
          .items_before = 0,
          .round = round,
          .rounds_sharing = rounds_sharing_};
}

Result<std::optional<Step>> Rounds::next() {
  if (!decided_.empty()) return close_next_decided();
  while (!is_over_) {
    std::int64_t complete = std::numeric_limits<std::int64_t>::max();
    std::vector<std::int64_t> done(is_open_.size(), 0);
    for (std::size_t cell = 0; cell < is_open_.size(); ++cell) {
      if (!is_open_[cell]) continue;
      TRY_ASSIGN(done[cell], facts_.count(cell));
      complete = std::min(complete, done[cell]);
    }
    if (std::ranges::none_of(is_open_, [](bool open) { return open; })) break;
    const bool has_begun = std::ranges::any_of(done, [complete](std::int64_t n) { return n > complete; });
    if (!measure::asked_rounds(facts_.settings) && complete > rounds_seen_) TRY(see(complete));
    if (!has_begun) {
      TRY_ASSIGN(const auto end, ending(complete));
      is_over_ = end.has_value();
      if (end && facts_.on_end) facts_.on_end(*end, complete);
      if (!decided_.empty()) return close_next_decided();
      if (is_over_) break;
    }
    for (const std::size_t cell : order_in_round(is_open_.size(), complete, facts_.seed)) {
      if (!is_open_[cell] || done[cell] > complete) continue;
      return MeasurePart{cell, part(complete)};
    }
  }
  for (std::size_t cell = 0; cell < is_open_.size(); ++cell) {
    if (!is_open_[cell]) continue;
    is_open_[cell] = false;
    return CloseCell{.cell = cell, .last = std::nullopt, .adaptive = {}};
  }
  return std::nullopt;
}

Step Rounds::close_next_decided() {
  const std::size_t cell = decided_.back();
  decided_.pop_back();
  is_open_[cell] = false;
  return CloseCell{.cell = cell, .last = std::nullopt, .adaptive = {}};
}

void Rounds::on_failed(std::size_t cell, const base::Error&) {
  is_open_[cell] = false;
}

// Reads what the open cells' blocks of these whole rounds say, but for those that were seen before.
base::Status Rounds::see(std::int64_t rounds) {
  const bool is_first = rounds_seen_ == 0;
  std::vector<BlockSeen> first;
  std::vector<int> scenarios;
  for (std::size_t cell = 0; cell < is_open_.size(); ++cell) {
    if (!is_open_[cell]) continue;
    TRY_ASSIGN(const auto fresh, facts_.blocks(cell, rounds_seen_));
    std::ranges::copy_if(fresh, std::back_inserter(seen_[cell]),
                         [rounds](const BlockSeen& block) { return block.round < rounds; });
    if (seen_[cell].empty()) continue;
    first.push_back(seen_[cell].front());
    scenarios.push_back(facts_.scenarios[cell]);
  }
  rounds_seen_ = rounds;
  if (!is_first) return {};
  if (const auto longer = longer_blocks(first, scenarios, facts_.settings)) {
    rounds_sharing_ = longer->rounds;
    if (facts_.on_longer_blocks) facts_.on_longer_blocks(*longer);
  }
  return {};
}

// Absent: one more round. Intervals are looked at after the rounds of the rule only.
Result<std::optional<RoundsEnd>> Rounds::ending(std::int64_t rounds) {
  if (rounds == 0) return std::nullopt;
  // What is measured once has no further rounds.
  if (std::ranges::all_of(facts_.scenarios, [](int count) { return count == 0; }))
    return RoundsEnd::asked_for;
  if (const auto asked = measure::asked_rounds(facts_.settings))
    return rounds >= *asked ? std::optional(RoundsEnd::asked_for) : std::nullopt;
  std::vector<std::optional<std::size_t>> base(is_open_.size());
  std::vector<std::vector<BlockSeen>> cells(is_open_.size());
  double wall_s = closed_s_;
  bool is_spent = false;
  std::int64_t fewest_valid = rounds;
  for (std::size_t cell = 0; cell < is_open_.size(); ++cell) {
    if (!is_open_[cell]) continue;
    cells[cell] = seen_[cell];
    if (facts_.base[cell] && is_open_[*facts_.base[cell]]) base[cell] = facts_.base[cell];
    double counted_s = 0.0;
    for (const BlockSeen& block : seen_[cell]) {
      counted_s += block.counted_s;
      wall_s += block.wall_s;
    }
    fewest_valid =
        std::min<std::int64_t>(fewest_valid, std::ranges::count(seen_[cell], true, &BlockSeen::counts));
    is_spent |= counted_s >= facts_.settings.max_seconds * facts_.scenarios[cell];
  }
  if (is_spent || (facts_.settings.time_budget_s && wall_s >= *facts_.settings.time_budget_s))
    return RoundsEnd::time_budget;
  // A search whose base has failed has nothing to compare with.
  const bool has_base = std::ranges::any_of(base, [](const auto& one) { return one.has_value(); });
  if (facts_.decide_by && base.size() > 1 && !has_base) return RoundsEnd::no_base;
  if (std::ranges::find(stats::kRoundLooks, fewest_valid) != stats::kRoundLooks.end()) {
    if (!facts_.decide_by && are_decided(cells, base, facts_.settings.target_interval))
      return RoundsEnd::decided;
    if (facts_.decide_by && close_decided(cells, base)) return RoundsEnd::told;
  }
  return rounds >= stats::kRoundLooks.back() ? std::optional(RoundsEnd::most_rounds) : std::nullopt;
}

// Notes the cells that are told. True when no cell is left that could be.
bool Rounds::close_decided(const std::vector<std::vector<BlockSeen>>& cells,
                           const std::vector<std::optional<std::size_t>>& base) {
  bool is_any_left = false;
  for (std::size_t cell = 0; cell < cells.size(); ++cell) {
    if (!is_open_[cell] || !base[cell]) continue;
    const bool told =
        is_told(cells[cell], cells[*base[cell]], *facts_.decide_by, facts_.settings.target_interval);
    if (told) decided_.push_back(cell);
    for (const BlockSeen& block : cells[cell]) closed_s_ += told ? block.wall_s : 0.0;
    is_any_left |= !told;
  }
  return !is_any_left;
}

}  // namespace bantam::run
