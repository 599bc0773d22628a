// check_memory_lines().

#include <fmt/format.h>

#include <algorithm>

#include "record/memory_line.hpp"
#include "verify/verify.hpp"

namespace bantam::verify {
namespace {

constexpr const char* kPeak = "private_peak_bytes";

std::string round_name(std::int64_t round) {
  return fmt::format("round {}", static_cast<std::uint64_t>(round) + 1);
}

// The sampler's peak is among the points: thinning keeps it.
void check_block(const record::Block& block, Figures& figures) {
  const std::string name = round_name(block.round);
  const record::MemoryLine& line = *block.memory_line;
  if (line.round != block.round)
    figures.wrong.push_back(
        fmt::format("the line of memory of {} is that of {}", name, round_name(line.round)));
  if (!block.private_peak_bytes)
    figures.wrong.push_back(fmt::format("{} has a line of memory, and no {}", name, kPeak));
  else if (*block.private_peak_bytes != line.private_peak_bytes())
    figures.wrong.push_back(fmt::format("{} of {} is {}, its line of memory reaches {}", kPeak, name,
                                        *block.private_peak_bytes, line.private_peak_bytes()));
}

void check_record(const record::FinishedCell& cell, Figures& figures) {
  const auto line = record::memory_line(cell.record);
  if (!line) {
    figures.wrong.emplace_back("its line of memory cannot be read");
    return;
  }
  const bool is_of_a_block = std::ranges::any_of(
      cell.blocks, [&line](const record::Block& block) { return block.memory_line == line; });
  if (!is_of_a_block) figures.wrong.emplace_back("its line of memory is that of no round");
  const auto peak = cell.record.metrics.find(kPeak);
  const auto reached = static_cast<double>(line->private_peak_bytes());
  if (peak == cell.record.metrics.end())
    figures.wrong.push_back(fmt::format("there is a line of memory, and no {}", kPeak));
  else if (reached > peak->second.value)
    figures.wrong.push_back(
        fmt::format("{} is {:.0f}, its line of memory reaches {:.0f}", kPeak, peak->second.value, reached));
}

}  // namespace

void check_memory_lines(const record::FinishedCell& cell, Figures& figures) {
  for (const record::Block& block : cell.blocks) {
    if (block.memory_line) check_block(block, figures);
  }
  if (record::has_memory_line(cell.record)) check_record(cell, figures);
}

}  // namespace bantam::verify
