#include "run/stored_rounds.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <string_view>

#include "base/clock.hpp"
#include "base/json.hpp"
#include "measure/figures.hpp"
#include "measure/judge_trials.hpp"
#include "measure/load.hpp"
#include "measure/summary.hpp"
#include "metric/catalogue.hpp"
#include "record/scenario.hpp"

namespace bantam::run {
namespace {

using base::Result;

// How many blocks, from the first, are rounds 0, 1, ... of the series.
std::int64_t whole_rounds(const std::vector<record::Block>& blocks, const std::string& series) {
  std::int64_t next = 0;
  for (const record::Block& block : blocks) {
    if (block.series != series || block.round != next) break;
    ++next;
  }
  return next;
}

bool is_load(const record::Trial& trial) {
  return trial.scenario == measure::kLoadCold || trial.scenario == measure::kLoadWarm;
}

// One of each scenario that has no headline figure.
constexpr auto kStandIns = std::to_array<std::string_view>(
    {"batch_output_tokens_per_s", "pp_tokens_per_s", "tg_tokens_per_s", "poisson_e2e_latency_s"});

// Those that say most about a cell decide when it is measured well enough.
std::map<std::string, double> headline_speeds(const std::map<std::string, double>& values) {
  std::map<std::string, double> chosen;
  std::map<std::string, double> stand_ins;
  for (const auto& [name, value] : values) {
    const metric::Metric* metric = metric::find_metric(name);
    if (metric != nullptr && metric->is_headline && metric->group == metric::MetricGroup::speed)
      chosen[name] = value;
    if (std::ranges::find(kStandIns, name) != kStandIns.end()) stand_ins[name] = value;
  }
  return chosen.empty() ? stand_ins : chosen;
}

std::map<std::string, double> headline_energy(const std::map<std::string, double>& values) {
  constexpr const char* kHeadline = "energy_per_request_j";
  const auto found = values.find(kHeadline);
  return found == values.end() ? std::map<std::string, double>{}
                               : std::map<std::string, double>{{kHeadline, found->second}};
}

}  // namespace

Result<JoinedRounds> join_rounds(store::Store& store, const std::vector<AttemptName>& cells,
                                 const std::string& boot) {
  std::vector<std::vector<record::Block>> stored;
  for (const AttemptName& cell : cells) {
    TRY_ASSIGN(auto blocks, store.blocks(cell.cell_key, cell.attempt));
    stored.push_back(std::move(blocks));
  }
  JoinedRounds joined{fmt::format("{} {}", boot, base::utc_timestamp()), 0};
  const auto& first = stored.front();
  if (!boot.empty() && !first.empty() && first.front().series.starts_with(boot + " ")) {
    joined.series = first.front().series;
    joined.kept = std::numeric_limits<std::int64_t>::max();
    for (const auto& blocks : stored)
      joined.kept = std::min(joined.kept, whole_rounds(blocks, joined.series));
  }
  for (std::size_t i = 0; i < cells.size(); ++i) {
    for (auto next = static_cast<std::size_t>(joined.kept); next < stored[i].size(); ++next)
      TRY(store.drop_block(cells[i].cell_key, cells[i].attempt, stored[i][next].round));
  }
  return joined;
}

Result<std::int64_t> count_blocks(store::Store& store, const AttemptName& cell) {
  TRY_ASSIGN(const auto blocks, store.blocks(cell.cell_key, cell.attempt));
  return std::ssize(blocks);
}

Result<bool> is_first_that_counts(store::Store& store, const AttemptName& cell, const measure::Gates& gates,
                                  std::int64_t round) {
  TRY_ASSIGN(const auto blocks, store.blocks(cell.cell_key, cell.attempt));
  if (std::ranges::any_of(blocks, [](const record::Block& block) { return block.memory_line.has_value(); }))
    return false;
  TRY_ASSIGN(const auto all, store.trials_from(cell.cell_key, cell.attempt, round));
  measure::Trials trials;
  for (const record::Trial& trial : all) trials.push_back(&trial);
  return measure::judge_block(trials, gates).reasons.empty();
}

Result<std::vector<BlockSeen>> see_blocks(store::Store& store, const AttemptName& cell,
                                          const measure::Gates& gates, std::int64_t from_round) {
  TRY_ASSIGN(const auto blocks, store.blocks(cell.cell_key, cell.attempt));
  measure::Observed observed;
  TRY_ASSIGN(observed.trials, store.trials_from(cell.cell_key, cell.attempt, from_round));
  if (!blocks.empty()) observed.encoder = base::bool_at(blocks.front().answer, "encoder").value_or(false);
  for (const record::Block& block : blocks) {
    if (block.energy) observed.energy[block.round] = *block.energy;
  }
  const bool is_of_energy = !observed.energy.empty();
  const measure::Summary summary =
      is_of_energy ? measure::summarize_energy(observed, gates) : measure::summarize(observed, gates);
  std::vector<BlockSeen> seen;
  for (const record::Block& block : blocks) {
    if (block.round < from_round) continue;
    BlockSeen& one = seen.emplace_back();
    one.round = block.round;
    one.wall_s = block.wall_s;
    one.loading_s = block.wall_s;
    for (const record::Trial& trial : observed.trials) {
      if (trial.round != block.round) continue;
      const bool has_budget = !is_load(trial) && trial.scenario != record::kSustained;
      if (!trial.warmup && has_budget) one.counted_s += trial.wall_s;
      // The cold load is of the first round only.
      if (trial.scenario != measure::kLoadWarm) one.loading_s -= trial.wall_s;
    }
    one.loading_s = std::max(one.loading_s, 0.0);
    const auto figures = std::ranges::find(summary.blocks, block.round, &record::BlockFigures::round);
    if (figures == summary.blocks.end()) continue;
    one.counts = figures->reasons.empty();
    one.values = is_of_energy ? headline_energy(figures->values) : headline_speeds(figures->values);
  }
  return seen;
}

}  // namespace bantam::run
