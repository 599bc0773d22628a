#pragma once
// The scores of a classifier over all its items, as scikit-learn 1.9.1 computes them (zero_division=0). Pure
// functions; knows nothing of texts or models.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "score/aggregates.hpp"
#include "score/label_scores.hpp"

namespace bantam::score {

struct ClassificationScores {
  double accuracy = 0.0;
  double balanced_accuracy = 0.0;     // mean recall of the classes that are gold somewhere
  double mcc = 0.0;                   // 0 where it is undefined
  std::optional<double> kappa;        // Cohen's; absent when gold and prediction are one single class
  AveragedScores averages;            // over the classes that are gold or predicted somewhere
  std::vector<LabelScore> per_class;  // [class]; all 0 for one that occurs nowhere
  std::vector<std::vector<std::int64_t>> confusion;  // [gold][predicted], items
};

// Classes are numbered 0 to classes - 1; every item's lie in that range. Absent without items.
std::optional<ClassificationScores> classification_scores(std::span<const Classified> items,
                                                          std::size_t classes);

// Items that name their classes. `labels` becomes all names, each once, by code point; a class of the result
// is a position in it. Both lists are equally long.
struct NamedClasses {
  std::vector<std::string> labels;
  std::vector<Classified> items;
};
NamedClasses number_classes(std::span<const std::string> gold, std::span<const std::string> predicted);

}  // namespace bantam::score
