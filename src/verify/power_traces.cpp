// check_power_traces().

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "record/block_energy.hpp"
#include "verify/verify.hpp"

namespace bantam::verify {
namespace {

constexpr double kSameJoules = 1e-6;  // as a share: bins and joules are of the same readings

// What the record says of GPUs is what one of its rounds says.
void check_gpus(const record::FinishedCell& cell, const std::optional<record::BlockEnergy>& energy,
                Figures& figures) {
  if (!energy || cell.blocks.empty()) return;
  if (!energy->gpus_absent.empty())
    figures.wrong.push_back("its GPUs cannot be read: " + energy->gpus_absent);
  const auto has_them = [&energy](const record::Block& block) {
    return block.energy && block.energy->gpus == energy->gpus;
  };
  if (!energy->gpus.empty() && std::ranges::none_of(cell.blocks, has_them))
    figures.wrong.emplace_back("what it says of its GPUs is that of no round");
}

}  // namespace

void check_trace_joules(const record::BlockEnergy& energy, const std::string& place, Figures& figures) {
  if (!energy.power_trace) return;
  const record::SourceEnergy* headline = energy.headline();
  if (headline == nullptr || !headline->joules) {
    figures.wrong.push_back(fmt::format("{} has power over time, and no joules", place));
    return;
  }
  const double sum = energy.power_trace->window_joules();
  if (std::abs(sum - *headline->joules) > kSameJoules * *headline->joules)
    figures.wrong.push_back(fmt::format("the joules of {} are {:.6g}, its power over time gives {:.6g}",
                                        place, *headline->joules, sum));
}

void check_power_traces(const record::FinishedCell& cell, Figures& figures) {
  for (const record::Block& block : cell.blocks) {
    if (block.energy)
      check_trace_joules(*block.energy, fmt::format("round {}", static_cast<std::uint64_t>(block.round) + 1),
                         figures);
  }
  const auto energy = record::block_energy(cell.record);
  check_gpus(cell, energy, figures);
  if (!record::has_power_trace(cell.record)) return;
  if (!energy || !energy->power_trace) {
    figures.wrong.emplace_back("its power over time cannot be read");
    return;
  }
  const auto has_it = [&energy](const record::Block& block) {
    return block.energy && block.energy->power_trace == energy->power_trace;
  };
  if (std::ranges::none_of(cell.blocks, has_it))
    figures.wrong.emplace_back("its power over time is that of no round");
}

}  // namespace bantam::verify
