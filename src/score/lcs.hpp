#pragma once
// Longest common subsequence of two sequences of integers, 64 cells of the table at a time (Hyyro 2004, "Bit-
// parallel LCS-length computation revisited").

#include <cstdint>
#include <span>
#include <vector>

#include "score/ngram_overlap.hpp"

namespace bantam::score {

// One sequence, prepared for comparison with others.
class LcsTable {
 public:
  // Ids of both sides lie below `id_count`.
  LcsTable(Ids reference, std::uint32_t id_count);

  std::int64_t length(Ids other) const;

  // Sets marked[i] for the positions i of the reference in one longest common subsequence: read back from
  // the end, a step back in `other` is taken only where it is the only one that keeps the length.
  void mark(Ids other, std::vector<bool>& marked) const;

 private:
  std::vector<std::uint64_t> advance(Ids other, std::vector<std::uint64_t>* rows) const;

  Ids reference_;
  std::size_t blocks_ = 0;
  std::vector<std::uint32_t> first_;      // by id: where its positions start in positions_
  std::vector<std::uint32_t> positions_;  // of the reference, grouped by id
};

}  // namespace bantam::score
