#pragma once
// From samples of memory to a line that is small enough to keep, and what a worker did meanwhile. Pure.

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "measure/memory.hpp"
#include "record/memory_line.hpp"

namespace bantam::measure {

// At most so many always stay: both ends, and where each of the two figures is least and greatest.
inline constexpr std::size_t kFewestThinned = 6;

// Leaves out points that are close to the one kept before them, until at most `most` (kFewestThinned or more)
// are left: at first those that equal it, then those within ever more bytes. Ends stay, and for both figures
// the first of the least and of the greatest points. The order stays. Allocates nothing. Returns by how many
// bytes a point that was left out differs at most from the one before it.
std::int64_t thin(std::vector<record::MemoryPoint>& points, std::size_t most);

// Takes note of a trial that ended just now, `now_s` seconds after the worker was started: it begins a phase,
// or goes on with the last one.
void note_phase(std::vector<record::MemoryPhase>& phases, const record::Trial& trial, double now_s);

// What the sampler saw, as it is kept: thinned to record::kMostMemoryPoints, with times in whole
// milliseconds.
record::MemoryLine memory_line(const PrivateMemory& seen, std::vector<record::MemoryPhase> phases,
                               std::int64_t round);

}  // namespace bantam::measure
