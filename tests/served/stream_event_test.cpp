#include "served/stream_event.hpp"

#include <gtest/gtest.h>

#include <string>

namespace bantam::served {
namespace {

StreamEvent event(const std::string& json) {
  auto read = read_event(json, 1);
  EXPECT_TRUE(read) << read.error().message;
  return read.value_or(StreamEvent{});
}

std::string refusal(const std::string& json) {
  const auto read = read_event(json, 7);
  return read ? "taken" : read.error().message;
}

// The forms are those of llama-server, vLLM and OpenAI's reference.
TEST(StreamEvent, TheRoleAloneIsNoOutput) {
  const StreamEvent role = event(
      R"({"choices":[{"index":0,"delta":{"role":"assistant","content":null},"finish_reason":null}],"model":"m",
          "system_fingerprint":"b1-abc"})");
  EXPECT_FALSE(role.has_output());
  EXPECT_EQ(role.model, "m");
  EXPECT_EQ(role.fingerprint, "b1-abc");
  EXPECT_FALSE(event(R"({"choices":[{"delta":{"role":"assistant","content":""}}]})").has_output());
}

TEST(StreamEvent, TextComesInEitherForm) {
  EXPECT_EQ(event(R"({"choices":[{"delta":{"content":"Hi \u00e4"}}]})").text, "Hi \xC3\xA4");
  EXPECT_EQ(event(R"({"choices":[{"text":"Hi","index":0,"logprobs":null,"finish_reason":null}]})").text,
            "Hi");
  EXPECT_TRUE(event(R"({"choices":[{"text":" "}]})").has_output());
}

TEST(StreamEvent, ReasoningHasTwoNames) {
  const StreamEvent first = event(R"({"choices":[{"delta":{"reasoning_content":"so"}}]})");
  EXPECT_EQ(first.reasoning, "so");
  EXPECT_EQ(first.text, "");
  EXPECT_TRUE(first.has_output());
  EXPECT_EQ(event(R"({"choices":[{"delta":{"reasoning":"so"}}]})").reasoning, "so");
  // vLLM sends both for a while: the text is the same and counts once.
  EXPECT_EQ(event(R"({"choices":[{"delta":{"reasoning":"so","reasoning_content":"so"}}]})").reasoning, "so");
}

TEST(StreamEvent, CallsAreOutput) {
  EXPECT_TRUE(event(R"({"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{"}}]}}]})")
                  .has_output());
  EXPECT_FALSE(event(R"({"choices":[{"delta":{"tool_calls":[]}}]})").has_output());
}

TEST(StreamEvent, UsageStandsAloneOrBesideChoices) {
  const StreamEvent alone = event(
      R"({"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":4,"total_tokens":13,
          "prompt_tokens_details":{"cached_tokens":2},"completion_tokens_details":{"reasoning_tokens":3}}})");
  ASSERT_TRUE(alone.usage);
  EXPECT_EQ(alone.usage->prompt_tokens, 9);
  EXPECT_EQ(alone.usage->completion_tokens, 4);
  EXPECT_EQ(alone.usage->cached_tokens, 2);
  EXPECT_EQ(alone.usage->reasoning_tokens, 3);
  EXPECT_FALSE(alone.tokens_so_far);  // a total, not the count at this event
  EXPECT_EQ(event(R"({"choices":[{"text":"a"}],"usage":{"completion_tokens":2}})").tokens_so_far, 2);
  EXPECT_FALSE(event(R"({"choices":[{"text":"a"}],"usage":null})").usage);
}

TEST(StreamEvent, TimingsTellTokensSoFar) {
  const StreamEvent timed = event(
      R"({"choices":[{"text":"a"}],"timings":{"cache_n":1,"prompt_n":5,"prompt_ms":2.5,"predicted_n":3,
          "predicted_ms":0.75,"predicted_per_second":4000.0}})");
  ASSERT_TRUE(timed.timings);
  EXPECT_EQ(timed.timings->cache_n, 1);
  EXPECT_EQ(timed.timings->prompt_n, 5);
  EXPECT_DOUBLE_EQ(*timed.timings->prompt_ms, 2.5);
  EXPECT_DOUBLE_EQ(*timed.timings->predicted_ms, 0.75);
  EXPECT_EQ(timed.tokens_so_far, 3);
  EXPECT_FALSE(timed.timings->draft_n);
}

TEST(StreamEvent, LogprobsOfChatsHaveOneEntryPerToken) {
  const StreamEvent said = event(
      R"({"choices":[{"delta":{"content":"ab"},"logprobs":{"content":[
          {"id":5,"token":"a","bytes":[97],"logprob":-0.5,"top_logprobs":[{"token":"a","logprob":-0.5},{"token":"x","logprob":-1}]},
          {"token":"","bytes":[195],"logprob":-2.0,"top_logprobs":[{"token":"x","logprob":-0.25}]}]}}]})");
  ASSERT_EQ(said.logprobs.size(), 2U);
  EXPECT_EQ(said.logprobs[0].token, "a");
  EXPECT_EQ(said.logprobs[0].id, 5);
  EXPECT_EQ(said.logprobs[0].logprob, -0.5);
  EXPECT_EQ(said.logprobs[0].is_greatest, true);
  EXPECT_EQ(said.logprobs[1].token, "\xC3");  // half a character, which text cannot hold
  EXPECT_EQ(said.logprobs[1].is_greatest, false);
}

