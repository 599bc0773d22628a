#include "evaluate/encoder_metrics.hpp"

#include <gmock/gmock.h>

#include "evaluate/task_scores.hpp"
#include "support/task_folder.hpp"

namespace bantam::evaluate {
namespace {

using base::Json;
using engine::Token;
using testing::ElementsAre;
using testing::HasSubstr;

// Tokens are bytes between two special ones; a token's vector points along its own axis, so that equal tokens
// have the cosine 1 and others 0.
class ByteEncoder final : public engine::TokenEncoder {
 public:
  explicit ByteEncoder(int longest) { properties_.request_tokens = longest; }
  const engine::Properties& properties() const override { return properties_; }
  int layers() const override { return 3; }
  base::Result<std::vector<Token>> tokenize(std::string_view text) override {
    std::vector<Token> tokens{1};
    for (const char byte : text) tokens.push_back(static_cast<unsigned char>(byte));
    tokens.push_back(2);
    return tokens;
  }
  base::Result<std::vector<engine::TokenEmbeddings>> encode(std::span<const std::vector<Token>> sequences,
                                                            int layer) override {
    layers_seen.push_back(layer);
    std::vector<engine::TokenEmbeddings> all;
    for (const auto& sequence : sequences) {
      engine::TokenEmbeddings& own = all.emplace_back();
      own.width = 256;
      own.components.resize(sequence.size() * own.width, 0.0F);
      for (std::size_t i = 0; i < sequence.size(); ++i)
        own.components[i * own.width + static_cast<std::size_t>(sequence[i])] = 1.0F;
    }
    return all;
  }

  std::vector<int> layers_seen;

 private:
  engine::Properties properties_;
};

class EncoderMetricsTest : public support::TaskFolderTest {
 protected:
  void write_task(const std::string& metrics, const std::string& more = "") {
    write("t.yaml",
          "task: t\ndataset_path: json\ndataset_kwargs: {data_files: {test: t.jsonl}}\ntest_split: test\n"
          "output_type: generate_until\ndoc_to_text: q\ndoc_to_target: a\nmetric_list:\n" +
              metrics + more);
  }
  task::Task task_with(const std::string& metrics, const std::string& more = "") {
    write_task(metrics, more);
    return find("t").leaves.at(0);
  }

  static record::Item item(std::int64_t doc_id, const std::string& answer,
                           const std::vector<std::string>& references) {
    record::Item item;
    item.task = "t";
    item.doc_id = doc_id;
    item.content = {{"filtered_resps", {{"none", {answer}}}}, {"references", references}};
    return item;
  }

