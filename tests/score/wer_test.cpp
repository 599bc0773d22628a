// Word error rate against jiwer 4.0.0 (scripts/wer_oracle.py), and by hand.

#include "score/wer.hpp"

#include <gtest/gtest.h>

#include <filesystem>

#include "support/json_lines.hpp"

namespace bantam::score {
namespace {

using Words = std::vector<std::string>;

TEST(WordErrorRate, EqualsJiwer) {
  const auto rows =
      support::json_lines(std::filesystem::path(BANTAM_SOURCE_DIR) / "tests/data/oracle/metrics/wer.jsonl");
  ASSERT_EQ(rows.size(), 400U);
  for (const base::Json& row : rows) {
    const auto rate =
        word_error_rate(row["prediction"].get<std::string>(), row["reference"].get<std::string>());
    ASSERT_EQ(rate.has_value(), !row["wer"].is_null()) << row;
    if (rate) {
      EXPECT_DOUBLE_EQ(*rate, row["wer"].get<double>()) << row;
    }
  }
}

TEST(WordErrorRate, CountsEditsOfWords) {
  EXPECT_EQ(word_error_rate("the cat sat", "the cat sat"), 0.0);
  EXPECT_EQ(word_error_rate("the dog sat down", "the cat sat"), 2.0 / 3.0);  // one replaced, one added
  EXPECT_EQ(word_error_rate("", "the cat"), 1.0);
  EXPECT_EQ(word_error_rate("a b c", "x"), 3.0);
  EXPECT_EQ(word_error_rate("The cat", "the cat"), 0.5);
  EXPECT_FALSE(word_error_rate("a", " "));
}

// One tab is no blank for jiwer; two are.
TEST(WordErrorRate, OnlyBlanksSeparateWords) {
  EXPECT_EQ(jiwer_words(" a\tb  c\n\nd "), (Words{"a\tb", "c", "d"}));
  EXPECT_EQ(jiwer_words("\xC2\xA0"
                        "a\xE2\x80\x83 b"),
            (Words{"a", "b"}));
}

}  // namespace
}  // namespace bantam::score
