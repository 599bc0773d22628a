#include "analyze/configuration.hpp"

#include <gtest/gtest.h>

#include "record/sections.hpp"
#include "support/sample_records.hpp"

namespace bantam::analyze {
namespace {

using record::Outcome;
using record::Record;
using support::accuracy;
using support::cell;
using support::performance;

std::vector<std::string> names(const std::vector<Configuration>& configurations) {
  std::vector<std::string> all;
  for (const Configuration& c : configurations) all.push_back(c.model + " " + c.precision);
  return all;
}

TEST(gather, keeps_models_in_order_and_sorts_precisions_by_measured_bits) {
  Record unmeasured = cell("nano", "Q3_K_M", "performance");
  unmeasured.outcome = Outcome::failed;
  std::vector<std::string> notes;
  const auto configurations =
      gather({performance("zeta", "int4", 4.9, 1, 1), unmeasured, performance("nano", "int4", 4.8, 1, 1),
              performance("nano", "fp16", 16, 1, 1), performance("zeta", "int8", 8.5, 1, 1)},
             notes);
  EXPECT_EQ(names(configurations),
            (std::vector<std::string>{"zeta int8", "zeta int4", "nano fp16", "nano int4", "nano Q3_K_M"}));
  EXPECT_TRUE(notes.empty());
}

TEST(gather, the_newest_of_several_settings_counts_and_a_note_says_so) {
  Record old = performance("nano", "int4", 4.8, 100, 0.1);
  Record fresh = performance("nano", "int4", 4.8, 200, 0.1);
  fresh.finished_at = "2026-02-01T00:00:00Z";
  std::vector<std::string> notes;
  const auto configurations = gather({fresh, old}, notes);
  ASSERT_EQ(configurations.size(), 1U);
  EXPECT_EQ(metric_entry(configurations[0], "decode_tokens_per_s").value->value, 200.0);
  ASSERT_EQ(notes.size(), 1U);
  EXPECT_EQ(
      notes[0],
      "nano int4 performance was measured with several settings or on several machines; the newest is shown");
}

TEST(metric_entry, gives_the_value_or_says_why_there_is_none) {
  Record failed = performance("nano", "int8", 8.5, 1, 1);
  failed.outcome = Outcome::failed;
  failed.failure = record::Failure{"worker", "the worker died of SIGILL", "SIGILL"};
  Record invalid = cell("nano", "int4", "performance");
  invalid.outcome = Outcome::invalid;
  invalid.reasons = {"CPU steal 12 %", "swap"};
  std::vector<std::string> notes;
  const auto all = gather({performance("nano", "fp16", 16, 500, 0.1), failed, invalid,
                           accuracy("nano", "Q2_K", "nano_qa", 0.5, 0.4, 0.6, 100)},
                          notes);
  EXPECT_EQ(metric_entry(all[0], "decode_tokens_per_s").value->value, 500.0);
  EXPECT_EQ(metric_entry(all[0], "device_memory_bytes").absent, "no accelerator is used");
  EXPECT_EQ(metric_entry(all[0], "itl_p99_s").absent, "not measured");
  EXPECT_EQ(metric_entry(all[1], "decode_tokens_per_s").absent, "failed: SIGILL");
  EXPECT_EQ(metric_entry(all[1], "bits_per_weight").value->value, 8.5) << "a fact of the file stays true";
  EXPECT_EQ(metric_entry(all[2], "ttft_s").absent, "invalid: CPU steal 12 %; swap");
  EXPECT_EQ(metric_entry(all[3], "ttft_s").absent, "not run");
}

TEST(metric_entry, takes_facts_of_the_file_from_any_task) {
  Record only_accuracy = accuracy("nano", "int4", "nano_qa", 0.5, 0.4, 0.6, 100);
  only_accuracy.model_info = base::Json{{"parameters", 3700000}, {"bits_per_weight", 4.84}};
  std::vector<std::string> notes;
  const auto all = gather({only_accuracy}, notes);
  EXPECT_EQ(metric_entry(all[0], "parameters").value->value, 3.7e6);
  EXPECT_EQ(metric_entry(all[0], "bits_per_weight").value->value, 4.84);
}

record::TaskFacts asks_for(std::vector<std::string> metrics) {
  record::TaskFacts facts;
  facts.name = "tags";
  facts.metrics = std::move(metrics);
  return facts;
}

TEST(asked_scores, are_all_that_the_task_asks_for_and_the_first_leads) {
  Record record = cell("nano", "fp16", "tags");
  record::set_tasks(record, {asks_for({"entity_f1", "exact_match", "bertscore_f1"})});
  record.metrics["exact_match"] = support::exact(0.4);
  record.metrics["entity_f1"] = support::exact(0.3);
  record.metrics["empty"] = support::exact(0);
  record.absent["bertscore_f1"] = "no embedding model is named";
  EXPECT_EQ(asked_scores(record), (std::vector<std::string>{"entity_f1", "exact_match", "bertscore_f1"}));
  std::vector<std::string> notes;
  const auto columns = score_columns(gather({record}, notes));
  ASSERT_EQ(columns.size(), 1U);
  EXPECT_EQ(columns[0].metric, "entity_f1");
}

TEST(asked_scores, of_code_bear_names_of_their_own) {
  Record record = cell("nano", "fp16", "tags");
  record::set_tasks(record, {asks_for({"reds", "acc"})});
  record.metrics["reds,strict"] = support::exact(0.5);
  record.metrics["acc"] = support::exact(0.5);
  record.metrics["greens"] = support::exact(0.5);  // nobody asked for it
  EXPECT_EQ(asked_scores(record), std::vector<std::string>{"acc"});
  record.task_info["code_sha256"]["tags"] = "0f";
  EXPECT_EQ(asked_scores(record), (std::vector<std::string>{"reds,strict", "acc"}));
}

TEST(asked_scores, of_a_group_are_those_that_it_adds_up) {
  Record record = cell("nano", "fp16", "tags");
  record::set_tasks(record, {asks_for({"acc", "acc_norm"}), asks_for({"acc", "acc_norm"})});
  for (const char* key : {"acc", "acc_micro", "acc_macro"}) record.metrics[key] = support::exact(0.4);
  EXPECT_EQ(asked_scores(record), std::vector<std::string>{"acc"});
}

TEST(asked_scores, a_comparison_that_was_decided_is_shown_by_what_decided_it) {
  Record record = cell("nano", "fp16", "tags");
  record::set_tasks(record, {asks_for({"f1", "exact_match"})});
  record.metrics["exact_match"] = support::exact(0.4);
  record.metrics["f1"] = support::exact(0.3);
  record::Adaptive adaptive;
  adaptive.metric = "exact_match";
  record::set_adaptive(record, adaptive);
  std::vector<std::string> notes;
  EXPECT_EQ(score_columns(gather({record}, notes)).at(0).metric, "exact_match");
}

TEST(gather, knows_encoders_also_by_the_other_cells_of_their_model) {
  Record encoder = cell("minilm", "fp16", "performance");
  encoder.metrics["sequence_latency_s"] = support::exact(0.01);
  Record failed = cell("minilm", "int8", "performance");
  failed.outcome = Outcome::failed;
  std::vector<std::string> notes;
  for (const Configuration& one : gather({performance("nano", "fp16", 16, 1, 1), encoder, failed}, notes))
    EXPECT_EQ(one.encodes, one.model == "minilm") << one.model << one.precision;
}

TEST(score_columns, one_headline_per_task) {
  Record generation = cell("nano", "fp16", "gsm8k");
  generation.metrics["exact_match,flexible-extract"] = support::exact(0.4);
  generation.metrics["exact_match,strict-match"] = support::exact(0.3);
  generation.metrics["truncated"] = support::exact(2);
  Record choice = accuracy("nano", "fp16", "arc", 0.5, 0.4, 0.6, 100);
  choice.metrics["acc_norm"] = support::exact(0.6);
  Record failed = cell("nano", "fp16", "mmlu");
  failed.outcome = Outcome::failed;
  Record text = cell("nano", "fp16", "text");
  text.metrics["bits_per_byte"] = support::exact(1.2);
  text.metrics["word_perplexity"] = support::exact(20.0);
  std::vector<std::string> notes;
  const auto columns = score_columns(gather({text, generation, choice, failed}, notes));
  ASSERT_EQ(columns.size(), 4U);
  EXPECT_EQ(columns[0].task + " " + columns[0].metric, "arc acc_norm");
  EXPECT_EQ(columns[1].task + " " + columns[1].metric, "gsm8k exact_match,strict-match");
  EXPECT_EQ(columns[2].task + " " + columns[2].metric, "mmlu acc") << "asked for, so it has its place";
  EXPECT_EQ(columns[3].task + " " + columns[3].metric, "text word_perplexity");
}

}  // namespace
}  // namespace bantam::analyze
