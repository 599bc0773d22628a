#include "score/classification.hpp"

#include <algorithm>
#include <utility>

namespace bantam::score {
namespace {

using Confusion = std::vector<std::vector<std::int64_t>>;

std::vector<LabelCounts> counts_of(const Confusion& confusion) {
  std::vector<LabelCounts> counts(confusion.size());
  for (std::size_t gold = 0; gold < confusion.size(); ++gold) {
    counts[gold].both = confusion[gold][gold];
    for (std::size_t predicted = 0; predicted < confusion.size(); ++predicted) {
      counts[gold].gold += confusion[gold][predicted];
      counts[predicted].predicted += confusion[gold][predicted];
    }
  }
  return counts;
}

double mean_recall(std::span<const LabelCounts> classes) {
  double sum = 0.0;
  double present = 0.0;
  for (const LabelCounts& counts : classes) {
    if (counts.gold == 0) continue;
    sum += label_score(counts).recall;
    present += 1.0;
  }
  return sum / present;
}

// (agreement - chance) / (1 - chance); Cohen 1960.
std::optional<double> cohens_kappa(std::span<const LabelCounts> classes, double items) {
  double agreement = 0.0;
  double chance = 0.0;
  for (const LabelCounts& counts : classes) {
    agreement += static_cast<double>(counts.both) / items;
    chance += static_cast<double>(counts.gold) / items * (static_cast<double>(counts.predicted) / items);
  }
  const bool one_class = std::any_of(classes.begin(), classes.end(), [items](const LabelCounts& counts) {
    return static_cast<double>(counts.gold) == items && static_cast<double>(counts.predicted) == items;
  });
  if (one_class) return std::nullopt;
  return (agreement - chance) / (1.0 - chance);
}

}  // namespace

std::optional<ClassificationScores> classification_scores(std::span<const Classified> items,
                                                          std::size_t classes) {
  if (items.empty()) return std::nullopt;
  ClassificationScores scores;
  scores.confusion.assign(classes, std::vector<std::int64_t>(classes, 0));
  for (const Classified& item : items) {
    ++scores.confusion[static_cast<std::size_t>(item.gold)][static_cast<std::size_t>(item.predicted)];
  }
  std::vector<LabelCounts> counts = counts_of(scores.confusion);
  for (const LabelCounts& of_class : counts) scores.per_class.push_back(label_score(of_class));
  scores.balanced_accuracy = mean_recall(counts);
  scores.kappa = cohens_kappa(counts, static_cast<double>(items.size()));
  scores.mcc = matthews_correlation(items);
  std::erase_if(counts, [](const LabelCounts& c) { return c.gold == 0 && c.predicted == 0; });
  scores.averages = averaged_scores(counts);
  scores.accuracy = scores.averages.micro.recall;
  return scores;
}

NamedClasses number_classes(std::span<const std::string> gold, std::span<const std::string> predicted) {
  NamedClasses named;
  named.labels.assign(gold.begin(), gold.end());
  named.labels.insert(named.labels.end(), predicted.begin(), predicted.end());
  std::sort(named.labels.begin(), named.labels.end());
  named.labels.erase(std::unique(named.labels.begin(), named.labels.end()), named.labels.end());
  const auto number_of = [&](const std::string& label) {
    return std::lower_bound(named.labels.begin(), named.labels.end(), label) - named.labels.begin();
  };
  for (std::size_t i = 0; i < gold.size(); ++i) {
    named.items.push_back({number_of(gold[i]), number_of(predicted[i])});
  }
  return named;
}

}  // namespace bantam::score