TEST(StreamEvent, LogprobsOfCompletionsAreLists) {
  const StreamEvent said = event(
      R"({"choices":[{"text":"Hi you","logprobs":{"tokens":["Hi"," you"],"token_logprobs":[null,-1.5],
          "top_logprobs":[null,{" you":-1.5," me":-3.0}],"text_offset":[0,2]},"token_ids":[1,2]}]})");
  ASSERT_EQ(said.logprobs.size(), 2U);
  EXPECT_FALSE(said.logprobs[0].logprob);  // the first of an echoed prompt
  EXPECT_FALSE(said.logprobs[0].is_greatest);
  EXPECT_EQ(said.logprobs[1].logprob, -1.5);
  EXPECT_EQ(said.logprobs[1].is_greatest, true);
  EXPECT_EQ(said.token_ids, 2);
}

TEST(StreamEvent, TheEndHasAReason) {
  EXPECT_EQ(event(R"({"choices":[{"delta":{},"finish_reason":"length"}]})").finish, "length");
  EXPECT_FALSE(event(R"({"choices":[{"delta":{"content":"a"},"finish_reason":""}]})").finish);
}

TEST(StreamEvent, ErrorsHaveSeveralForms) {
  EXPECT_EQ(event(R"({"error":{"code":500,"message":"out of memory","type":"server_error"}})").error,
            "out of memory");
  EXPECT_EQ(event(R"({"error":"no such model"})").error, "no such model");
  EXPECT_EQ(event(R"({"object":"error","message":"too long","code":400})").error, "too long");
  EXPECT_EQ(event(R"({"error":{"code":3}})").error, R"({"code":3})");
}

// Halves of a character, in two events: the bytes stay what they are.
TEST(StreamEvent, BrokenCharactersKeepTheirBytes) {
  const std::string head = R"({"choices":[{"delta":{"content":")";
  const std::string tail = R"("}}]})";
  const std::string first = event(head + "a\xF0\x9F" + tail).text;
  const std::string second = event(head + "\x98\x80z" + tail).text;
  EXPECT_EQ(first, "a\xF0\x9F");
  EXPECT_EQ(first + second, "a\xF0\x9F\x98\x80z");
  EXPECT_EQ(event(head + "\xFF\xC3" + tail).text, "\xFF\xC3");
  // What marks such bytes while they are read is text like any other where nothing is broken.
  EXPECT_EQ(event(head + "\xF4\x8F\xBA\x80" + tail).text, "\xF4\x8F\xBA\x80");
  EXPECT_EQ(refusal(head + "\xFF\xF4\x8F\xBA\x80" + tail),
            "event 7: broken characters beside U+10FE80 to U+10FEFF");
  EXPECT_EQ(refusal(head + "\xFF\\uDBFF\\uDE80" + tail),
            "event 7: broken characters beside U+10FE80 to U+10FEFF");
}

TEST(StreamEvent, WhatIsNoSuchEventIsRefusedWithItsNumber) {
  EXPECT_TRUE(refusal("{\"choices\":[").starts_with("event 7: not valid JSON")) << refusal("{\"choices\":[");
  EXPECT_EQ(refusal("[1]"), "event 7: it is no JSON object");
  EXPECT_EQ(refusal("{}"), "event 7: it has no choices");
  EXPECT_EQ(refusal(R"({"choices":{}})"), "event 7: 'choices' is not what it should be");
  EXPECT_EQ(refusal(R"({"choices":[1]})"), "event 7: 'choices' is not what it should be");
  EXPECT_EQ(refusal(R"({"choices":[{},{}]})"), "event 7: it has 2 choices, and one was asked for");
  EXPECT_EQ(refusal(R"({"choices":[{"text":5}]})"), "event 7: 'text' is not what it should be");
  EXPECT_EQ(refusal(R"({"choices":[{"delta":[]}]})"), "event 7: 'delta' is not what it should be");
  EXPECT_EQ(refusal(R"({"choices":[],"usage":{"completion_tokens":-1}})"),
            "event 7: 'completion_tokens' is not what it should be");
  EXPECT_EQ(refusal(R"({"choices":[],"usage":{"completion_tokens":1.5}})"),
            "event 7: 'completion_tokens' is not what it should be");
  EXPECT_EQ(refusal(R"({"choices":[],"usage":{"completion_tokens":18446744073709551615}})"),
            "event 7: 'completion_tokens' is not what it should be");
  EXPECT_EQ(refusal(R"({"choices":[{"text":"","logprobs":{"tokens":["a"],"token_logprobs":[]}}]})"),
            "event 7: 'logprobs.tokens' is not what it should be");
}

}  // namespace
}  // namespace bantam::served
