#include "engine/stop_strings.hpp"

#include <gtest/gtest.h>

namespace bantam::engine {
namespace {

// The length of the text when a stop string was found, feeding `step` bytes at a time; npos: never.
std::size_t end_of(const GenerateOptions& options, const std::string& text, std::size_t step,
                   bool in_thought = false) {
  StopStrings stop(options, in_thought);
  for (std::size_t size = step; size < text.size() + step; size += step) {
    const std::string_view grown = std::string_view(text).substr(0, size);
    if (stop.found_in(grown)) return grown.size();
  }
  return std::string::npos;
}

TEST(StopStrings, AreFoundWhereverTokensCutThem) {
  GenerateOptions options;
  options.stop = {"\n\n", "", "Question:"};
  const std::string text = "4\nso it is\n\nQuestion: 5";
  EXPECT_EQ(end_of(options, text, 1), 12U);
  EXPECT_EQ(end_of(options, text, 5), 15U);
  EXPECT_EQ(end_of(options, "a Quest", 1), std::string::npos);
  EXPECT_EQ(end_of(options, "xQuestion:", 3), 10U);
}

TEST(StopStrings, DoNotCountInsideABlockOfThought) {
  GenerateOptions options;
  options.stop = {"\n\n"};
  options.think_open = "<think>";
  options.think_close = "</think>";
  const std::string text = " <think>a\n\nb</think>c\n\nd";
  for (const std::size_t step : {1U, 2U, 3U, 7U}) EXPECT_LT(end_of(options, text, step) - 23, step);
  EXPECT_EQ(end_of(options, "<think>a\n\nb", 1), std::string::npos);
  EXPECT_EQ(end_of(options, "<b>\n\n", 1), 5U);
  EXPECT_EQ(end_of(options, "a\n\nb</think>c\n\nd", 1, true), 15U);
}

TEST(StopStrings, WithoutAnOpeningTagOnlyThePromptOpensABlock) {
  GenerateOptions options;
  options.stop = {"."};
  options.think_close = "<|message|>";
  EXPECT_EQ(end_of(options, "a. b<|message|>c.", 1), 2U);
  EXPECT_EQ(end_of(options, "a. b<|message|>c.", 1, true), 17U);
}

}  // namespace
}  // namespace bantam::engine
