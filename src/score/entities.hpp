#pragma once
// Named entities: from one tag per word ("B-person", "I-person", "O") to entities, and from gold and
// predicted entities to F1, as seqeval 1.2.2 computes it. Pure functions; knows nothing of words or models.

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "score/label_scores.hpp"

namespace bantam::score {

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

// In the order of the words.
std::vector<Entity> entities_of(std::span<const std::string> tags, TagScheme scheme);

// Adds one sentence's entities to the counts by type. A predicted entity counts when first and last word and
// type are equal to a gold one's.
using EntityCounts = std::map<std::string, LabelCounts>;
void count_entities(std::span<const Entity> gold, std::span<const Entity> predicted, EntityCounts& counts);

// Micro, macro and weighted over the types that occur in gold or prediction.
AveragedScores entity_scores(const EntityCounts& counts);

// Share of words with the right tag, both lists equally long. Absent without words.
std::optional<double> tag_accuracy(std::span<const std::string> gold, std::span<const std::string> predicted);

}  // namespace bantam::score