  // As Store::extend_items() does.
  static OnAdditions into(std::vector<record::Item>& items) {
    return [&items](std::vector<record::Item> additions) -> base::Status {
      for (const record::Item& more : additions) {
        record::Item& own = items.at(static_cast<std::size_t>(more.doc_id));
        own.metrics.insert(more.metrics.begin(), more.metrics.end());
        own.content.update(more.content);
      }
      return {};
    };
  }
};

TEST_F(EncoderMetricsTest, OneNameStandsForThreeValues) {
  const task::Task task = task_with("  - metric: bertscore\n    num_layers: 5\n    idf: true\n");
  ASSERT_EQ(task.metrics.size(), 3U);
  EXPECT_EQ(task.metrics[0].name(), "bertscore_precision");
  EXPECT_EQ(task.metrics[2].name(), "bertscore_f1");
  EXPECT_TRUE(needs_encoder(task));
  EXPECT_EQ(metric::bert_score_options(task.metrics[1].options), (score::BertScoreOptions{5, true}));
  EXPECT_TRUE(task.warnings.empty());
  EXPECT_FALSE(needs_encoder(task_with("  - metric: rouge1\n")));
}

TEST_F(EncoderMetricsTest, WhatCannotBeComputedIsRefused) {
  const std::pair<std::string, std::string> cases[] = {
      {"  - metric: bertscore\n    rescale_with_baseline: true\n", "not rescaled"},
      {"  - metric: bertscore\n    num_layers: 0\n", "num_layers must be"},
      {"  - metric: bertscore\n  - metric: bertscore_f1\n", "stands twice"},
      {"  - metric: bertscore_f1\n  - metric: bertscore\n", "stands twice"},
      {"  - metric: bertscore_f1\n  - metric: bertscore_recall\n    idf: true\n",
       "differ in num_layers or idf"},
  };
  for (const auto& [metrics, message] : cases) {
    write_task(metrics);
    EXPECT_THAT(error_of("t"), HasSubstr(message)) << metrics;
  }
}

// "abcd" of "abce": 3 of 4 tokens on either side.
TEST_F(EncoderMetricsTest, ValuesComeToTheItemsAndTheTask) {
  const task::Task task = task_with("  - metric: bertscore\n");
  std::vector<record::Item> items{item(0, "abcd", {"xyz", "abce"}), item(1, "ab", {"ab"}),
                                  item(2, "ab", {"cd"})};
  items[2].content["incomplete"] = true;
  const WaitingAnswers waiting = waiting_answers(std::span(&task, 1), items);
  ASSERT_EQ(waiting.sets.size(), 1U);
  EXPECT_THAT(waiting.sets[0].doc_ids, ElementsAre(0, 1));
  EXPECT_EQ(waiting.most_tokens, 6);
  ByteEncoder encoder(100);
  ASSERT_TRUE(add_bert_scores(encoder, waiting.sets[0], 2, into(items)));
  EXPECT_DOUBLE_EQ(items[0].metrics.at("bertscore_precision"), 0.75);
  EXPECT_DOUBLE_EQ(items[0].metrics.at("bertscore_f1"), 0.75);
  EXPECT_DOUBLE_EQ(items[1].metrics.at("bertscore_recall"), 1.0);
  EXPECT_TRUE(items[2].metrics.empty());
  EXPECT_THAT(encoder.layers_seen, testing::Each(3));
  const Scores scores = leaf_scores(task, items);
  EXPECT_DOUBLE_EQ(scores.metrics.at("bertscore_f1").value, 0.875);
  EXPECT_EQ(scores.metrics.at("bertscore_f1").n, 2);
  EXPECT_EQ(scores.metrics.at("encoder_truncated").value, 0.0);
  EXPECT_TRUE(waiting_answers(std::span(&task, 1), items).sets.empty());
}

TEST_F(EncoderMetricsTest, LongTextsAreCutAndCounted) {
  const task::Task task = task_with("  - metric: bertscore_f1\n");
  std::vector<record::Item> items{item(0, "abxxxx", {"ab"}), item(1, "ab", {"ab"})};
  const WaitingAnswers waiting = waiting_answers(std::span(&task, 1), items);
  ByteEncoder encoder(4);
  ASSERT_TRUE(add_bert_scores(encoder, waiting.sets[0], 2, into(items)));
  EXPECT_DOUBLE_EQ(items[0].metrics.at("bertscore_f1"), 1.0);
  EXPECT_EQ(items[0].content["encoder_truncated"], true);
  EXPECT_FALSE(items[1].content.contains("encoder_truncated"));
  const Scores scores = leaf_scores(task, items);
  EXPECT_EQ(scores.metrics.at("encoder_truncated").value, 1.0);
  EXPECT_EQ(scores.metrics.at("encoder_truncated").n, 2);
  EXPECT_THAT(scores.warnings, testing::Contains(HasSubstr("1 of 2 answers")));
}

TEST_F(EncoderMetricsTest, WithoutAnEncoderThereIsNoValueButAReason) {
  const task::Task task = task_with("  - metric: bertscore\n  - metric: rouge1\n");
  std::vector<record::Item> items{item(0, "ab", {"ab"})};
  items[0].metrics["rouge1"] = 1.0;
  const Scores scores = leaf_scores(task, items);
  EXPECT_TRUE(scores.metrics.contains("rouge1"));
  EXPECT_FALSE(scores.metrics.contains("bertscore_f1"));
  EXPECT_FALSE(scores.metrics.contains("encoder_truncated"));
  EXPECT_THAT(scores.absent.at("bertscore_f1"), HasSubstr("--embedding-model"));
}

// Rarity is counted over all references of the task, whatever was compared before.
TEST_F(EncoderMetricsTest, AResumedComparisonGivesTheSame) {
  const task::Task task = task_with("  - metric: bertscore\n    idf: true\n");
  std::vector<record::Item> whole;
  for (int i = 0; i < 100; ++i) {
    const std::string word(1, static_cast<char>('a' + i % 7));
    whole.push_back(item(i, word + "xy", {word + "x"}));
  }
  std::vector<record::Item> resumed = whole;
  ByteEncoder encoder(100);
  ASSERT_TRUE(add_bert_scores(encoder, waiting_answers(std::span(&task, 1), whole).sets[0], 4, into(whole)));
  int batches = 0;
  const auto store = into(resumed);
  const auto killed = [&](std::vector<record::Item> additions) -> base::Status {
    if (batches++ > 0) return base::fail(base::ErrorKind::interrupted, "killed");
    return store(std::move(additions));
  };
  const auto first = waiting_answers(std::span(&task, 1), resumed);
  EXPECT_FALSE(add_bert_scores(encoder, first.sets[0], 4, killed));
  const auto rest = waiting_answers(std::span(&task, 1), resumed);
  EXPECT_EQ(rest.sets[0].doc_ids.front(), 64);
  EXPECT_EQ(rest.most_tokens, first.most_tokens);
  const AnswerSet sent = answer_set_from(to_json(rest.sets[0]));
  ASSERT_TRUE(add_bert_scores(encoder, sent, 4, store));
  for (std::size_t i = 0; i < whole.size(); ++i) EXPECT_EQ(resumed[i].metrics, whole[i].metrics) << i;
}

TEST_F(EncoderMetricsTest, EachFilterHasItsOwnAnswers) {
  const task::Task task =
      task_with("  - metric: bertscore_f1\n",
                "filter_list:\n  - name: as_is\n    filter: [{function: take_first}]\n"
                "  - name: lower\n    filter: [{function: lowercase}, {function: take_first}]\n");
  std::vector<record::Item> items{item(0, "", {"ab"})};
  items[0].content["filtered_resps"] = {{"as_is", {"AB"}}, {"lower", {"ab"}}};
  ByteEncoder encoder(100);
  for (const AnswerSet& set : waiting_answers(std::span(&task, 1), items).sets)
    ASSERT_TRUE(add_bert_scores(encoder, set, 1, into(items)));
  EXPECT_DOUBLE_EQ(items[0].metrics.at("bertscore_f1,as_is"), 0.0);
  EXPECT_DOUBLE_EQ(items[0].metrics.at("bertscore_f1,lower"), 1.0);
}

}  // namespace
}  // namespace bantam::evaluate
