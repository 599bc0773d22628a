#include "score/labels.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

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

std::optional<AveragedScores> classification_scores(std::span<const Classified> items, std::size_t classes) {
  if (items.empty()) return std::nullopt;
  std::vector<LabelCounts> counts(classes);
  for (const Classified& item : items) {
    LabelCounts& gold = counts[static_cast<std::size_t>(item.gold)];
    ++gold.gold;
    ++counts[static_cast<std::size_t>(item.predicted)].predicted;
    if (item.gold == item.predicted) ++gold.both;
  }
  std::erase_if(counts, [](const LabelCounts& c) { return c.gold == 0 && c.predicted == 0; });
  return averaged_scores(counts);
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

namespace {

struct Tag {
  char kind = 'O';  // its first character: B, I, E, S, O; others as they are
  std::string_view type = "_";
};

Tag tag_from(std::string_view text) {
  if (text.empty()) return {};
  Tag tag{text.front(), text.substr(1)};
  const auto dash = tag.type.find('-');
  if (dash != std::string_view::npos) tag.type.remove_prefix(dash + 1);
  if (tag.type.empty()) tag.type = "_";
  return tag;
}

bool is_one_of(char kind, std::string_view kinds) {
  return kinds.find(kind) != std::string_view::npos;
}

// The rules of the CoNLL-2000 evaluation script.
bool ends_before(const Tag& previous, const Tag& next) {
  if (is_one_of(previous.kind, "ES")) return true;
  if (is_one_of(previous.kind, "BI") && is_one_of(next.kind, "BSO")) return true;
  return !is_one_of(previous.kind, "O.") && previous.type != next.type;
}

bool starts_at(const Tag& previous, const Tag& next) {
  if (is_one_of(next.kind, "BS")) return true;
  if (is_one_of(previous.kind, "ESO") && is_one_of(next.kind, "EI")) return true;
  return !is_one_of(next.kind, "O.") && previous.type != next.type;
}

std::vector<Entity> conlleval_entities(std::span<const std::string> tags) {
  std::vector<Entity> entities;
  Tag previous{'O', ""};
  std::size_t first = 0;
  for (std::size_t i = 0; i <= tags.size(); ++i) {
    const Tag tag = i < tags.size() ? tag_from(tags[i]) : Tag{};
    if (ends_before(previous, tag)) entities.push_back({first, i - 1, std::string(previous.type)});
    if (starts_at(previous, tag)) first = i;
    previous = tag;
  }
  return entities;
}

// seqeval's strict reading takes dashes off both ends of the type.
std::string_view strict_type(std::string_view tag) {
  tag.remove_prefix(1);
  while (tag.starts_with('-')) tag.remove_prefix(1);
  while (tag.ends_with('-')) tag.remove_suffix(1);
  return tag.empty() ? "_" : tag;
}

std::vector<Entity> strict_entities(std::span<const std::string> tags) {
  std::vector<Entity> entities;
  for (std::size_t i = 0; i < tags.size();) {
    const std::size_t first = i++;
    if (!tags[first].starts_with('B')) continue;
    const std::string_view type = strict_type(tags[first]);
    while (i < tags.size() && tags[i].starts_with('I') && strict_type(tags[i]) == type) ++i;
    entities.push_back({first, i - 1, std::string(type)});
  }
  return entities;
}

}  // namespace

std::vector<Entity> tagged_entities(std::span<const std::string> tags, TagScheme scheme) {
  return scheme == TagScheme::strict_iob2 ? strict_entities(tags) : conlleval_entities(tags);
}

void count_entities(std::span<const Entity> gold, std::span<const Entity> predicted, EntityCounts& counts) {
  for (const Entity& entity : gold) ++counts[entity.type].gold;
  for (const Entity& entity : predicted) {
    LabelCounts& type = counts[entity.type];
    ++type.predicted;
    if (std::find(gold.begin(), gold.end(), entity) != gold.end()) ++type.both;
  }
}

AveragedScores entity_scores(const EntityCounts& counts) {
  std::vector<LabelCounts> types;
  for (const auto& [type, of_type] : counts) types.push_back(of_type);
  return averaged_scores(types);
}

}  // namespace bantam::score
