#include "metric/catalogue.hpp"

#include <gtest/gtest.h>
#include <set>

namespace bantam::metric {
namespace {

TEST(catalogue, names_are_unique_and_every_entry_says_what_it_is) {
  std::set<std::string_view> names;
  for (const Metric& metric : catalogue()) {
    EXPECT_TRUE(names.insert(metric.name).second) << metric.name;
    EXPECT_FALSE(metric.title.empty()) << metric.name;
    EXPECT_GT(metric.definition.size(), 15U) << metric.name;
    EXPECT_EQ(metric.definition.find('|'), std::string_view::npos) << metric.name;
  }
}

TEST(catalogue, names_carry_their_unit) {
  for (const Metric& metric : catalogue()) {
    const bool per_second = metric.name.ends_with("_per_s");
    EXPECT_EQ(metric.unit.ends_with("/s"), per_second) << metric.name;
    EXPECT_EQ(metric.unit == "s", metric.name.ends_with("_s") && !per_second) << metric.name;
  }
}

TEST(catalogue, finds_a_metric_by_name_and_by_name_with_filter) {
  ASSERT_NE(find_metric("ttft_s"), nullptr);
  EXPECT_EQ(find_metric("ttft_s")->direction, Direction::lower_is_better);
  ASSERT_NE(find_metric("exact_match,strict-match"), nullptr);
  EXPECT_EQ(find_metric("exact_match,strict-match"), find_metric("exact_match"));
  EXPECT_EQ(find_metric("no_such_metric"), nullptr);
  EXPECT_EQ(find_metric(""), nullptr);
}

TEST(catalogue, a_key_names_its_metric_before_the_filter) {
  EXPECT_EQ(base_name("exact_match,strict-match"), "exact_match");
  EXPECT_EQ(base_name("acc"), "acc");
}

TEST(catalogue, a_finished_cell_is_told_by_its_headlines) {
  using Keys = std::vector<std::string>;
  EXPECT_EQ(
      cell_headlines({"decode_tokens_per_s", "file_bytes", "private_peak_bytes", "pss_peak_bytes", "ttft_s"}),
      (Keys{"ttft_s", "decode_tokens_per_s", "pss_peak_bytes"}))
      << "mapped weights are missing in the private peak, so it never leads";
  EXPECT_EQ(cell_headlines({"chunk_perplexity", "kld_mean"}), Keys{"kld_mean"});
  EXPECT_EQ(cell_headlines({"truncated"}), Keys{});
}

TEST(catalogue, what_a_task_asks_for_first_leads) {
  const auto leading = [](std::vector<std::string> keys) { return leading_score(keys); };
  EXPECT_EQ(leading({"entity_f1", "exact_match"}), "entity_f1");
  EXPECT_EQ(leading({"f1", "acc"}), "f1");
  EXPECT_EQ(leading({"rouge1", "rougeL", "bertscore_f1", "exact_match"}), "rouge1");
  EXPECT_EQ(leading({"exact_match,flexible-extract", "exact_match,strict-match"}),
            "exact_match,strict-match");
  EXPECT_EQ(leading({"acc", "acc_norm"}), "acc_norm");
  EXPECT_EQ(leading({"perplexity", "acc"}), "acc");
}

TEST(catalogue, knows_the_averages_of_groups_from_metrics_with_such_a_name) {
  EXPECT_TRUE(is_named_average("acc_macro"));
  EXPECT_TRUE(is_named_average("exact_match_micro,strict-match"));
  EXPECT_FALSE(is_named_average("acc"));
  EXPECT_FALSE(is_named_average("micro_f1"));
  EXPECT_FALSE(is_named_average("rouge1_micro")) << "no metric at all";
}

TEST(catalogue, formats_values_for_people) {
  EXPECT_EQ(format_value(*find_metric("ttft_s"), 0.0142), "14.2 ms");
  EXPECT_EQ(format_value(*find_metric("decode_tokens_per_s"), 74.26), "74.3");
  EXPECT_EQ(format_value(*find_metric("file_bytes"), 7.1 * 1024 * 1024), "7.10 MiB");
  EXPECT_EQ(format_value(*find_metric("acc"), 0.8124), "0.812");
  EXPECT_EQ(format_value(*find_metric("parameters"), 3.72e6), "3.72 M");
}

}  // namespace
}  // namespace bantam::metric
