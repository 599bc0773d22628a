#include "score/lcs.hpp"

#include <bit>
#include <cstddef>
#include <numeric>

namespace bantam::score {
namespace {

constexpr std::size_t kBlock = 64;

std::uint64_t bit_of(std::size_t position) {
  return std::uint64_t{1} << (position % kBlock);
}

}  // namespace

LcsTable::LcsTable(Ids reference, std::uint32_t id_count)
    : reference_(reference),
      blocks_((reference.size() + kBlock - 1) / kBlock),
      first_(std::size_t{id_count} + 1, 0),
      positions_(reference.size()) {
  for (const std::uint32_t id : reference) ++first_[id + 1];
  std::partial_sum(first_.begin(), first_.end(), first_.begin());
  std::vector<std::uint32_t> next(first_.begin(), first_.end() - 1);
  for (std::uint32_t i = 0; i < reference.size(); ++i) positions_[next[reference[i]]++] = i;
}

// Column by column of the table; a bit of `column` is 0 where the length grows by one from one row to the
// next. `rows`, when given, receives every column.
std::vector<std::uint64_t> LcsTable::advance(Ids other, std::vector<std::uint64_t>* rows) const {
  std::vector<std::uint64_t> column(blocks_, ~std::uint64_t{0});
  std::vector<std::uint64_t> equal(blocks_, 0);
  if (rows != nullptr) rows->reserve(blocks_ * other.size());
  for (const std::uint32_t id : other) {
    const std::uint32_t begin = first_[id];
    const std::uint32_t end = first_[id + 1];
    if (begin != end) {
      for (std::uint32_t i = begin; i < end; ++i) equal[positions_[i] / kBlock] |= bit_of(positions_[i]);
      std::uint64_t carry = 0;
      for (std::size_t b = 0; b < blocks_; ++b) {
        const std::uint64_t both = column[b] & equal[b];
        const std::uint64_t partial = column[b] + both;
        const std::uint64_t sum = partial + carry;
        carry = static_cast<std::uint64_t>(partial < both) | static_cast<std::uint64_t>(sum < carry);
        column[b] = sum | (column[b] & ~equal[b]);
      }
      for (std::uint32_t i = begin; i < end; ++i) equal[positions_[i] / kBlock] = 0;
    }
    if (rows != nullptr) rows->insert(rows->end(), column.begin(), column.end());
  }
  return column;
}

std::int64_t LcsTable::length(Ids other) const {
  const std::vector<std::uint64_t> column = advance(other, nullptr);
  std::int64_t grown = 0;
  for (std::size_t b = 0; b < blocks_; ++b) {
    const std::size_t used = reference_.size() - b * kBlock;
    const std::uint64_t mask = used >= kBlock ? ~std::uint64_t{0} : bit_of(used) - 1;
    grown += std::popcount(~column[b] & mask);
  }
  return grown;
}

void LcsTable::mark(Ids other, std::vector<bool>& marked) const {
  std::vector<std::uint64_t> rows;
  advance(other, &rows);
  std::size_t i = reference_.size();
  std::size_t j = other.size();
  while (i > 0 && j > 0) {
    const std::uint64_t column = rows[(j - 1) * blocks_ + (i - 1) / kBlock];
    if (reference_[i - 1] == other[j - 1]) {
      marked[i - 1] = true;
      --i;
      --j;
    } else if ((column & bit_of(i - 1)) == 0) {
      --j;
    } else {
      --i;
    }
  }
}

}  // namespace bantam::score
