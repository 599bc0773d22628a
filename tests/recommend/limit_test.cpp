#include "recommend/limit.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "metric/catalogue.hpp"
#include "support/sample_records.hpp"

namespace bantam::recommend {
namespace {

using testing::HasSubstr;

analyze::Configuration configuration(record::Record record) {
  analyze::Configuration one{record.model, record.precision, {}, false};
  const std::string task = record.task;
  one.cells.emplace(task, std::move(record));
  return one;
}

TEST(limit, takes_names_without_units_and_values_with_them) {
  const auto ttft = parse_limit("ttft=60ms", Bound::most);
  ASSERT_TRUE(ttft);
  EXPECT_EQ(ttft->subject, "ttft_s");
  EXPECT_DOUBLE_EQ(ttft->value, 0.06);
  EXPECT_EQ(parse_limit("pss-peak=8GiB", Bound::most)->value, 8.0 * 1024 * 1024 * 1024);
  EXPECT_EQ(parse_limit("decode = 20", Bound::least)->subject, "decode_tokens_per_s");
  EXPECT_EQ(parse_limit("mean_kld=0.02", Bound::most)->subject, "kld_mean");
  const auto task = parse_limit("mmlu=60%", Bound::least);
  ASSERT_TRUE(task);
  EXPECT_TRUE(task->is_score);
  EXPECT_DOUBLE_EQ(task->value, 0.6);
}

TEST(limit, other_texts_are_refused) {
  for (const char* text : {"", "ttft", "=1s", "ttft=", "ttft=fast", "ttft=1 apple", "mmlu=nan", "mmlu=inf"}) {
    const auto limit = parse_limit(text, Bound::most);
    ASSERT_FALSE(limit) << text;
    EXPECT_EQ(limit.error().kind, base::ErrorKind::usage) << text;
  }
}

// The interval decides, not the value.
TEST(limit, is_judged_by_the_interval) {
  const auto one =
      configuration(support::performance("nano", "int8", 8, 100.0, 0.5));  // TTFT 0.495 to 0.505 s
  const auto kept = [&](const char* text, Bound bound) {
    return judge(*parse_limit(text, bound), one, {}).kept;
  };
  EXPECT_EQ(kept("ttft=0.51s", Bound::most), Kept::yes);
  EXPECT_EQ(kept("ttft=0.501s", Bound::most), Kept::unsure);
  EXPECT_EQ(kept("ttft=0.49s", Bound::most), Kept::no);
  EXPECT_EQ(kept("decode=98", Bound::least), Kept::yes);
  EXPECT_EQ(kept("decode=100", Bound::least), Kept::unsure);
  EXPECT_EQ(kept("decode=102", Bound::least), Kept::no);
  EXPECT_EQ(kept("tpot=1s", Bound::most), Kept::unknown);
  EXPECT_EQ(kept("file_bytes=1000000", Bound::most), Kept::yes);  // exact: 8 bits of a million weights
  EXPECT_EQ(kept("file_bytes=999999", Bound::most), Kept::no);
  EXPECT_EQ(kept("pss_peak=5050000", Bound::most), Kept::unsure);  // 5 MB, a single reading
  EXPECT_THAT(judge(*parse_limit("ttft=0.49s", Bound::most), one, {}).reason,
              HasSubstr("TTFT 500 ms [495 ms, 505 ms], at most 490 ms was asked for"));
}

TEST(limit, a_figure_of_too_few_samples_keeps_to_none) {
  record::Record record = support::performance("nano", "int8", 8, 100.0, 0.5);
  record.metrics["ttft_s"].interval.reset();
  const LimitResult result = judge(*parse_limit("ttft=1s", Bound::most), configuration(record), {});
  EXPECT_EQ(result.kept, Kept::unsure);
  EXPECT_THAT(result.reason, HasSubstr("too few samples"));
}

TEST(limit, names_that_nothing_was_measured_of_are_named) {
  const std::vector<analyze::ScoreColumn> columns{{"mmlu", "acc"}};
  EXPECT_TRUE(check_subjects({*parse_limit("mmlu=0.5", Bound::least)}, columns));
  const auto unknown = check_subjects({*parse_limit("mlu=0.5", Bound::least)}, columns);
  ASSERT_FALSE(unknown);
  EXPECT_THAT(unknown.error().hint, HasSubstr("did you mean mmlu?"));
}

}  // namespace
}  // namespace bantam::recommend
