#include "analyze/impact.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <cmath>
#include <set>
#include <tuple>

#include "analyze/analysis.hpp"
#include "metric/catalogue.hpp"
#include "support/sample_records.hpp"

namespace bantam::analyze {
namespace {

using record::Item;
using record::Record;
using support::accuracy;
using support::performance;

ItemSource source(std::map<std::string, std::vector<Item>> items) {
  return [items = std::move(items)](const std::string& key) -> base::Result<std::vector<Item>> {
    const auto found = items.find(key);
    return found == items.end() ? std::vector<Item>{} : found->second;
  };
}

// 100 items: the base has the first 80 right; the other loses 10 of them and gains 2.
std::vector<Item> ten_lost_two_gained() {
  auto items = support::items("qa", 100, 80);
  for (std::size_t i = 0; i < 10; ++i) items[i].metrics["acc"] = 0.0;
  items[98].metrics["acc"] = items[99].metrics["acc"] = 1.0;
  return items;
}

std::vector<Record> two_accuracy_records() {
  return {accuracy("nano", "fp16", "qa", 0.80, 0.71, 0.87, 100),
          accuracy("nano", "int4", "qa", 0.72, 0.63, 0.80, 100)};
}

Impact only_impact(const std::vector<Record>& records, const ItemSource& items,
                   const std::string& base = "fp16") {
  const auto analysis = analyze(records, items, base);
  EXPECT_TRUE(analysis);
  EXPECT_EQ(analysis->impacts.size(), 1U);
  return analysis->impacts.at(0);
}

// By hand: the log ratios of the six rounds lie 0.0167 above and below log 1.8; Student's t(5, 0.985) = 3.003
// (tables), times the standard error 0.0167 / √5.
TEST(impact, ratios_against_the_base_from_rounds) {
  const double reach = std::exp(3.003 * 0.0167 / std::sqrt(5.0));
  const Impact impact =
      only_impact({performance("nano", "fp16", 16, 500, 0.1), performance("nano", "int4", 4, 900, 0.08)}, {});
  EXPECT_EQ(impact.base_precision, "fp16");
  const Change& decode = impact.changes.at("decode_tokens_per_s");
  EXPECT_DOUBLE_EQ(decode.ratio, 1.8);
  EXPECT_EQ(decode.rounds, 6);
  EXPECT_NEAR(decode.interval->low, 1.8 / reach, 1e-4);
  EXPECT_NEAR(decode.interval->high, 1.8 * reach, 1e-4);
  EXPECT_EQ(decode.verdict, Verdict::better);
  const metric::Metric& ttft = *metric::find_metric("ttft_s");
  const Change& first_token = impact.changes.at("ttft_s");
  EXPECT_DOUBLE_EQ(first_token.ratio, 0.8);
  EXPECT_DOUBLE_EQ(first_token.factor(ttft), 1.25);
  EXPECT_NEAR(first_token.factor_interval(ttft)->low, 1.25 / reach, 1e-4);
  EXPECT_NEAR(first_token.factor_interval(ttft)->high, 1.25 * reach, 1e-4);
  EXPECT_DOUBLE_EQ(impact.changes.at("file_bytes").ratio, 0.25);
  EXPECT_FALSE(impact.changes.at("file_bytes").interval);
  EXPECT_DOUBLE_EQ(impact.changes.at("pss_peak_bytes").ratio, 4.5e6 / 6e6);
  EXPECT_EQ(impact.changes.at("private_peak_bytes").verdict, Verdict::undecided) << "4 MB both";
}

TEST(impact, overlapping_intervals_decide_nothing) {
  const Impact impact =
      only_impact({performance("nano", "fp16", 16, 500, 0.1), performance("nano", "int4", 4, 505, 0.1)}, {});
  EXPECT_EQ(impact.changes.at("decode_tokens_per_s").verdict, Verdict::undecided);
}

// The same items in five subjects of 20: ten lost in the first, two gained in the last. By hand: the sums of
// the differences are -10, 0, 0, 0 and 2, their standard error sqrt(5 / 4 * 91.2) / 100, t = 0.7493 with 4
// degrees.
TEST(impact, items_lost_in_one_subject_are_one_finding) {
  auto base = support::items("qa", 100, 80);
  auto other = ten_lost_two_gained();
  for (std::size_t i = 0; i < 100; ++i) base[i].task = other[i].task = "qa_" + std::to_string(i / 20);
  const Impact impact =
      only_impact(two_accuracy_records(), source({{"nano/fp16/qa", base}, {"nano/int4/qa", other}}));
  EXPECT_NEAR(impact.scores.at(0).p.value(), 0.4953543089, 1e-9);
  EXPECT_EQ(impact.scores[0].verdict, Verdict::undecided) << "McNemar's p alone is 0.039";
}

TEST(impact, scores_are_compared_on_the_same_items) {
  const Impact impact = only_impact(
      two_accuracy_records(),
      source({{"nano/fp16/qa", support::items("qa", 100, 80)}, {"nano/int4/qa", ten_lost_two_gained()}}));
  ASSERT_EQ(impact.scores.size(), 1U);
  const ScoreChange& change = impact.scores[0];
  EXPECT_EQ(change.n, 100);
  EXPECT_EQ(change.lost, 10);
  EXPECT_EQ(change.gained, 2);
  EXPECT_DOUBLE_EQ(change.difference, -0.08);
  EXPECT_NEAR(*change.p, 2.0 * (1 + 12 + 66) / 4096.0, 1e-12);  // P(X <= 2), X ~ Binomial(12, 1/2), two-sided
  EXPECT_DOUBLE_EQ(*change.p_holm, *change.p) << "one test";
  EXPECT_NEAR(*change.detectable, 2.80 * std::sqrt(0.12 / 100.0), 1e-12);
  EXPECT_LT(change.interval->low, -0.08);
  EXPECT_GT(change.interval->high, -0.08);
  EXPECT_LT(change.interval->high, 0.0);
  EXPECT_EQ(change.verdict, Verdict::worse);
}

TEST(impact, several_tests_are_adjusted_together) {
  std::vector<Record> records = two_accuracy_records();
  records.push_back(accuracy("nano", "int8", "qa", 0.80, 0.71, 0.87, 100));
  const auto analysis = analyze(records,
                                source({{"nano/fp16/qa", support::items("qa", 100, 80)},
                                        {"nano/int8/qa", support::items("qa", 100, 80)},
                                        {"nano/int4/qa", ten_lost_two_gained()}}),
                                "fp16");
  const ScoreChange& int4 = analysis->impacts[1].scores.at(0);
  EXPECT_EQ(analysis->impacts[1].precision, "int4");
  EXPECT_NEAR(*int4.p_holm, 2.0 * 158.0 / 4096.0, 1e-12);
  EXPECT_EQ(int4.verdict, Verdict::undecided) << "0.077 is not below 0.05";
  ASSERT_TRUE(int4.doubt) << "the interval leaves 0 out";
  EXPECT_NE(int4.doubt->find("among 2 comparisons"), std::string::npos) << *int4.doubt;
  EXPECT_NE(int4.doubt->find("p = 0.039"), std::string::npos) << *int4.doubt;
  EXPECT_NE(int4.doubt->find("p = 0.077 after Holm's correction"), std::string::npos) << *int4.doubt;
  const ScoreChange& int8 = analysis->impacts[0].scores.at(0);
  EXPECT_EQ(*int8.p, 1.0);
  EXPECT_EQ(int8.difference, 0.0);
  EXPECT_FALSE(int8.doubt) << "interval and p agree";
}

// Six items lost and none gained of 100: McNemar's p is 2 / 64 and one test needs no correction.
TEST(impact, no_doubt_where_interval_and_p_agree) {
  auto other = support::items("qa", 100, 80);
  for (std::size_t i = 0; i < 6; ++i) other[i].metrics["acc"] = 0.0;
  const Impact impact =
      only_impact(two_accuracy_records(),
                  source({{"nano/fp16/qa", support::items("qa", 100, 80)}, {"nano/int4/qa", other}}));
  EXPECT_DOUBLE_EQ(*impact.scores.at(0).p, 2.0 / 64.0);
  EXPECT_EQ(impact.scores[0].verdict, Verdict::worse);
  EXPECT_FALSE(impact.scores[0].doubt);
}

std::vector<Record> records_with_answers(double base_empty, double other_empty) {
  auto records = two_accuracy_records();
  records[0].metrics["empty"] = {base_empty, {}, {}, 100};
  records[1].metrics["empty"] = {other_empty, {}, {}, 100};
  return records;
}

TEST(impact, a_model_without_answers_is_never_alike) {
  const auto none_right = support::items("qa", 100, 0);
  const auto items = source({{"nano/fp16/qa", none_right}, {"nano/int4/qa", none_right}});
  EXPECT_EQ(only_impact(records_with_answers(3, 99), items).scores.size(), 1U);
  for (const auto& [base, other, reason] :
       {std::tuple{0, 100, "int4: every answer is empty"}, std::tuple{100, 0, "fp16: every answer is empty"},
        std::tuple{100, 100, "fp16 and int4: every answer is empty"}}) {
    const Impact impact = only_impact(records_with_answers(base, other), items);
    EXPECT_TRUE(impact.scores.empty());
    EXPECT_EQ(impact.refused.at("qa"), reason);
  }
}

TEST(impact, a_model_that_lost_all_answers_is_worse_and_the_reason_is_told) {
  const Impact impact =
      only_impact(records_with_answers(0, 100), source({{"nano/fp16/qa", support::items("qa", 100, 80)},
                                                        {"nano/int4/qa", support::items("qa", 100, 0)}}));
  ASSERT_EQ(impact.scores.size(), 1U);
  EXPECT_EQ(impact.scores[0].verdict, Verdict::worse);
  EXPECT_EQ(impact.scores[0].no_answers, "int4: every answer is empty");
}

// An entity score is of all items together: shares of items that happen to be 0 or 1 are not its difference.
TEST(impact, values_that_happen_to_be_0_and_1_are_not_right_or_wrong) {
  auto records = two_accuracy_records();
  for (Record& record : records) {
    record.metrics["entity_f1"] = record.metrics.at("acc");
    record.metrics.erase("acc");
  }
  const Impact impact =
      only_impact(records, source({{"nano/fp16/qa", support::items("qa", 100, 80, "entity_f1")},
                                   {"nano/int4/qa", support::items("qa", 100, 72, "entity_f1")}}));
  EXPECT_EQ(impact.scores.at(0).unpaired, "items are not right or wrong");
  EXPECT_NEAR(impact.scores[0].difference, -0.08, 1e-12);
}

TEST(impact, refuses_to_pair_different_item_sets_and_shows_the_overlap) {
  const Impact impact =
      only_impact(two_accuracy_records(), source({{"nano/fp16/qa", support::items("qa", 100, 80)},
                                                  {"nano/int4/qa", support::items("qa", 60, 50)}}));
  EXPECT_TRUE(impact.scores.empty());
  EXPECT_EQ(impact.refused.at("qa"), "the item sets differ: 60 are in both, 40 only in fp16, 0 only in int4");
}

TEST(impact, refuses_to_compare_scores_with_different_settings) {
  auto records = two_accuracy_records();
  records[0].settings = base::Json{{"accuracy", {{"num_fewshot", 5}, {"batch_size", 8}}}};
  records[1].settings = base::Json{{"accuracy", {{"batch_size", 16}}}};
  EXPECT_EQ(only_impact(records, {}).refused.at("qa"), "the setting num_fewshot differs");
  records[1].settings["accuracy"]["num_fewshot"] = 5;
  EXPECT_EQ(only_impact(records, {}).scores.size(), 1U) << "the batch size may differ";
}

TEST(impact, refuses_speeds_of_different_machines_and_settings_but_compares_the_files) {
  std::vector<Record> records{performance("nano", "fp16", 16, 500, 0.1),
                              performance("nano", "int4", 4, 900, 0.08)};
  records[0].settings = records[1].settings =
      base::Json{{"engine", {{"threads", 2}}}, {"performance", {{"num_runs", 9}}}};
  records[0].device = base::Json{{"identity", "aaaa"}, {"available_bytes", 1}};
  records[1].device = base::Json{{"identity", "aaaa"}, {"available_bytes", 2}};
  records[1].settings["performance"]["num_runs"] = 99;
  EXPECT_TRUE(only_impact(records, {}).refused.empty()) << "how often it was measured does not matter";
  records[1].settings["engine"]["threads"] = 4;
  const Impact threads = only_impact(records, {});
  EXPECT_EQ(threads.refused.at("performance"), "the setting threads differs");
  EXPECT_FALSE(threads.changes.contains("decode_tokens_per_s"));
  EXPECT_TRUE(threads.changes.contains("file_bytes"));
  records[1].device["identity"] = "bbbb";
  EXPECT_EQ(only_impact(records, {}).refused.at("performance"), "measured on different machines");
}

TEST(impact, scores_that_are_not_right_or_wrong_are_compared_by_their_intervals) {
  auto records = two_accuracy_records();
  for (Record& record : records) record.metrics.clear();
  records[0].metrics["bits_per_byte"] = support::measured(1.00, 0.95, 1.05);
  records[1].metrics["bits_per_byte"] = support::measured(1.30, 1.20, 1.40);
  const auto values = support::items("qa", 10, 0, "bits_per_byte");
  auto others = values;
  others[3].metrics["bits_per_byte"] = 0.7;
  const Impact impact = only_impact(records, source({{"nano/fp16/qa", values}, {"nano/int4/qa", others}}));
  const ScoreChange& change = impact.scores.at(0);
  EXPECT_EQ(change.unpaired, "items are not right or wrong");
  EXPECT_FALSE(change.p);
  EXPECT_DOUBLE_EQ(change.difference, 0.30);
  EXPECT_DOUBLE_EQ(change.interval->low, 0.15);
  EXPECT_DOUBLE_EQ(change.interval->high, 0.45);
  EXPECT_EQ(change.verdict, Verdict::worse) << "lower is better";
}

TEST(impact, failed_cells_are_refused_by_name_and_never_compared) {
  auto records = two_accuracy_records();
  records[1].outcome = record::Outcome::failed;
  records[1].failure = record::Failure{"worker", "the worker died", "SIGSEGV"};
  const Impact impact = only_impact(records, {});
  EXPECT_TRUE(impact.scores.empty());
  EXPECT_EQ(impact.refused.at("qa"), "int4: failed: SIGSEGV");
}

TEST(impact, the_base_is_the_one_with_the_most_bits_unless_named) {
  const std::vector<Record> records{performance("nano", "int4", 4.8, 1, 1),
                                    performance("nano", "int8", 8.5, 1, 1)};
  EXPECT_EQ(only_impact(records, {}, "").base_precision, "int8");
  EXPECT_EQ(only_impact(records, {}, "int4").base_precision, "int4");
  const auto without = analyze(records, {}, "fp16");
  EXPECT_TRUE(without->impacts.empty());
  ASSERT_EQ(without->notes.size(), 1U);
  EXPECT_EQ(without->notes[0],
            "nano has no results at the base precision fp16: nothing to compare its others with");
}

TEST(impact, passes_on_an_error_of_the_item_source) {
  const auto broken =
      analyze(two_accuracy_records(), [](const std::string&) -> base::Result<std::vector<Item>> {
        return base::fail(base::ErrorKind::storage, "gone");
      });
  ASSERT_FALSE(broken);
  EXPECT_EQ(broken.error().message, "gone");
}

TEST(pairing, matches_by_task_and_doc_id_whatever_the_order) {
  const std::vector<Item> base{
      {"a", 2, {}, {{"acc", 1.0}}}, {"b", 1, {}, {{"acc", 1.0}}}, {"a", 1, {}, {{"acc", 0.0}}}};
  const std::vector<Item> other{{"a", 1, {}, {{"acc", 1.0}}},
                                {"b", 1, {}, {{"acc", 0.0}}},
                                {"a", 3, {}, {{"acc", 1.0}}},
                                {"b", 9, {}, {{"f1", 1.0}}}};
  const ScoreSource scores = source({{"base", base}, {"other", other}});
  const auto pairing = pair_scores(scores.open("base", "acc").value(), scores.open("other", "acc").value());
  ASSERT_TRUE(pairing);
  EXPECT_EQ(pairing->common, 2);
  EXPECT_EQ(pairing->only_base, 1);
  EXPECT_EQ(pairing->only_other, 1);
  EXPECT_EQ(pairing->lost, 1);
  EXPECT_EQ(pairing->gained, 1);
  EXPECT_FALSE(pairing->same_items());
}

TEST(pairing, passes_on_an_error_in_the_middle) {
  const ScoreSource scores = source({{"base", support::items("qa", 3, 3)}});
  const auto broken = [count = 0]() mutable -> base::Result<std::optional<ItemScore>> {
    if (count++ < 2) return ItemScore{"qa", count - 1, 1.0};
    return base::fail(base::ErrorKind::integrity, "changed");
  };
  const auto pairing = pair_scores(scores.open("base", "acc").value(), broken);
  ASSERT_FALSE(pairing);
  EXPECT_EQ(pairing.error().message, "changed");
}

// A model with an adapter, as `bantam run` records it: applied to the file of its base, or merged into one of
// its own.
Record tuned(Record record, const std::string& source_sha256, bool merged) {
  record.model_info = {{"sha256", merged ? "a merged file" : source_sha256}, {"adapter", {{"scale", 1.0}}}};
  if (merged) record.model_info["made_from"] = {{"sha256", source_sha256}};
  return record;
}

Record plain(Record record, const std::string& source_sha256) {
  record.model_info = {{"sha256", source_sha256}};
  return record;
}

// 100 items: the base has 80 right. Tuned it loses 10 and gains 2: McNemar's exact p of 2 among 12 is
// 2 x (1 + 12 + 66) / 4096.
TEST(impact, a_tuned_model_is_compared_with_the_untuned_base) {
  for (const bool merged : {false, true}) {
    const std::vector<Record> records{
        plain(accuracy("nano", "fp16", "qa", 0.80, 0.71, 0.87, 100), "source"),
        plain(accuracy("other", "fp16", "qa", 0.80, 0.71, 0.87, 100), "another"),
        tuned(accuracy("bees", "fp16", "qa", 0.72, 0.63, 0.80, 100), "source", merged)};
    const auto analysis = analyze(records, source({{"nano/fp16/qa", support::items("qa", 100, 80)},
                                                   {"other/fp16/qa", support::items("qa", 100, 80)},
                                                   {"bees/fp16/qa", ten_lost_two_gained()}}));
    ASSERT_TRUE(analysis);
    ASSERT_EQ(analysis->impacts.size(), 1U);
    const Impact& impact = analysis->impacts[0];
    EXPECT_TRUE(impact.is_tuned);
    EXPECT_EQ(std::tie(impact.model, impact.precision, impact.base_model, impact.base_precision),
              std::make_tuple("bees", "fp16", "nano", "fp16"));
    ASSERT_EQ(impact.scores.size(), 1U);
    EXPECT_EQ(impact.scores[0].lost, 10);
    EXPECT_EQ(impact.scores[0].gained, 2);
    EXPECT_NEAR(impact.scores[0].difference, -0.08, 1e-12);
    EXPECT_NEAR(*impact.scores[0].p, 2.0 * 79.0 / 4096.0, 1e-12);
  }
}

TEST(impact, each_precision_of_a_tuned_model_has_both_bases) {
  std::vector<Record> records;
  for (const char* precision : {"fp16", "int4"}) {
    records.push_back(plain(accuracy("nano", precision, "qa", 0.80, 0.71, 0.87, 100), "source"));
    records.push_back(tuned(accuracy("bees", precision, "qa", 0.80, 0.71, 0.87, 100), "source", false));
    records.back().metrics["bits_per_weight"] = support::exact(precision == std::string("fp16") ? 16 : 4);
    if (precision == std::string("int4")) {
      for (Record* record : {&records[2], &records[3]}) {
        record->model_info["sha256"] = "a quantized file";
        record->model_info["made_from"] = {{"sha256", "source"}};
      }
    }
  }
  const auto analysis = analyze(records, {});
  ASSERT_TRUE(analysis);
  std::vector<std::string> pairs;
  for (const Impact& impact : analysis->impacts) {
    pairs.push_back(impact.model + " " + impact.precision + " " + impact.base_model + " " +
                    impact.base_precision);
  }
  EXPECT_EQ(pairs, (std::vector<std::string>{"nano int4 nano fp16", "bees fp16 nano fp16",
                                             "bees int4 bees fp16", "bees int4 nano fp16"}));
}

// In a sweep over depth (other work) and threads (other settings of the engine) at two precisions.
TEST(impact, points_of_a_sweep_are_compared_where_the_work_is_the_same) {
  std::vector<Record> records;
  for (const char* precision : {"fp16", "int4"}) {
    for (const int depth : {0, 512}) {
      for (const int threads : {1, 2}) {
        Record record = performance("nano", precision, precision[0] == 'f' ? 16 : 4, 500, 0.1);
        record.point = fmt::format("n-depth={} threads={}", depth, threads);
        record.swept = {"threads"};
        record.settings["engine"]["threads"] = threads;
        record.settings["performance"]["n_depth"] = depth;
        record.cell_key += record.point;
        records.push_back(std::move(record));
      }
    }
  }
  const auto analysis = analyze(records, {}, "fp16");
  ASSERT_TRUE(analysis);
  std::set<std::pair<std::string, std::string>> compared;
  for (const Impact& impact : analysis->impacts) {
    EXPECT_TRUE(impact.refused.empty()) << impact.setup();
    EXPECT_TRUE(impact.changes.contains("decode_tokens_per_s")) << impact.setup();
    compared.emplace(impact.setup(), impact.base_setup());
  }
  // Each precision against the base at its own point, and at the base precision 2 threads against 1.
  const std::set<std::pair<std::string, std::string>> expected{
      {"int4 n-depth=0 threads=1", "fp16"},
      {"int4 n-depth=0 threads=2", "fp16"},
      {"int4 n-depth=512 threads=1", "fp16"},
      {"int4 n-depth=512 threads=2", "fp16"},
      {"fp16 n-depth=0 threads=2", "fp16 n-depth=0 threads=1"},
      {"fp16 n-depth=512 threads=2", "fp16 n-depth=512 threads=1"}};
  EXPECT_EQ(compared, expected);
}

// Another number of threads outside a sweep may be an oversight.
TEST(impact, settings_that_no_sweep_varies_still_stand_in_the_way) {
  Record one = performance("nano", "fp16", 16, 500, 0.1);
  Record other = performance("nano", "int4", 4, 900, 0.08);
  one.swept = other.swept = {"repack"};
  one.settings["engine"]["threads"] = 1;
  other.settings["engine"]["threads"] = 2;
  EXPECT_EQ(speed_obstacle(one, other), "the setting threads differs");
  one.swept = {"threads"};
  EXPECT_EQ(speed_obstacle(one, other), "the setting threads differs");
  other.swept = {"threads"};
  EXPECT_FALSE(speed_obstacle(one, other));
}

// A draft model's hash, and how much it proposes, come with the draft.
TEST(impact, a_sweep_over_drafts_is_compared) {
  Record plain = performance("nano", "fp16", 16, 500, 0.1);
  Record drafted = plain;
  plain.swept = drafted.swept = {"draft"};
  drafted.settings["engine"]["draft"] = "small.gguf";
  drafted.settings["engine"]["draft_sha256"] = "abc";
  drafted.settings["engine"]["draft_tokens"] = 4;
  EXPECT_FALSE(speed_obstacle(plain, drafted));
  plain.swept.clear();
  EXPECT_TRUE(speed_obstacle(plain, drafted));
}

}  // namespace
}  // namespace bantam::analyze
