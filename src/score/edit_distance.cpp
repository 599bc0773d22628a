#include "score/edit_distance.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>

namespace bantam::score {
namespace {

constexpr std::size_t kBlock = 64;
constexpr std::size_t kBeamWidth = 25;
constexpr std::int32_t kFar = 1 << 29;  // cells outside the beam

enum class Edit : std::uint8_t { none, keep, substitute, remove, insert };

// Fewest edits of a way from (0, 0) to (n, m) through cell (i, j).
std::int64_t cost_through(std::int64_t i, std::int64_t j, std::int64_t n, std::int64_t m) {
  return std::abs(i - j) + std::abs((n - i) - (m - j));
}

// The beam's table, a row at a time; `remember(i, j, edit)` learns how each cell was reached.
template <typename Remember>
std::int64_t fill_beam(Ids hypothesis, Ids reference, const Beam& beam, Remember remember) {
  const std::size_t n = hypothesis.size();
  const std::size_t m = reference.size();
  std::vector<std::int32_t> above(m + 1);
  for (std::size_t j = 0; j <= m; ++j) above[j] = static_cast<std::int32_t>(j);
  std::vector<std::int32_t> row(m + 1, kFar);
  for (std::size_t i = 1; i <= n; ++i) {
    const std::size_t begin = beam.begin(i);
    const std::size_t end = beam.end(i);
    const std::size_t read_end = i < n ? std::max(end, beam.end(i + 1)) : end;
    if (begin > 0) row[begin - 1] = kFar;
    std::fill(row.begin() + static_cast<std::ptrdiff_t>(end),
              row.begin() + static_cast<std::ptrdiff_t>(read_end), kFar);
    for (std::size_t j = begin; j < end; ++j) {
      if (j == 0) {
        row[0] = above[0] + 1;
        remember(i, j, Edit::remove);
        continue;
      }
      const bool equal = hypothesis[i - 1] == reference[j - 1];
      std::int32_t best = above[j - 1] + (equal ? 0 : 1);
      Edit edit = equal ? Edit::keep : Edit::substitute;
      if (above[j] + 1 < best) {
        best = above[j] + 1;
        edit = Edit::remove;
      }
      if (row[j - 1] + 1 < best) {
        best = row[j - 1] + 1;
        edit = Edit::insert;
      }
      row[j] = std::min(best, kFar);
      remember(i, j, edit);
    }
    std::swap(row, above);
  }
  return above[m];
}

void accumulate(std::vector<std::int64_t>& errors) {
  std::int64_t sum = 0;
  for (std::int64_t& error : errors) {
    const std::int64_t here = error;
    error = sum;
    sum += here;
  }
}

}  // namespace

EditRows::EditRows(Ids reference, std::uint32_t id_count)
    : length_(reference.size()),
      blocks_((reference.size() + kBlock - 1) / kBlock),
      mask_of_(id_count, 0),
      masks_(blocks_, 0) {
  for (std::size_t j = 0; j < reference.size(); ++j) {
    std::uint32_t& mask = mask_of_[reference[j]];
    if (mask == 0) {
      mask = static_cast<std::uint32_t>(masks_.size() / blocks_);
      masks_.resize(masks_.size() + blocks_, 0);
    }
    masks_[mask * blocks_ + j / kBlock] |= std::uint64_t{1} << (j % kBlock);
  }
}

EditRows::Row EditRows::first() const {
  return {std::vector<std::uint64_t>(blocks_, ~std::uint64_t{0}), std::vector<std::uint64_t>(blocks_, 0),
          static_cast<std::int64_t>(length_)};
}

void EditRows::step(Row& row, std::uint32_t word) const {
  const std::uint64_t* const masks = &masks_[mask_of_[word] * blocks_];
  std::uint64_t grows = 1;  // the change from the row above at the block's left edge: +1 at column 0
  std::uint64_t falls = 0;
  for (std::size_t b = 0; b < blocks_; ++b) {
    const std::uint64_t up = row.up[b];
    const std::uint64_t down = row.down[b];
    const std::uint64_t equal = masks[b] | falls;
    const std::uint64_t no_change = (((equal & up) + up) ^ up) | equal;
    const std::uint64_t row_up = down | ~(no_change | up);
    const std::uint64_t row_down = up & no_change;
    const std::uint64_t reached = masks[b] | down;
    const unsigned top = static_cast<unsigned>(b + 1 < blocks_ ? kBlock - 1 : (length_ - 1) % kBlock);
    const std::uint64_t shifted_up = row_up << 1 | grows;
    const std::uint64_t shifted_down = row_down << 1 | falls;
    grows = row_up >> top & 1;
    falls = row_down >> top & 1;
    row.up[b] = shifted_down | ~(reached | shifted_up);
    row.down[b] = shifted_up & reached;
  }
  row.last += static_cast<std::int64_t>(grows) - static_cast<std::int64_t>(falls);
}

Beam::Beam(std::size_t hypothesis_length, std::size_t reference_length)
    : rows_(hypothesis_length), columns_(reference_length) {
  if (rows_ > 0) ratio_ = static_cast<double>(columns_) / static_cast<double>(rows_);
  const auto narrow = static_cast<double>(kBeamWidth);
  width_ = static_cast<std::size_t>(narrow < ratio_ / 2.0 ? std::ceil(ratio_ / 2.0 + narrow) : narrow);
  cheapest_escape_ = std::numeric_limits<std::int64_t>::max();
  const auto n = static_cast<std::int64_t>(rows_);
  const auto m = static_cast<std::int64_t>(columns_);
  for (std::int64_t i = 1; i <= n; ++i) {
    // The cost grows to both sides of the cells between i and i + m - n.
    const auto first = static_cast<std::int64_t>(begin(static_cast<std::size_t>(i)));
    const auto behind = static_cast<std::int64_t>(end(static_cast<std::size_t>(i)));
    if (first > 0) {
      const std::int64_t j = std::min(first - 1, std::max(i, i + m - n));
      cheapest_escape_ = std::min(cheapest_escape_, cost_through(i, j, n, m));
    }
    if (behind <= m) {
      const std::int64_t j = std::max(behind, std::min(i, i + m - n));
      cheapest_escape_ = std::min(cheapest_escape_, cost_through(i, j, n, m));
    }
  }
}

std::size_t Beam::diagonal(std::size_t i) const {
  return static_cast<std::size_t>(std::floor(static_cast<double>(i) * ratio_));
}

std::size_t Beam::begin(std::size_t i) const {
  const std::size_t middle = diagonal(i);
  return middle > width_ ? middle - width_ : 0;
}

std::size_t Beam::end(std::size_t i) const {
  return i == rows_ ? columns_ + 1 : std::min(columns_ + 1, diagonal(i) + width_);
}

std::int64_t beam_distance(Ids hypothesis, Ids reference, const Beam& beam) {
  return fill_beam(hypothesis, reference, beam, [](std::size_t, std::size_t, Edit) {});
}

Alignment beam_alignment(Ids hypothesis, Ids reference, const Beam& beam) {
  const std::size_t n = hypothesis.size();
  const std::size_t m = reference.size();
  std::vector<std::size_t> row_start(n + 1, 0);  // of a row's edits, less the row's first column
  std::vector<Edit> edits;
  Alignment alignment;
  alignment.distance = fill_beam(hypothesis, reference, beam, [&](std::size_t i, std::size_t j, Edit edit) {
    if (j == beam.begin(i)) row_start[i] = edits.size() - j;
    edits.push_back(edit);
  });
  alignment.place.assign(m, -1);
  alignment.reference_errors.assign(m + 1, 0);
  alignment.hypothesis_errors.assign(n + 1, 0);
  std::size_t i = n;
  std::size_t j = m;
  while (i > 0 || j > 0) {
    const Edit edit = i == 0 ? Edit::insert : edits[row_start[i] + j];
    const bool kept = edit == Edit::keep;
    if (edit != Edit::remove) {
      alignment.place[j - 1] = static_cast<std::int64_t>(i) - 1;
      alignment.reference_errors[j - 1] = kept ? 0 : 1;
    }
    if (edit != Edit::insert) alignment.hypothesis_errors[i - 1] = kept ? 0 : 1;
    if (edit != Edit::remove) --j;
    if (edit != Edit::insert) --i;
  }
  accumulate(alignment.reference_errors);
  accumulate(alignment.hypothesis_errors);
  return alignment;
}

}  // namespace bantam::score
