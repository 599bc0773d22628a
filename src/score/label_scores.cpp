#include "score/label_scores.hpp"

namespace bantam::score {
namespace {

double ratio(double part, double whole) {
  return whole == 0.0 ? 0.0 : part / whole;
}

void add_weighted(LabelScore& sum, const LabelScore& score, double weight) {
  sum.precision += weight * score.precision;
  sum.recall += weight * score.recall;
  sum.f1 += weight * score.f1;
}

}  // namespace

LabelScore label_score(const LabelCounts& counts) {
  const auto both = static_cast<double>(counts.both);
  const auto predicted = static_cast<double>(counts.predicted);
  const auto gold = static_cast<double>(counts.gold);
  return {ratio(both, predicted), ratio(both, gold), ratio(2.0 * both, predicted + gold), counts.gold};
}

AveragedScores averaged_scores(std::span<const LabelCounts> labels) {
  LabelCounts total;
  for (const LabelCounts& counts : labels) {
    total.both += counts.both;
    total.predicted += counts.predicted;
    total.gold += counts.gold;
  }
  AveragedScores averages;
  averages.micro = label_score(total);
  averages.macro.support = averages.weighted.support = total.gold;
  for (const LabelCounts& counts : labels) {
    const LabelScore score = label_score(counts);
    add_weighted(averages.macro, score, 1.0 / static_cast<double>(labels.size()));
    add_weighted(averages.weighted, score,
                 ratio(static_cast<double>(counts.gold), static_cast<double>(total.gold)));
  }
  return averages;
}

}  // namespace bantam::score
