#pragma once
// Precision, recall and F1 per label and averaged over labels, from counts, as scikit-learn 1.9.1 computes
// them with zero_division=0: a quotient by 0 is 0. Knows nothing of what was counted: classes of texts or
// entities.

#include <cstdint>
#include <span>

namespace bantam::score {

struct LabelCounts {
  std::int64_t both = 0;  // predicted where it is gold
  std::int64_t predicted = 0;
  std::int64_t gold = 0;
};

struct LabelScore {
  double precision = 0.0;
  double recall = 0.0;
  double f1 = 0.0;
  std::int64_t support = 0;  // times the label is gold
};
LabelScore label_score(const LabelCounts& counts);

struct AveragedScores {
  LabelScore micro;     // of the summed counts
  LabelScore macro;     // plain mean over the labels; its F1 is the mean of F1s
  LabelScore weighted;  // mean over the labels weighted by support
};
// All 0 without labels.
AveragedScores averaged_scores(std::span<const LabelCounts> labels);

}  // namespace bantam::score
