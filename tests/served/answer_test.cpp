#include "served/answer.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "served/times.hpp"

namespace bantam::served {
namespace {

constexpr std::int64_t kMs = 1'000'000;

// An event and when it came, in milliseconds from the request.
struct At {
  std::int64_t ms;
  std::string data;
};

Received received(const std::vector<At>& events) {
  Received all;
  all.begin_ns = 5000 * kMs;
  for (const At& one : events) all.events.push_back({all.begin_ns + one.ms * kMs, "", one.data});
  return all;
}

std::string text(const std::string& content, const std::string& rest = "") {
  return R"({"choices":[{"delta":{"content":")" + content + R"("}}])" + rest + "}";
}
std::string with_logprobs(const std::string& content, int tokens) {
  std::string entries;
  for (int i = 0; i < tokens; ++i) entries += std::string(i > 0 ? "," : "") + R"({"token":"a","logprob":-1})";
  return R"({"choices":[{"delta":{"content":")" + content + R"("},"logprobs":{"content":[)" + entries +
         "]}}]}";
}
std::string end(const std::string& why, const std::string& rest = "") {
  return R"({"choices":[{"delta":{},"finish_reason":")" + why + R"("}])" + rest + "}";
}
std::string usage(int completion) {
  return R"({"choices":[],"usage":{"prompt_tokens":7,"completion_tokens":)" + std::to_string(completion) +
         "}}";
}
std::string timings(int predicted) {
  return R"(,"timings":{"cache_n":2,"prompt_n":5,"predicted_n":)" + std::to_string(predicted) + "}";
}
const At kRole{10, R"({"choices":[{"delta":{"role":"assistant","content":null}}]})"};

TEST(Answer, TheRoleIsNoFirstToken) {
  const Answer answer = answer_from(
      received(
          {kRole, {30, text("Hi")}, {50, text(" you")}, {90, end("length")}, {91, usage(2)}, {91, "[DONE]"}}),
      2, false);
  EXPECT_FALSE(answer.error);
  EXPECT_EQ(answer.text, "Hi you");
  EXPECT_EQ(answer.finish, "length");
  EXPECT_DOUBLE_EQ(*ttft(answer).value_s, 0.030);
  // Nothing was made at the end of an answer of full length: the last token came at 50 ms.
  EXPECT_DOUBLE_EQ(*e2e(answer).value_s, 0.050);
  EXPECT_EQ(answer.output_tokens.value, 2);
  EXPECT_EQ(answer.output_tokens.source, CountSource::usage);
  EXPECT_EQ(answer.prompt_tokens.value, 7);
  EXPECT_FALSE(answer.cached_tokens.value);
  EXPECT_NEAR(*tpot(answer).value_s, 0.020, 1e-12);
  // Two events and two tokens, but nobody says that each has one.
  EXPECT_TRUE(itl(answer).gaps_s.empty());
  EXPECT_EQ(itl(answer).reason, "the server does not tell how many tokens each of its events has");
}

TEST(Answer, ReasoningCountsAsFirstOutputAndTextApart) {
  const Answer answer = answer_from(received({kRole,
                                              {20, R"({"choices":[{"delta":{"reasoning_content":"Hm"}}]})"},
                                              {60, text("Yes")},
                                              {80, end("stop")},
                                              {81, usage(3)},
                                              {81, "[DONE]"}}),
                                    10, false);
  EXPECT_EQ(answer.reasoning, "Hm");
  EXPECT_DOUBLE_EQ(*ttft(answer).value_s, 0.020);
  EXPECT_DOUBLE_EQ(*first_text(answer).value_s, 0.060);
  // The end token was made as well, and came with the end.
  EXPECT_DOUBLE_EQ(*e2e(answer).value_s, 0.080);
  EXPECT_NEAR(*tpot(answer).value_s, 0.030, 1e-12);
}

TEST(Answer, SeveralTokensInOneEventAreCountedByTheServer) {
  const Answer answer = answer_from(received({{20, with_logprobs("abc", 3)},
                                              {50, with_logprobs("d", 1)},
                                              {90, with_logprobs("ef", 2)},
                                              {90, end("length")},
                                              {90, usage(6)},
                                              {90, "[DONE]"}}),
                                    6, false);
  EXPECT_EQ(answer.output_tokens.value, 6);
  ASSERT_EQ(answer.arrivals.size(), 3U);
  EXPECT_EQ(answer.arrivals[0].tokens, 3);
  EXPECT_EQ(answer.arrivals[1].tokens, 1);
  EXPECT_EQ(answer.arrivals[2].tokens, 2);
  const Gaps gaps = itl(answer);
  ASSERT_EQ(gaps.gaps_s.size(), 5U);
  const std::vector<double> expected = {0, 0, 0.030, 0.040, 0};
  for (std::size_t i = 0; i < expected.size(); ++i) EXPECT_NEAR(gaps.gaps_s[i], expected[i], 1e-12) << i;
}

// llama-server holds text back; its timings count what its log-probabilities do not show.
TEST(Answer, TimingsTellTheTokensOfEachEvent) {
  const Answer answer = answer_from(
      received(
          {kRole,
           {20, R"({"choices":[{"delta":{"content":"a"},"logprobs":{"content":[{"token":"a","logprob":-1}]}}],
                              "timings":{"prompt_n":5,"cache_n":2,"predicted_n":1}})"},
           {60, text("bc", timings(3))},
           {80, end("stop")},
           {80, R"({"choices":[],"usage":{"prompt_tokens":7,"completion_tokens":4,
                              "prompt_tokens_details":{"cached_tokens":2}},"timings":{"prompt_n":5,"cache_n":2,"predicted_n":4}})"},
           {80, "[DONE]"}}),
      16, false);
  EXPECT_EQ(answer.output_tokens.value, 4);
  EXPECT_TRUE(answer.contradictions.empty());
  EXPECT_EQ(answer.prompt_tokens.value, 7);
  EXPECT_EQ(answer.cached_tokens.value, 2);
  ASSERT_EQ(answer.arrivals.size(), 4U);
  EXPECT_EQ(answer.arrivals[0].tokens, 0);
  EXPECT_EQ(answer.arrivals[1].tokens, 1);
  EXPECT_EQ(answer.arrivals[2].tokens, 2);
  EXPECT_EQ(answer.arrivals[3].tokens, 1);  // the end token
  EXPECT_EQ(itl(answer).gaps_s.size(), 3U);
}

