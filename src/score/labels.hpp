#pragma once
// Precision, recall and F1 per label and averaged over labels: of the classes of a classifier, as
// scikit-learn 1.9.1 computes them with zero_division=0 (a quotient by 0 is 0), and of named entities, as
// seqeval 1.2.2 does. Pure functions; know nothing of texts or models.

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "score/choices.hpp"

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

// Averaged over the classes that are gold or predicted somewhere. Classes are numbered 0 to classes - 1;
// every item's lie in that range. Absent without items.
std::optional<AveragedScores> classification_scores(std::span<const Classified> items, std::size_t classes);

// Items that name their classes. `labels` becomes all names, each once, by code point; a class of the result
// is a position in it. Both lists are equally long.
struct NamedClasses {
  std::vector<std::string> labels;
  std::vector<Classified> items;
};
NamedClasses number_classes(std::span<const std::string> gold, std::span<const std::string> predicted);

enum class TagScheme {
  conlleval,    // seqeval's default: lenient, an I- without its B- begins an entity; S- and E- are understood
  strict_iob2,  // mode="strict", scheme=IOB2: an I- without its B- is no entity
};

struct Entity {
  std::size_t first = 0;  // word numbers from 0, both inclusive
  std::size_t last = 0;
  std::string type;  // all after the tag's first '-'; "_" when there is nothing
  bool operator==(const Entity&) const = default;
};

// From one tag per word ("B-person", "I-person", "O"), in the order of the words.
std::vector<Entity> tagged_entities(std::span<const std::string> tags, TagScheme scheme);

// Adds one sentence's entities to the counts by type. A predicted entity counts when first and last word and
// type are equal to a gold one's.
using EntityCounts = std::map<std::string, LabelCounts>;
void count_entities(std::span<const Entity> gold, std::span<const Entity> predicted, EntityCounts& counts);

// Micro, macro and weighted over the types that occur in gold or prediction.
AveragedScores entity_scores(const EntityCounts& counts);

}  // namespace bantam::score
