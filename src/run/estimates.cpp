#include "run/estimates.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <string_view>
#include <vector>

#include "measure/block.hpp"
#include "measure/open_loop.hpp"
#include "measure/warm_up.hpp"
#include "plan/precision.hpp"
#include "record/scenario.hpp"
#include "run/min_memory.hpp"

namespace bantam::run {
namespace {

// Of the file that the cell is measured on, which may not be made yet.
double weight_bytes(const gguf::ModelInfo& source, const std::string& precision) {
  const auto known = plan::parse_precision(precision);
  if (!known || source.parameters == 0) return static_cast<double>(source.weight_bytes);
  return static_cast<double>(source.parameters) * known->bits / 8.0;
}

// Warm-ups and counted trials of one block as measure/scenario.cpp takes them. `trial_s` is not known
// exactly: a block of very short trials that would end at the most that are made is given its budget.
double block_time(const plan::PerformanceSettings& block, double trial_s) {
  const double budget_s = std::max(block.max_seconds, trial_s);  // the last trial begins within it
  double warmup_s =
      std::min({measure::kMostWarmups * trial_s, block.max_seconds + trial_s,
                std::max(measure::kFewestWarmups * trial_s, block.max_seconds / 4.0 + trial_s)});
  if (block.num_warmup) warmup_s = *block.num_warmup * trial_s;
  return warmup_s + (block.num_runs ? *block.num_runs * trial_s : budget_s);
}

// The arrivals of one block, until the last of them is served at its own pace.
double arrivals_time(const plan::PerformanceSettings& block, double request_s) {
  return static_cast<double>(measure::requests_in_block(block)) / block.request_rate.value_or(1.0) +
         request_s;
}

}  // namespace

std::optional<double> estimate_performance_s(const plan::Plan& plan, const Inputs& inputs,
                                             const PreparedCell& cell, const CellOutlook& outlook) {
  constexpr double kLoadsPerBlock = 2.0;
  constexpr double kReadBytesPerS = 1e9;
  constexpr double kRequestsPerProbe = 1.0;  // short ones, of the cell's own length together
  constexpr double kWeightBytesPerS = 4e9;   // while tokens are generated, where no rate is known
  const plan::PerformanceSettings settings = plan::performance_of(plan, cell.cell);
  const double bytes = weight_bytes(inputs.sources[cell.source].info, cell.cell.precision);
  const double guessed_s = settings.max_new_tokens * bytes / kWeightBytesPerS;
  const double request_s = outlook.rates.request_s.value_or(guessed_s);
  const double token_s = request_s / settings.max_new_tokens;
  const plan::PerformanceSettings block = measure::block_settings(settings, 0);
  const double batch_s = outlook.rates.batch_s.value_or(request_s);
  double block_s = kLoadsPerBlock * bytes / kReadBytesPerS;
  double counted_s = 0.0;
  double once_s = 0.0;
  std::vector<double> trials_s;
  for (const std::string_view scenario : plan::scenarios_of(settings)) {
    double trial_s = request_s;
    if (scenario == record::kOffline) trial_s = batch_s;
    if (scenario == record::kPoisson) {
      block_s += settings.num_warmup.value_or(1) * batch_s + arrivals_time(block, batch_s);
      counted_s += arrivals_time(block, batch_s);
      continue;
    }
    if (scenario == record::kSustained) {
      once_s += settings.sustained_s.value_or(0.0) + (settings.num_warmup.value_or(1) + 1) * request_s;
      continue;
    }
    if (scenario == record::kPrompt) trial_s = settings.n_prompt.value_or(0) * token_s;
    if (scenario == record::kGeneration) trial_s = settings.n_gen.value_or(0) * token_s;
    trials_s.push_back(trial_s);
  }
  for (const double trial_s : trials_s) {
    block_s += block_time(block, trial_s);
    counted_s += std::max(block.max_seconds, trial_s);
  }
  // Rounds end when what is counted has used up the budget of all scenarios.
  const double budget_s = settings.max_seconds * measure::scenario_count(settings);
  const auto asked = measure::asked_rounds(settings);
  double rounds = asked ? static_cast<double>(*asked) : std::max(1.0, std::ceil(budget_s / counted_s));
  if (counted_s <= 0.0) rounds = 1.0;  // what is measured once
  double probes_s = 0.0;
  if (settings.min_memory.value_or(false)) {
    probes_s = kUsualMemoryProbes * (bytes / kReadBytesPerS + kRequestsPerProbe * request_s);
  }
  return rounds * block_s + once_s + probes_s;
}

std::optional<double> estimate_energy_s(const plan::Plan& plan, const Inputs& inputs,
                                        const PreparedCell& cell, const CellOutlook& outlook) {
  const auto asked = measure::asked_rounds(plan::performance_of(plan, cell.cell));
  const auto rounds = static_cast<double>(asked.value_or(measure::kUsualRounds));
  const auto requests_s = estimate_performance_s(plan, inputs, cell, outlook);
  if (!requests_s) return std::nullopt;
  return *requests_s + rounds * 2.0 * plan.energy_settings.idle_s;
}

std::optional<double> estimate_accuracy_s(const plan::Plan& plan, const Inputs& inputs,
                                          const PreparedCell& cell, const CellOutlook& outlook) {
  // What a laptop-class core computes in a second while it reads prompts; only the order of magnitude
  // matters.
  constexpr double kFlopsPerCore = 3e10;
  constexpr double kTokensPerItem = 200.0;
  const auto parameters = static_cast<double>(inputs.sources[cell.source].info.parameters);
  if (parameters <= 0.0 && !outlook.rates.item_s) return std::nullopt;
  const double guessed_s = 2.0 * parameters * kTokensPerItem /
                           (kFlopsPerCore * plan::engine_of(plan, cell.cell).threads.value_or(2));
  const auto items = inputs.tasks.at(cell.cell.task).items - outlook.items_done;
  return outlook.rates.item_s.value_or(guessed_s) * static_cast<double>(std::max<std::int64_t>(items, 0));
}

}  // namespace bantam::run
