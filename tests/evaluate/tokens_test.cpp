#include "evaluate/tokens.hpp"

#include <gtest/gtest.h>

#include "support/byte_engine.hpp"

namespace bantam::evaluate {
namespace {

Context context_of(const std::string& text) {
  return {{text, true}};
}

// As lm-eval counts: the last max_length + 1 tokens are kept, the very last is only predicted.
TEST(PromptTokenizer, KeepsTheEndOfWhatIsTooLong) {
  support::ByteEngine engine;
  auto tokenizer = PromptTokenizer::make(engine, 100);
  ASSERT_TRUE(tokenizer);

  const auto long_context = tokenizer->pair(context_of(std::string(150, 'c')), std::string(30, 'a'));
  ASSERT_TRUE(long_context) << long_context.error().message;
  EXPECT_TRUE(long_context->truncated);
  EXPECT_EQ(long_context->request.context.size(), 71U);
  EXPECT_EQ(long_context->request.continuation.size(), 30U);

  const auto long_answer = tokenizer->pair(context_of("context"), std::string(150, 'a'));
  ASSERT_TRUE(long_answer) << long_answer.error().message;
  EXPECT_TRUE(long_answer->truncated);
  EXPECT_EQ(long_answer->request.context.size(), 1U);
  EXPECT_EQ(long_answer->request.continuation.size(), 100U);

  const auto fits = tokenizer->pair(context_of(std::string(71, 'c')), std::string(30, 'a'));
  ASSERT_TRUE(fits) << fits.error().message;
  EXPECT_FALSE(fits->truncated);
  EXPECT_EQ(fits->request.context.size(), 71U);
}

TEST(PromptTokenizer, MovesTheContextsTrailingSpaceToTheContinuation) {
  support::ByteEngine engine;
  auto tokenizer = PromptTokenizer::make(engine, 100);
  ASSERT_TRUE(tokenizer);
  const auto pair = tokenizer->pair(context_of("ab \n"), "c");
  ASSERT_TRUE(pair) << pair.error().message;
  EXPECT_EQ(pair->request.context, (std::vector<engine::Token>{'a', 'b'}));
  EXPECT_EQ(pair->request.continuation, (std::vector<engine::Token>{' ', '\n', 'c'}));
}

// "time" is one token: behind "t" the letters "ime" are none of their own.
class MergingEngine : public support::ByteEngine {
 public:
  base::Result<std::vector<engine::Token>> tokenize(std::string_view text, bool parse_special) override {
    TRY_ASSIGN(std::vector<engine::Token> tokens, ByteEngine::tokenize(text, parse_special));
    const std::size_t at = text.find("time");
    if (at == std::string_view::npos) return tokens;
    const auto begin = tokens.begin() + static_cast<std::ptrdiff_t>(at);
    *begin = 200;
    tokens.erase(begin + 1, begin + 4);
    return tokens;
  }
};

TEST(PromptTokenizer, AnAnswerThatMergesWithTheContextIsTokenizedOnItsOwn) {
  MergingEngine engine;
  auto tokenizer = PromptTokenizer::make(engine, 100);
  const auto pair = tokenizer->pair(context_of("a t"), "ime");
  ASSERT_TRUE(pair) << pair.error().message;
  EXPECT_TRUE(pair->apart);
  EXPECT_EQ(pair->request.context, (std::vector<engine::Token>{'a', ' ', 't'}));
  EXPECT_EQ(pair->request.continuation, (std::vector<engine::Token>{'i', 'm', 'e'}));
  EXPECT_FALSE(tokenizer->pair(context_of("a t"), "i")->apart);
  EXPECT_FALSE(tokenizer->pair(context_of("a t"), ""));
}

}  // namespace
}  // namespace bantam::evaluate