// The same with a log-probability in each event: only that of the last of the tokens it was held back with.
TEST(Answer, LogprobsOfTextThatWasHeldBackAreFewer) {
  const auto said = [](const std::string& rest) {
    return answer_from(received({{20, with_logprobs("a", 1)},
                                 {60, with_logprobs("bc", 1)},
                                 {80, end("length", rest)},
                                 {80, usage(3)},
                                 {80, "[DONE]"}}),
                       9, false);
  };
  EXPECT_EQ(said(timings(3)).output_tokens.value, 3);
  EXPECT_FALSE(said(timings(3)).arrivals[1].tokens);
  EXPECT_FALSE(said("").output_tokens.value);
}

TEST(Answer, ACountThatGoesBackIsNone) {
  const Answer answer = answer_from(received({{20, text("a", timings(3))},
                                              {30, text("b", timings(2))},
                                              {40, end("length", timings(2))},
                                              {40, usage(2)},
                                              {40, "[DONE]"}}),
                                    9, false);
  EXPECT_EQ(answer.output_tokens.value, 2);
  for (const Arrival& one : answer.arrivals) EXPECT_FALSE(one.tokens);
  EXPECT_TRUE(itl(answer).gaps_s.empty());
}

TEST(Answer, UsageThatContradictsWhatWasSentGivesNoCount) {
  const auto counted = [](int claimed, const std::string& why) {
    return answer_from(received({{20, with_logprobs("a", 1)},
                                 {30, with_logprobs("b", 1)},
                                 {40, with_logprobs("c", 1)},
                                 {50, end(why)},
                                 {50, usage(claimed)},
                                 {50, "[DONE]"}}),
                       100, false);
  };
  EXPECT_EQ(counted(3, "length").output_tokens.value, 3);
  EXPECT_EQ(counted(3, "stop").output_tokens.value, 3);
  EXPECT_EQ(counted(4, "stop").output_tokens.value, 4);  // with the end token
  for (const auto& [claimed, why] :
       std::vector<std::pair<int, std::string>>{{4, "length"}, {2, "stop"}, {5, "stop"}, {50, "stop"}}) {
    const Answer answer = counted(claimed, why);
    EXPECT_FALSE(answer.output_tokens.value) << claimed << why;
    EXPECT_EQ(answer.contradictions.size(), 1U);
    EXPECT_FALSE(tpot(answer).value_s);
    EXPECT_TRUE(itl(answer).gaps_s.empty());
    EXPECT_TRUE(ttft(answer).value_s);  // times do not rest on it
  }
  EXPECT_EQ(counted(50, "stop").output_tokens.reason,
            "the server contradicts itself: it counts 50 tokens and sent log-probabilities of 3");
}

