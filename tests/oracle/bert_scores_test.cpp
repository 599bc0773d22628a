// BERTScore with all-MiniLM-L6-v2 is that of bert_score 0.3.13, at its last layer and one before, with and
// without idf.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/files.hpp"
#include "base/json.hpp"
#include "engine/llama/encoder.hpp"
#include "evaluate/encoder_metrics.hpp"
#include "evaluate/task_scores.hpp"
#include "support/minilm.hpp"
#include "support/shared.hpp"

namespace bantam::evaluate {
namespace {

constexpr const char* kPairs = "oracle/metrics/bertscore.jsonl";
constexpr int kAtOnce = 4;
// The reference cuts texts to 512 tokens, [CLS] and [SEP] among them.
constexpr engine::Capacity kCapacity{512, kAtOnce};
constexpr double kTolerance = 1e-4;
// llama.cpp takes spacing vowel signs (Unicode category Mc) for accents and strips them.
constexpr const char* kOtherTokens = "edge-devanagari_thai";

// One score a pair, in order, all at once; idf counts the pairs' own references.
base::Result<std::vector<score::BertScore>> bert_scores(engine::TokenEncoder& encoder,
                                                        std::span<const TextPair> pairs,
                                                        const score::BertScoreOptions& options, int at_once) {
  std::vector<std::string> references;
  for (const TextPair& pair : pairs) {
    references.insert(references.end(), pair.references.begin(), pair.references.end());
  }
  TRY_ASSIGN(BertScorer scorer, BertScorer::make(encoder, options, references, at_once));
  std::vector<score::BertScore> scores;
  for (std::size_t begin = 0; begin < pairs.size(); begin += kPairsAtOnce) {
    TRY_ASSIGN(const auto some,
               scorer.score(pairs.subspan(begin, std::min(kPairsAtOnce, pairs.size() - begin))));
    for (const ScoredPair& pair : some) scores.push_back(pair.score);
  }
  return scores;
}

class BertScores : public ::testing::Test {
 protected:
  void SetUp() override {
    SKIP_WITHOUT_SHARED(kPairs);
    SKIP_WITHOUT_MINILM();
    plan::EngineSettings settings;
    settings.threads = 1;
    auto opened = engine::open_llama_token_encoder(support::minilm_path(), settings, kCapacity, nullptr);
    ASSERT_TRUE(opened) << opened.error().message;
    encoder_ = *std::move(opened);
  }

  // Pairs hold every row, as the idf table does; rows with other tokens are not compared.
  void expect_scores(const std::vector<base::Json>& rows, const std::vector<TextPair>& pairs) {
    for (const int layer : {6, 5}) {
      for (const bool idf : {false, true}) {
        const auto scores = bert_scores(*encoder_, pairs, {layer, idf}, kAtOnce).value();
        ASSERT_EQ(scores.size(), rows.size());
        const std::string key = "layers" + std::to_string(layer) + (idf ? "_idf" : "_noidf");
        for (std::size_t i = 0; i < rows.size(); ++i) {
          if (rows[i]["id"] == kOtherTokens) continue;
          const base::Json& expected = rows[i]["expected"][key];
          const std::string what = rows[i]["id"].get<std::string>() + " " + key;
          EXPECT_NEAR(scores[i].precision, expected["precision"].get<double>(), kTolerance) << what;
          EXPECT_NEAR(scores[i].recall, expected["recall"].get<double>(), kTolerance) << what;
          EXPECT_NEAR(scores[i].f1, expected["f1"].get<double>(), kTolerance) << what;
        }
      }
    }
  }

