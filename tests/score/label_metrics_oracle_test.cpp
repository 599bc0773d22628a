// Entities, classes and question answering against frozen values of seqeval 1.2.2, scikit-learn 1.9.1,
// SQuAD's evaluate-v2.0.py and lm-evaluation-harness 0.4.13.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "base/json.hpp"
#include "score/filters.hpp"
#include "score/labels.hpp"
#include "score/text_match.hpp"
#include "support/oracle.hpp"

namespace bantam::score {
namespace {

using base::Json;
constexpr double kTolerance = 1e-9;

class EntitiesOracle : public support::OracleTest {};
class ClassificationOracle : public support::OracleTest {};
class SquadV2Oracle : public support::OracleTest {};
class Gsm8kOracle : public support::OracleTest {};
ON_CHOSEN_AND_ALL_ROWS(EntitiesOracle);
ON_CHOSEN_AND_ALL_ROWS(ClassificationOracle);
ON_CHOSEN_AND_ALL_ROWS(SquadV2Oracle);
ON_CHOSEN_AND_ALL_ROWS(Gsm8kOracle);

std::vector<std::string> texts_at(const Json& list) {
  return list.get<std::vector<std::string>>();
}

void expect_scores(const LabelScore& score, const Json& expected, const std::string& what) {
  EXPECT_NEAR(score.precision, expected["precision"].get<double>(), kTolerance) << what;
  EXPECT_NEAR(score.recall, expected["recall"].get<double>(), kTolerance) << what;
  const char* f1 = expected.contains("f1") ? "f1" : "f1-score";
  EXPECT_NEAR(score.f1, expected[f1].get<double>(), kTolerance) << what;
  if (expected.contains("support")) {
    EXPECT_EQ(score.support, expected["support"].get<std::int64_t>()) << what;
  }
}

void expect_averages(const AveragedScores& averages, const Json& expected, const std::string& what) {
  expect_scores(averages.micro, expected["micro"], what + " micro");
  expect_scores(averages.macro, expected["macro"], what + " macro");
  expect_scores(averages.weighted, expected["weighted"], what + " weighted");
}

const std::map<std::string, TagScheme> kSchemes = {{"default", TagScheme::conlleval},
                                                   {"strict_iob2", TagScheme::strict_iob2}};

Json json_of(const std::vector<Entity>& entities) {
  Json list = Json::array();
  for (const Entity& entity : entities) list.push_back({entity.first, entity.last, entity.type});
  return list;
}

TEST_P(EntitiesOracle, EveryReadingOfTheEdgeCases) {
  const auto rows = rows_of("metrics/ner_edge.jsonl");
  ASSERT_EQ(rows.size(), 15u);
  for (const Json& row : rows) {
    for (const auto& [name, scheme] : kSchemes) {
      EXPECT_EQ(json_of(tagged_entities(texts_at(row["tags"]), scheme)), row["expected"][name]) << row.dump();
    }
  }
}

TEST_P(EntitiesOracle, EntitiesAndScoresOfWholeSystems) {
  const auto rows = rows_of("metrics/ner.jsonl");
  ASSERT_EQ(rows.size(), 400u);
  const Json totals = object_of("metrics/ner_scores.json");
  for (const auto& [system, of_system] : totals.items()) {
    std::map<std::string, EntityCounts> counts;
    for (const Json& row : rows) {
      const auto gold = texts_at(row["gold"]);
      const auto predicted = texts_at(row["predictions"][system]);
      for (const auto& [name, scheme] : kSchemes) {
        const auto gold_entities = tagged_entities(gold, scheme);
        const auto predicted_entities = tagged_entities(predicted, scheme);
        EXPECT_EQ(json_of(gold_entities), row["gold_entities"][name]) << row["id"];
        EXPECT_EQ(json_of(predicted_entities), row["predicted_entities"][system][name]) << row["id"];
        count_entities(gold_entities, predicted_entities, counts[name]);
      }
    }
    for (const auto& [name, scheme] : kSchemes) {
      const Json& expected = of_system[name];
      expect_averages(entity_scores(counts[name]), expected, system + " " + name);
      for (const auto& [type, of_type] : counts[name]) {
        expect_scores(label_score(of_type), expected["report"][type], system + " " + name + " " + type);
      }
    }
  }
}

// Labels as text; those of whole numbers are numbered in the order of the numbers.
NamedClasses named_classes(const Json& row) {
  if (row["gold"].front().is_string()) {
    return number_classes(texts_at(row["gold"]), texts_at(row["prediction"]));
  }
  NamedClasses named;
  std::vector<std::int64_t> labels;
  for (const char* side : {"gold", "prediction"}) {
    for (const Json& label : row[side]) labels.push_back(label);
  }
  std::sort(labels.begin(), labels.end());
  labels.erase(std::unique(labels.begin(), labels.end()), labels.end());
  const auto number_of = [&](const Json& label) {
    return std::lower_bound(labels.begin(), labels.end(), label.get<std::int64_t>()) - labels.begin();
  };
  for (std::size_t i = 0; i < row["gold"].size(); ++i) {
    named.items.push_back({number_of(row["gold"][i]), number_of(row["prediction"][i])});
  }
  for (const std::int64_t label : labels) named.labels.push_back(std::to_string(label));
  return named;
}

TEST_P(ClassificationOracle, EveryScoreOfEveryClassifier) {
  const auto rows = rows_of("metrics/classification.jsonl");
  ASSERT_EQ(rows.size(), 14u);
  for (const Json& row : rows) {
    const std::string id = row["id"];
    const Json& expected = row["expected"];
    const NamedClasses named = named_classes(row);
    ASSERT_EQ(named.labels.size(), expected["labels"].size()) << id;
    if (expected["labels"].front().is_string()) {
      EXPECT_EQ(named.labels, texts_at(expected["labels"])) << id;
    }
    const auto scores = classification_scores(named.items, named.labels.size());
    ASSERT_TRUE(scores) << id;
    expect_averages(*scores, expected, id);
    EXPECT_NEAR(matthews_correlation(named.items), expected["mcc"].get<double>(), kTolerance) << id;
  }
}

TEST(Classification, ClassesThatOccurNowhereCountForNothing) {
  const std::vector<Classified> items{{0, 0}, {2, 2}, {2, 0}};
  const auto scores = classification_scores(items, 4);
  ASSERT_TRUE(scores);
  EXPECT_NEAR(scores->macro.f1, (2.0 / 3.0 + 2.0 / 3.0) / 2.0, kTolerance);
  EXPECT_FALSE(classification_scores({}, 4));
}

struct SquadTotal {
  double exact = 0.0;  // percent
  double f1 = 0.0;
  std::int64_t items = 0;
};

// The prefix of the expected values, and which questions they are of: all, or those with or without an
// answer.
const std::map<std::string, std::optional<bool>> kQuestions = {
    {"", std::nullopt}, {"HasAns_", true}, {"NoAns_", false}};

SquadTotal total_of(const std::vector<SquadV2Item>& items, std::optional<bool> has_answer) {
  SquadTotal total;
  for (const SquadV2Item& item : items) {
    if (has_answer && item.has_answer != *has_answer) continue;
    total.exact += item.exact ? 1.0 : 0.0;
    total.f1 += item.f1;
    ++total.items;
  }
  if (total.items == 0) return total;
  total.exact *= 100.0 / static_cast<double>(total.items);
  total.f1 *= 100.0 / static_cast<double>(total.items);
  return total;
}

TEST_P(SquadV2Oracle, EveryAnswerAndTheTotals) {
  const auto rows = rows_of("metrics/squad_v2.jsonl");
  ASSERT_EQ(rows.size(), 622u);
  std::map<std::string, std::vector<SquadV2Item>> systems;
  for (const Json& row : rows) {
    const std::string prediction = row["prediction"];
    const auto gold = texts_at(row["gold_answers"]);
    const std::vector<std::string_view> views(gold.begin(), gold.end());
    const SquadV2Item item = squad_v2_item(prediction, views);
    const Json& expected = row["expected"];
    EXPECT_EQ(item.exact ? 1 : 0, expected["exact"].get<int>()) << row["id"];
    EXPECT_NEAR(item.f1, expected["f1"].get<double>(), kTolerance) << row["id"];
    EXPECT_EQ(item.has_answer, expected["has_answer"].get<bool>()) << row["id"];
    EXPECT_EQ(squad_normalized(prediction), expected["normalized_prediction"].get<std::string>());
    systems[row["system"]].push_back(item);
  }
  const Json totals = object_of("metrics/squad_v2_totals.json");
  ASSERT_EQ(systems.size(), totals.size());
  for (const auto& [system, items] : systems) {
    const Json& expected = totals[system];
    for (const auto& [prefix, kind] : kQuestions) {
      const SquadTotal part = total_of(items, kind);
      EXPECT_NEAR(part.exact, expected[prefix + "exact"].get<double>(), kTolerance) << system << prefix;
      EXPECT_NEAR(part.f1, expected[prefix + "f1"].get<double>(), kTolerance) << system << prefix;
      EXPECT_EQ(part.items, expected[prefix + "total"].get<std::int64_t>()) << system << prefix;
    }
  }
}

TEST_P(SquadV2Oracle, Normalization) {
  const auto rows = rows_of("metrics/squad_normalization.jsonl");
  ASSERT_EQ(rows.size(), 37u);
  for (const Json& row : rows) {
    const std::string gold = row["gold"];
    const std::string prediction = row["prediction"];
    const Json& expected = row["expected"];
    EXPECT_EQ(squad_normalized(gold), expected["normalized_gold"].get<std::string>()) << row.dump();
    EXPECT_EQ(squad_normalized(prediction), expected["normalized_prediction"].get<std::string>());
    EXPECT_EQ(squad_exact_match(prediction, gold) ? 1 : 0, expected["exact"].get<int>()) << row.dump();
    EXPECT_NEAR(squad_answer_f1(prediction, gold), expected["f1"].get<double>(), kTolerance) << row.dump();
  }
}

TEST_P(Gsm8kOracle, EveryFilterOnEveryResponse) {
  const Json config = object_of("metrics/gsm8k_config.json");
  ExactMatchOptions options;
  options.ignore_case = config["metric"]["ignore_case"];
  for (const Json& pattern : config["metric"]["regexes_to_ignore"]) {
    options.regexes_to_ignore.push_back(*Pattern::compile(pattern.get<std::string>()));
  }
  const auto rows = rows_of("metrics/gsm8k.jsonl");
  ASSERT_EQ(rows.size(), 325u);
  for (const Json& filter : config["filter_list"]) {
    const std::string name = filter["name"];
    const auto pipeline = FilterPipeline::make(filter["filter"]);
    ASSERT_TRUE(pipeline) << name;
    double right = 0.0;
    for (const Json& row : rows) {
      const Json& expected = row["expected"][name];
      const Filtered filtered = pipeline->apply({row["response"]});
      EXPECT_EQ(filtered.answers.front(), expected["extracted"].get<std::string>()) << row["response"];
      const auto equal = exact_match(filtered.answers.front(), row["target"].get<std::string>(), options);
      EXPECT_EQ(*equal ? 1 : 0, expected["exact_match"].get<int>()) << row["response"];
      right += *equal ? 1.0 : 0.0;
    }
    EXPECT_NEAR(right / static_cast<double>(rows.size()),
                config["aggregate"][name]["exact_match"].get<double>(), kTolerance);
  }
}

}  // namespace
}  // namespace bantam::score