TEST(Answer, CountsThatCannotBeRightAreNone) {
  const auto reason = [](const std::string& said, int claimed, int asked, const std::string& rest = "") {
    return answer_from(
               received({{20, text(said)}, {50, end("length", rest)}, {50, usage(claimed)}, {50, "[DONE]"}}),
               asked, false)
        .output_tokens.reason;
  };
  EXPECT_EQ(reason("a", 0, 8), "the server contradicts itself: it counts 0 tokens for 1 bytes of text");
  EXPECT_EQ(reason(std::string(3000, 'x'), 2, 8),
            "the server contradicts itself: it counts 2 tokens for 3000 bytes of text");
  EXPECT_EQ(reason("a", 12, 8),
            "the server contradicts itself: it counts 12 tokens, and at most 8 were asked for");
  EXPECT_EQ(reason("a", 11, 8), "");  // a character was completed
  EXPECT_EQ(reason("a", 3, 8, timings(4)), "the server contradicts itself: usage says 3 tokens, timings 4");
}

TEST(Answer, WithoutAnyCountThereIsNone) {
  const Answer answer =
      answer_from(received({{20, text("a")}, {30, text("b")}, {50, end("stop")}, {50, "[DONE]"}}), 9, false);
  EXPECT_FALSE(answer.output_tokens.value);
  EXPECT_EQ(answer.output_tokens.reason, "the server told no number of tokens");
  EXPECT_EQ(tpot(answer).reason, "the server told no number of tokens");
  EXPECT_FALSE(answer.error);
}

TEST(Answer, LogprobsAloneCount) {
  const Answer answer = answer_from(
      received(
          {{20, with_logprobs("a", 1)}, {30, with_logprobs("bc", 2)}, {50, end("length")}, {50, "[DONE]"}}),
      3, false);
  EXPECT_EQ(answer.output_tokens.value, 3);
  EXPECT_EQ(answer.output_tokens.source, CountSource::logprobs);
  // ... but not where one of the events has none, nor those of an echoed prompt.
  EXPECT_FALSE(
      answer_from(received({{20, with_logprobs("a", 1)}, {30, text("b")}, {50, end("length")}}), 3, false)
          .output_tokens.value);
  EXPECT_FALSE(
      answer_from(received({{20, with_logprobs("a", 5)}, {50, end("length")}}), 1, true).output_tokens.value);
}

TEST(Answer, TokenIdsCount) {
  const Answer answer = answer_from(
      received(
          {{20, R"({"choices":[{"text":"a","token_ids":[4]}],"usage":{"completion_tokens":1}})"},
           {40, R"({"choices":[{"text":"bc","token_ids":[5,6]}],"usage":{"completion_tokens":3}})"},
           {70,
            R"({"choices":[{"text":"","token_ids":[2],"finish_reason":"stop"}],"usage":{"completion_tokens":4}})"},
           {70, "[DONE]"}}),
      9, false);
  EXPECT_EQ(answer.output_tokens.value, 4);
  const Gaps gaps = itl(answer);
  ASSERT_EQ(gaps.gaps_s.size(), 3U);
  EXPECT_NEAR(gaps.gaps_s[0], 0.020, 1e-12);
  EXPECT_NEAR(gaps.gaps_s[1], 0.0, 1e-12);
  EXPECT_NEAR(gaps.gaps_s[2], 0.030, 1e-12);
}

