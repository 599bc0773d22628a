#include "evaluate/answers.hpp"

#include <gmock/gmock.h>

#include "support/task_folder.hpp"

namespace bantam::evaluate {
namespace {

using base::Json;

class AnswerScorerTest : public support::TaskFolderTest {
 protected:
  task::Task task_with(const std::string& metrics) {
    write("t.yaml",
          "task: t\ndataset_path: json\ndataset_kwargs: {data_files: {test: t.jsonl}}\ntest_split: test\n"
          "doc_to_text: q\ndoc_to_target: a\nmetric_list:\n" +
              metrics);
    return find("t").leaves.at(0);
  }

  static metric::ItemScores score(const task::Task& task, const Json& target, const std::string& answer) {
    Prompt prompt;
    prompt.target = target;
    prompt.several_answers = target.is_array();
    return *AnswerScorer::make(task)->score(prompt, answer);
  }

  // The metric over items that were answered in this way: (right answer, answer).
  static std::optional<record::Value> over_items(
      const task::Task& task, const std::vector<std::pair<std::string, std::string>>& answers) {
    const std::string metric = task.metrics.at(0).name();
    std::vector<record::Item> items;
    for (const auto& [right, answer] : answers) {
      const metric::ItemScores scores = score(task, right, answer);
      record::Item& item = items.emplace_back();
      item.content = Json::object();
      if (scores.values.contains(metric)) item.metrics[metric] = scores.values.at(metric);
      if (scores.statistics.contains(metric))
        item.content["statistics"][metric] = scores.statistics.at(metric);
    }
    metric::ItemList list;
    for (const record::Item& item : items) list.push_back(&item);
    return metric::aggregated(*task.metrics.at(0).aggregation, metric, list);
  }
};

TEST_F(AnswerScorerTest, TheBestReferenceCounts) {
  const task::Task task =
      task_with("  - metric: exact_match\n    ignore_case: true\n  - metric: f1\n  - metric: rouge1\n");
  const metric::ItemScores scores = score(task, Json::array({"a blue whale", "BLUE"}), "blue");
  EXPECT_EQ(scores.values.at("exact_match"), 1.0);
  EXPECT_EQ(scores.values.at("f1"), 1.0);
  EXPECT_EQ(scores.values.at("rouge1"), 1.0);
}

// lm-eval 0.4.13 hands switches to the metric as they are, whose `if` takes any text that is not empty for
// true.
TEST_F(AnswerScorerTest, SwitchesHavePythonsTruth) {
  const auto equal_in_other_case = [&](const std::string& value) {
    const task::Task task = task_with("  - metric: exact_match\n    ignore_case: " + value + "\n");
    return score(task, "blue", "BLUE").values.at("exact_match") == 1.0;
  };
  for (const char* yes : {"true", "'true'", "'false'", "1"}) EXPECT_TRUE(equal_in_other_case(yes)) << yes;
  for (const char* no : {"false", "''", "0"}) EXPECT_FALSE(equal_in_other_case(no)) << no;
  const task::Task task = task_with("  - metric: exact_match\n    ignore_case: 'false'\n");
  ASSERT_EQ(task.warnings.size(), 1U);
  EXPECT_THAT(task.warnings[0], testing::HasSubstr("the text 'false' counts as true, as in lm-eval"));
}

// evaluate's accuracy and f1 read labels as int(): of one item the f1 is 1 or 0.
TEST_F(AnswerScorerTest, LabelsAreWholeNumbers) {
  const task::Task task = task_with(
      "  - metric: accuracy\n    hf_evaluate: true\n"
      "  - metric: f1\n    hf_evaluate: true\n    average: micro\n    aggregation: mean\n");
  const auto both = [&](const std::string& right, const std::string& answer) {
    const auto scores = score(task, right, answer).values;
    EXPECT_EQ(scores.at("accuracy"), scores.at("f1")) << right << " " << answer;
    return scores.at("accuracy");
  };
  EXPECT_EQ(both("1", "1"), 1.0);
  EXPECT_EQ(both("1", " +01\n"), 1.0);
  EXPECT_EQ(both("-1", "-1"), 1.0);
  EXPECT_EQ(both("1", "-1"), 0.0);
  EXPECT_EQ(both("1", "0"), 0.0);
  EXPECT_EQ(both("1", "one"), 0.0);
  EXPECT_EQ(both("1", ""), 0.0);
  EXPECT_TRUE(score(task, "one", "1").values.empty()) << "the right answer is no label";
  // scikit-learn's binary f1 counts label 1 only.
  const task::Task binary = task_with("  - metric: f1\n    hf_evaluate: true\n");
  EXPECT_EQ(score(binary, "1", "1").values.at("f1"), 1.0);
  EXPECT_EQ(score(binary, "0", "0").values.at("f1"), 0.0);
}

TEST_F(AnswerScorerTest, TheNearestReferenceGivesTheWordErrors) {
  const task::Task task = task_with("  - metric: wer\n");
  EXPECT_EQ(score(task, Json::array({"a b c d", "a b"}), "a c").values.at("wer"), 0.5);
  EXPECT_TRUE(score(task, " ", "a").values.empty()) << "without words there is no rate";
}

// Two tags of one entity and a false one: one entity of two predicted, of two gold.
TEST_F(AnswerScorerTest, EntitiesAreCountedOverAllItems) {
  const task::Task task = task_with("  - metric: entity_f1\n");
  const metric::ItemScores one = score(task, "B-PER I-PER O B-LOC", "B-PER I-PER B-LOC O O O");
  EXPECT_EQ(one.statistics.at("entity_f1"), Json::parse(R"({"LOC": [0, 1, 1], "PER": [1, 1, 1]})"));
  EXPECT_DOUBLE_EQ(one.values.at("entity_f1"), 0.5);
  // Over both: 2 right, 3 predicted, 3 gold.
  EXPECT_DOUBLE_EQ(
      over_items(task, {{"B-PER I-PER O B-LOC", "B-PER I-PER B-LOC O"}, {"B-PER", "B-PER"}})->value,
      2.0 / 3.0);
}

// scikit-learn: F1 of a is 2/3, of b 2/3, of c 0; each is right 2, 1 and 1 times.
TEST_F(AnswerScorerTest, ClassesAreNamedByTheAnswers) {
  const std::vector<std::pair<std::string, std::string>> answers{
      {"a", "a"}, {"a", "b"}, {"b", "b"}, {"c", "x"}};
  EXPECT_DOUBLE_EQ(over_items(task_with("  - metric: macro_f1\n"), answers)->value, (2.0 / 3 + 2.0 / 3) / 4);
  EXPECT_DOUBLE_EQ(over_items(task_with("  - metric: weighted_f1\n"), answers)->value,
                   (2 * 2.0 / 3 + 2.0 / 3) / 4);
  EXPECT_DOUBLE_EQ(over_items(task_with("  - metric: micro_f1\n"), answers)->value, 0.5);
}

TEST_F(AnswerScorerTest, CorpusMetricsSumTheirCounts) {
  const std::vector<std::pair<std::string, std::string>> same{
      {"the cat sat on the mat", "the cat sat on the mat"}, {"a dog ran off today", "a dog ran off today"}};
  for (const char* metric : {"bleu", "chrf", "chrf++"}) {
    const auto value = over_items(task_with(std::string("  - metric: ") + metric + "\n"), same);
    ASSERT_TRUE(value) << metric;
    EXPECT_NEAR(value->value, 100.0, 1e-9) << metric;
  }
  // One edit a reference of 2 and of 4 words: 2 of 6.
  EXPECT_NEAR(over_items(task_with("  - metric: ter\n"), {{"a b", "a x"}, {"a b c d", "a b c x"}})->value,
              200.0 / 6.0, 1e-9);
}

// Letters of another case match nothing unless the task says that they do; by characters all four match.
TEST_F(AnswerScorerTest, BleuFollowsTheTasksOptionsOverAllItems) {
  const std::vector<std::pair<std::string, std::string>> answers{{"The Sea Is Wide", "the sea is wide"},
                                                                 {"A Fox Ran Home", "a fox ran home"}};
  EXPECT_LT(over_items(task_with("  - metric: bleu\n"), answers)->value, 1.0);
  EXPECT_NEAR(over_items(task_with("  - metric: bleu\n    lowercase: true\n"), answers)->value, 100.0, 1e-9);
  const double by_character = over_items(task_with("  - metric: bleu\n    tokenize: char\n"), answers)->value;
  EXPECT_GT(by_character, 5.0);
  EXPECT_LT(by_character, 100.0);
}

TEST_F(AnswerScorerTest, MediansAndMeansOfItems) {
  const std::vector<std::pair<std::string, std::string>> answers{{"a", "a"}, {"a", "b"}, {"a", "c"}};
  EXPECT_EQ(over_items(task_with("  - metric: exact_match\n    aggregation: median\n"), answers)->value, 0.0);
  const auto one = over_items(task_with("  - metric: exact_match\n"), {{"a", "a"}});
  EXPECT_EQ(one->value, 1.0);
  EXPECT_FALSE(one->std_error);
  EXPECT_FALSE(one->interval);  // one item says nothing of the spread
}

}  // namespace
}  // namespace bantam::evaluate
