#include "evaluate/code_scores.hpp"

#include <gmock/gmock.h>

#include "support/task_code.hpp"
#include "task/code_rows.hpp"

namespace bantam::evaluate {
namespace {

using base::Json;
using record::Item;
using testing::HasSubstr;

constexpr const char* kData =
    "task: t\ndataset_path: json\ndataset_kwargs: {data_files: {test: t.jsonl}}\ntest_split: test\n"
    "doc_to_text: q\ndoc_to_target: a\n";

class CodeScoresTest : public support::TaskCodeTest {
 protected:
  void write_task(const std::string& more, const std::string& utils) {
    write("t.yaml", kData + more);
    write("utils.py", utils);
    write(
        "t.jsonl",
        "{\"q\": \"one\", \"a\": \"x\"}\n{\"q\": \"two\", \"a\": \"y\"}\n{\"q\": \"three\", \"a\": \"x\"}\n");
  }

  static Item item(std::int64_t doc_id, const Json& content) {
    Item one;
    one.task = "t";
    one.doc_id = doc_id;
    one.content = content;
    one.content["doc_id"] = doc_id;
    return one;
  }

  // Answers as a worker stores them.
  static Item answered(std::int64_t doc_id, const std::string& text) {
    return item(doc_id, {{"doc", {{"q", "?"}, {"a", doc_id == 1 ? "y" : "x"}}},
                         {"resps", {text}},
                         {"filtered_resps", {{"none", {text}}}},
                         {"incomplete", false}});
  }

  // The items with their values; an error's message where there is one.
  base::Result<std::vector<Item>> scored(task::Task& task, std::vector<Item> items,
                                         taskcode::Runner& runner) {
    std::vector<Item> all = items;
    TRY(add_code_values(task, items, runner, [&](std::vector<Item> additions) -> base::Status {
      for (const Item& addition : additions) {
        for (Item& one : all) {
          if (one.doc_id != addition.doc_id) continue;
          one.metrics.insert(addition.metrics.begin(), addition.metrics.end());
          one.content.update(addition.content);
        }
      }
      return {};
    }));
    return all;
  }