TEST(Answer, AServerThatDoesNotStreamHasNoTimesBetweenTokens) {
  const Answer answer = answer_from(
      received({{80, with_logprobs("abc", 3)}, {80, end("length")}, {80, usage(3)}, {80, "[DONE]"}}), 3,
      false);
  EXPECT_EQ(answer.output_tokens.value, 3);
  EXPECT_DOUBLE_EQ(*ttft(answer).value_s, 0.080);
  EXPECT_EQ(tpot(answer).reason, "all tokens came at one instant: the server does not stream");
  EXPECT_EQ(itl(answer).reason, tpot(answer).reason);
}

TEST(Answer, OneTokenHasNoStep) {
  const Answer answer =
      answer_from(received({{20, text("a")}, {20, end("length")}, {20, usage(1)}, {20, "[DONE]"}}), 1, false);
  EXPECT_EQ(tpot(answer).reason, "fewer than 2 output tokens");
}

TEST(Answer, AnErrorInMidStreamKeepsWhatCame) {
  const Answer answer = answer_from(
      received({kRole, {20, text("a")}, {30, R"({"error":{"message":"out of memory"}})"}, {31, text("b")}}),
      9, false);
  ASSERT_TRUE(answer.error);
  EXPECT_EQ(answer.error->message, "the server broke the answer off: out of memory");
  EXPECT_EQ(answer.text, "a");
  EXPECT_TRUE(ttft(answer).value_s);
  EXPECT_EQ(e2e(answer).reason, "the answer broke off");
  EXPECT_EQ(tpot(answer).reason, "the answer broke off");
}

TEST(Answer, AnEventThatIsNoneIsNamed) {
  const Answer answer = answer_from(received({kRole, {20, text("a")}, {30, "rubbish"}}), 9, false);
  ASSERT_TRUE(answer.error);
  EXPECT_TRUE(answer.error->message.starts_with("event 3: not valid JSON")) << answer.error->message;
  EXPECT_EQ(answer.text, "a");
}

TEST(Answer, AStreamHasToEndProperly) {
  EXPECT_EQ(answer_from(received({kRole, {20, text("a")}}), 9, false).error->message,
            "the server ended the answer before it was complete");
  EXPECT_EQ(answer_from(received({}), 9, false).error->message, "the answer has no event");
  const Answer silent = answer_from(received({{20, text("a")}, {30, "[DONE]"}, {31, text("b")}}), 9, false);
  EXPECT_FALSE(silent.error);
  EXPECT_FALSE(silent.finish);
  EXPECT_EQ(silent.warnings, (std::vector<std::string>{"the server does not say why the answer ended",
                                                       "events after [DONE] were left out"}));
  EXPECT_EQ(silent.text, "a");
  const Answer without = answer_from(received({{20, text("a")}, {30, end("stop")}}), 9, false);
  EXPECT_FALSE(without.error);
  EXPECT_EQ(without.warnings, std::vector<std::string>{"the stream ended without [DONE]"});
}

TEST(Answer, ACutCharacterIsJoined) {
  const Answer answer = answer_from(
      received({{20, text("\xF0\x9F")}, {30, text("\x98\x80")}, {30, end("stop")}, {30, "[DONE]"}}), 9,
      false);
  EXPECT_EQ(answer.text, "\xF0\x9F\x98\x80");
}

TEST(Answer, ThePromptsTokensAreContradictedToo) {
  const Answer answer = answer_from(
      received(
          {{20, text("a", timings(1))},
           {30, end("length", timings(1))},
           {30,
            R"({"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":1,"prompt_tokens_details":{"cached_tokens":0}}})"},
           {30, "[DONE]"}}),
      1, false);
  EXPECT_EQ(answer.output_tokens.value, 1);
  EXPECT_EQ(answer.prompt_tokens.reason, "usage says 9 tokens of the prompt, timings 7");
  EXPECT_EQ(answer.cached_tokens.reason, "usage says 0 cached tokens, timings 2");
}

}  // namespace
}  // namespace bantam::served