  std::unique_ptr<engine::TokenEncoder> encoder_;
};

TEST_F(BertScores, OfPairs) {
  const auto rows = support::shared_json_lines(kPairs);
  ASSERT_EQ(rows.size(), 61u);
  std::vector<TextPair> pairs;
  for (const base::Json& row : rows) pairs.push_back({row["prediction"], {row["reference"]}});
  expect_scores(rows, pairs);
}

// The way of a task: items as they are stored, the encoder's additions, the task's scores.
TEST_F(BertScores, OfStoredAnswersOfATask) {
  task::Task task;
  task.name = "pairs";
  task.output_type = task::OutputType::generate_until;
  task.filters = {{"none", base::Json::array()}};
  for (const metric::TaskMetric* part : metric::find_task_metric("bertscore")->stands_for) {
    task.metrics.push_back(
        {part, &metric::aggregations::mean, {{"metric", "bertscore"}, {"num_layers", 5}, {"idf", true}}});
  }
  const auto rows = support::shared_json_lines(kPairs);
  std::vector<record::Item> items;
  for (const base::Json& row : rows) {
    record::Item& item = items.emplace_back();
    item.task = task.name;
    item.doc_id = static_cast<std::int64_t>(items.size()) - 1;
    item.content = {{"filtered_resps", {{"none", {row["prediction"]}}}}, {"references", {row["reference"]}}};
  }
  const auto waiting = waiting_answers(std::span(&task, 1), items);
  ASSERT_EQ(waiting.sets.size(), 1u);
  const auto add = [&](std::vector<record::Item> additions) -> base::Status {
    for (const record::Item& more : additions) {
      items.at(static_cast<std::size_t>(more.doc_id))
          .metrics.insert(more.metrics.begin(), more.metrics.end());
    }
    return {};
  };
  ASSERT_TRUE(add_bert_scores(*encoder_, waiting.sets.front(), kAtOnce, add));
  double mean_f1 = 0.0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const base::Json& expected = rows[i]["expected"]["layers5_idf"];
    mean_f1 +=
        (rows[i]["id"] == kOtherTokens ? items[i].metrics.at("bertscore_f1") : expected["f1"].get<double>()) /
        static_cast<double>(rows.size());
    if (rows[i]["id"] == kOtherTokens) continue;
    EXPECT_NEAR(items[i].metrics.at("bertscore_precision"), expected["precision"].get<double>(), kTolerance)
        << i;
    EXPECT_NEAR(items[i].metrics.at("bertscore_recall"), expected["recall"].get<double>(), kTolerance) << i;
    EXPECT_NEAR(items[i].metrics.at("bertscore_f1"), expected["f1"].get<double>(), kTolerance) << i;
  }
  const Scores scores = leaf_scores(task, items);
  EXPECT_NEAR(scores.metrics.at("bertscore_f1").value, mean_f1, kTolerance);
  EXPECT_EQ(scores.metrics.at("bertscore_f1").n, 61);
  EXPECT_TRUE(waiting_answers(std::span(&task, 1), items).sets.empty());
}

TEST_F(BertScores, OfSeveralReferences) {
  const auto rows = support::shared_json_lines("oracle/metrics/bertscore_multiref.jsonl");
  ASSERT_EQ(rows.size(), 20u);
  std::vector<TextPair> pairs;
  for (const base::Json& row : rows) pairs.push_back({row["prediction"], row["references"]});
  expect_scores(rows, pairs);
}

TEST_F(BertScores, WeightsAreTheReferences) {
  const std::string name = "oracle/metrics/bertscore_idf.json";
  const auto text = base::read_file(support::shared_folder() / name);
  const base::Json table = base::parse_json(*text, name).value();
  std::vector<std::vector<engine::Token>> references;
  for (const base::Json& row : support::shared_json_lines(kPairs))
    references.push_back(row["input_ids_reference"]);
  const auto weights = score::TokenWeights::inverse_frequency(references);
  for (const auto& [token, weight] : table["idf"].items()) {
    EXPECT_NEAR(weights.of(std::stoi(token)), weight.get<double>(), 1e-9) << token;
  }
}

TEST_F(BertScores, ATextWithoutTokensHasNone) {
  const std::vector<TextPair> pairs{{"", {"a text"}}, {"a text", {" \n"}}, {"a text", {"", "a text"}}};
  const auto scores = bert_scores(*encoder_, pairs, {}, kAtOnce).value();
  EXPECT_EQ(scores[0].f1, 0.0);
  EXPECT_EQ(scores[1].f1, 0.0);
  EXPECT_NEAR(scores[2].f1, 1.0, 1e-6);
}

TEST_F(BertScores, OfALayerThatIsNotThere) {
  const std::vector<TextPair> pairs{{"a", {"b"}}};
  const auto scores = bert_scores(*encoder_, pairs, {7, false}, kAtOnce);
  ASSERT_FALSE(scores);
  EXPECT_EQ(scores.error().kind, base::ErrorKind::bad_input);
}

TEST(BertScoreName, HasModelAndLayer) {
  EXPECT_EQ(bert_score_name("all-MiniLM-L6-v2", 5, true), "bertscore_all-MiniLM-L6-v2_L5_idf");
}

}  // namespace
}  // namespace bantam::evaluate