  Scores scores_of(const task::Task& task, const std::vector<Item>& items, taskcode::Runner& runner) {
    const auto code = code_scores(task, items, runner);
    EXPECT_TRUE(code) << (code ? "" : code.error().message);
    return code ? leaf_scores(task, items, &*code) : Scores();
  }
};

// Of the choices a and b: right is index 0 for x, 1 for y. By hand: items 0 and 2 say 0, item 1 says 0, too,
// so two of three are right; the sum of the pairs' second members is 0.
TEST_F(CodeScoresTest, ProcessResultsAndAggregationsRunOnStoredAnswers) {
  auto runner = this->runner();
  if (!runner) return;
  write_task(
      "output_type: multiple_choice\ndoc_to_choice: [x, y]\nprocess_results: !function "
      "utils.process_results\n"
      "metric_list:\n  - {metric: right, aggregation: mean}\n  - {metric: pairs, aggregation: !function "
      "utils.total}\n"
      "  - {metric: never, aggregation: mean}\n  - {metric: text, aggregation: mean}\n",
      "def process_results(doc, results):\n"
      "    assert all(isinstance(one, tuple) for one in results)\n"
      "    guess = max(range(len(results)), key=lambda i: results[i][0])\n"
      "    gold = ['x', 'y'].index(doc['a'])\n"
      "    return {'right': guess == gold, 'pairs': (gold, guess), 'text': 'words'}\n\n\n"
      "def total(pairs):\n"
      "    assert all(isinstance(one, tuple) for one in pairs)\n"
      "    return sum(gold for gold, guess in pairs) / len(pairs)\n");
  task::Task task = coded("t");
  std::vector<Item> items;
  for (int i = 0; i < 3; ++i)
    items.push_back(item(i, {{"doc", {{"q", "?"}, {"a", i == 1 ? "y" : "x"}}},
                             {"log_likelihoods", {-1.0, -2.0}},
                             {"is_greedy", {true, false}}}));
  const auto all = scored(task, items, *runner);
  ASSERT_TRUE(all) << all.error().message;
  EXPECT_EQ(all->at(0).metrics.at("right"), 1.0);
  EXPECT_EQ(all->at(1).metrics.at("right"), 0.0);
  EXPECT_EQ(all->at(1).content["code_values"]["pairs"], Json::parse(R"({"$tuple": [1, 0]})"));
  const Scores scores = scores_of(task, *all, *runner);
  EXPECT_DOUBLE_EQ(scores.metrics.at("right").value, 2.0 / 3.0);
  EXPECT_EQ(scores.metrics.at("right").n, 3);
  EXPECT_DOUBLE_EQ(scores.metrics.at("pairs").value, 1.0 / 3.0);
  EXPECT_FALSE(scores.metrics.at("pairs").std_error);
  EXPECT_THAT(scores.absent.at("never"), HasSubstr("gives no such value"));
  EXPECT_THAT(scores.absent.at("text"), HasSubstr("no number for 3 of 3 items"));
}

TEST_F(CodeScoresTest, WhatIsScoredIsNotScoredAgain) {
  auto runner = this->runner();
  if (!runner) return;
  write_task(
      "process_results: !function utils.process_results\nmetric_list:\n  - {metric: length, aggregation: "
      "mean}\n",
      "def process_results(doc, results):\n    return {'length': len(results[0])}\n");
  task::Task task = coded("t");
  auto all = scored(task, {answered(0, "four")}, *runner);
  ASSERT_TRUE(all) << all.error().message;
  EXPECT_EQ(all->at(0).metrics.at("length"), 4.0);
  all->at(0).metrics["length"] = 7.0;
  all = scored(task, *all, *runner);
  ASSERT_TRUE(all);
  EXPECT_EQ(all->at(0).metrics.at("length"), 7.0);
}

// The filter sees all answers at once; exact_match is computed here.
TEST_F(CodeScoresTest, FiltersOfCodeLeaveWhatOurMetricsCompare) {
  auto runner = this->runner();
  if (!runner) return;
  write_task(
      "metric_list:\n  - metric: exact_match\nfilter_list:\n  - name: last\n    filter:\n      - function: "
      "lowercase\n"
      "      - {function: custom, filter_fn: !function utils.last_word}\n      - function: take_first\n",
      "def last_word(resps, docs):\n    assert len(resps) == len(docs) == 2\n"
      "    return [[one.split()[-1] for one in answers] for answers in resps]\n");
  task::Task task = coded("t");
  const auto all = scored(task, {answered(0, "it is X"), answered(1, "it is X")}, *runner);
  ASSERT_TRUE(all) << all.error().message;
  EXPECT_EQ(all->at(0).content["code_filtered"]["last"], "x");
  EXPECT_EQ(all->at(0).metrics.at("exact_match"), 1.0);
  EXPECT_EQ(all->at(1).metrics.at("exact_match"), 0.0);
}

TEST_F(CodeScoresTest, AMetricOfCodeComparesAnswerAndReference) {
  auto runner = this->runner();
  if (!runner) return;
  write_task("metric_list:\n  - {metric: !function utils.first_letter, aggregation: mean}\n",
             "def first_letter(references, predictions):\n    return float(references[0][0] == "
             "predictions[0][0])\n");
  task::Task task = coded("t");
  const auto all = scored(task, {answered(0, "xylophone"), answered(1, "xylophone")}, *runner);
  ASSERT_TRUE(all) << all.error().message;
  EXPECT_EQ(all->at(0).metrics.at("first_letter"), 1.0);
  EXPECT_EQ(all->at(1).metrics.at("first_letter"), 0.0);
}

// By hand: of x and y the first filter leaves what is right once, the second what is right twice. lm-eval
// 0.4.13 hands f1 of written answers to the function as pairs.
TEST_F(CodeScoresTest, F1OfAnswersIsAddedUpFromPairsOfEachFilter) {
  auto runner = this->runner();
  if (!runner) return;
  write_task(
      "metric_list:\n  - {metric: f1, aggregation: !function utils.right}\nfilter_list:\n"
      "  - {name: as_it_is, filter: [{function: take_first}]}\n"
      "  - {name: lower, filter: [{function: lowercase}, {function: take_first}]}\n",
      "def right(pairs):\n    return sum(gold == said for gold, said in pairs)\n");
  task::Task task = coded("t");
  ASSERT_TRUE(task::load_code(task, *runner));
  std::vector<Item> items{answered(0, "x"), answered(1, "Y")};
  for (Item& one : items) {
    one.content["target"] = one.content["doc"]["a"];
    const std::string said = one.content["resps"][0];
    one.content["filtered_resps"] = {{"as_it_is", {said}}, {"lower", {said == "Y" ? "y" : said}}};
  }
  const Scores scores = scores_of(task, items, *runner);
  EXPECT_DOUBLE_EQ(scores.metrics.at("f1,as_it_is").value, 1.0);
  EXPECT_DOUBLE_EQ(scores.metrics.at("f1,lower").value, 2.0);
}

// An item without a score would count as none.
TEST_F(CodeScoresTest, AFailureOnOneItemIsTheTasks) {
  auto runner = this->runner();
  if (!runner) return;
  write_task(
      "process_results: !function utils.process_results\nmetric_list:\n  - {metric: right, aggregation: "
      "mean}\n",
      "def process_results(doc, results):\n    return {'right': 1 / len(results[0])}\n");
  task::Task task = coded("t");
  const auto all = scored(task, {answered(0, "x"), answered(2, "")}, *runner);
  ASSERT_FALSE(all);
  EXPECT_THAT(all.error().message,
              HasSubstr("task 't', item 2: its Python code fails (utils.py:2): ZeroDivisionError"));
}

TEST_F(CodeScoresTest, ValuesHaveABound) {
  auto runner = this->runner();
  if (!runner) return;
  write_task(
      "process_results: !function utils.process_results\nmetric_list:\n  - {metric: right, aggregation: "
      "mean}\n",
      "def process_results(doc, results):\n    return {'right': 'x' * 2000000}\n");
  task::Task task = coded("t");
  const auto all = scored(task, {answered(0, "x")}, *runner);
  ASSERT_FALSE(all);
  EXPECT_THAT(all.error().message, HasSubstr("a value of more than 1024 KiB for right"));
}

TEST_F(CodeScoresTest, CodeThatChangedIsNotTheOneThatMadeTheRows) {
  auto runner = this->runner();
  if (!runner) return;
  write_task(
      "process_results: !function utils.process_results\nmetric_list:\n  - {metric: right, aggregation: "
      "mean}\n",
      "def process_results(doc, results):\n    return {'right': 1}\n");
  task::Task task = coded("t");
  ASSERT_TRUE(task::load_code(task, *runner));
  write("utils.py", "def process_results(doc, results):\n    return {'right': 0}\n");
  auto other = this->runner();
  const auto all = scored(task, {answered(0, "x")}, *other);
  ASSERT_FALSE(all);
  EXPECT_EQ(all.error().kind, base::ErrorKind::integrity);
}

}  // namespace
}  // namespace bantam::evaluate
