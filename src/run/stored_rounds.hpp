#pragma once
// The rounds of a group of cells as the store holds them: what a run that was interrupted goes on with, and
// what each block says.

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "measure/validity.hpp"
#include "run/rounds.hpp"
#include "store/store.hpp"

namespace bantam::run {

// An attempt that is open.
struct AttemptName {
  std::string cell_key;
  std::int64_t attempt = 1;
};

struct JoinedRounds {
  std::string series;     // record::Block::series of the blocks to come
  std::int64_t kept = 0;  // rounds that are there already
};
// Rounds that all cells have whole stay, if they were measured since the machine's start (`boot`, empty where
// the kernel does not tell); every other block is taken out of the store, since blocks of a round lie side by
// side in time.
base::Result<JoinedRounds> join_rounds(store::Store& store, const std::vector<AttemptName>& cells,
                                       const std::string& boot);

base::Result<std::int64_t> count_blocks(store::Store& store, const AttemptName& cell);

// Whether the block of this round, whose trials are stored and which is not itself, is the first of the cell
// that counts: the one that keeps its line of memory.
base::Result<bool> is_first_that_counts(store::Store& store, const AttemptName& cell,
                                        const measure::Gates& gates, std::int64_t round);

// Those from this round on, by round. Reads the trials of no others.
base::Result<std::vector<BlockSeen>> see_blocks(store::Store& store, const AttemptName& cell,
                                                const measure::Gates& gates, std::int64_t from_round = 0);

}  // namespace bantam::run
