#pragma once
// What one item adds to a corpus metric (BLEU, chrF, TER): a few counts that are summed over items before the
// score is taken from the sum. The layout belongs to the metric. Numbers are doubles so that they can be
// stored as they are; all but TER's mean reference lengths are whole.

#include <span>
#include <vector>

namespace bantam::score {

using TextStats = std::vector<double>;

// Element by element. An empty total takes the item's size; else both must have the same size.
void add_stats(TextStats& total, std::span<const double> item);

}  // namespace bantam::score
