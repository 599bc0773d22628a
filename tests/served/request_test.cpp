#include "served/request.hpp"

#include <gtest/gtest.h>

namespace bantam::served {
namespace {

std::string body(const Ask& ask, ServerKind kind) {
  const auto request = request_for(ask, kind);
  return request ? base::to_text(request->body) : request.error().message;
}

TEST(Request, ATextGoesToCompletions) {
  const Ask ask{.model = "m", .prompt = "Hi", .max_tokens = 8};
  const auto request = request_for(ask, ServerKind::unknown);
  ASSERT_TRUE(request);
  EXPECT_EQ(request->path, "/v1/completions");
  EXPECT_EQ(base::to_text(request->body),
            R"({"model":"m","prompt":"Hi","max_tokens":8,"temperature":0.0,"stream":true,)"
            R"("stream_options":{"include_usage":true}})");
  EXPECT_EQ(body({.prompt_ids = {1, 2}, .max_tokens = 1}, ServerKind::unknown).substr(0, 15),
            R"({"prompt":[1,2])");
}

TEST(Request, MessagesGoToChats) {
  const Ask ask{.messages = {{"system", "Be brief."}, {"user", "Hi \"you\""}},
                .max_tokens = 8,
                .temperature = 0.5,
                .seed = 7,
                .stop = {"\n"},
                .logprobs = 3};
  const auto request = request_for(ask, ServerKind::unknown);
  ASSERT_TRUE(request);
  EXPECT_EQ(request->path, "/v1/chat/completions");
  EXPECT_EQ(
      base::to_text(request->body),
      R"({"messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"Hi \"you\""}],"max_tokens":8,)"
      R"("temperature":0.5,"seed":7,"stop":["\n"],"stream":true,"stream_options":{"include_usage":true},)"
      R"("logprobs":true,"top_logprobs":3})");
}

TEST(Request, ExtrasGoOnlyWhereTheyAreKnown) {
  Ask ask{
      .prompt = "Hi", .max_tokens = 8, .ignores_end = true, .needs_empty_cache = true, .cache_salt = "s1"};
  const auto llama = request_for(ask, ServerKind::llama_server);
  EXPECT_EQ(llama->body["cache_prompt"], false);
  EXPECT_EQ(llama->body["ignore_eos"], true);
  EXPECT_EQ(llama->body["timings_per_token"], true);
  EXPECT_FALSE(llama->body.contains("cache_salt"));
  EXPECT_TRUE(llama->untold.empty());
  const auto vllm = request_for(ask, ServerKind::vllm);
  EXPECT_EQ(vllm->body["cache_salt"], "s1");
  EXPECT_EQ(vllm->body["ignore_eos"], true);
  EXPECT_EQ(vllm->body["stream_options"]["continuous_usage_stats"], true);
  EXPECT_EQ(vllm->body["return_token_ids"], true);
  EXPECT_FALSE(vllm->body.contains("cache_prompt"));
  EXPECT_TRUE(vllm->untold.empty());
  for (const ServerKind kind : {ServerKind::unknown, ServerKind::ollama, ServerKind::tgi}) {
    const auto other = request_for(ask, kind);
    for (const char* extra :
         {"cache_prompt", "cache_salt", "ignore_eos", "timings_per_token", "return_token_ids"})
      EXPECT_FALSE(other->body.contains(extra)) << extra;
    EXPECT_EQ(other->untold.size(), 2U);
  }
  ask.cache_salt = "";
  EXPECT_EQ(request_for(ask, ServerKind::vllm)->untold.size(), 1U);
}

TEST(Request, WhatCannotBeAskedIsRefused) {
  EXPECT_EQ(body({.max_tokens = 1}, ServerKind::unknown), "a request has 0 prompts");
  EXPECT_EQ(body({.prompt = "a", .prompt_ids = {1}, .max_tokens = 1}, ServerKind::unknown),
            "a request has 2 prompts");
  EXPECT_EQ(body({.prompt = "a"}, ServerKind::unknown), "0 tokens are asked for");
  EXPECT_EQ(body({.prompt = "a", .max_tokens = 1, .logprobs = 21}, ServerKind::unknown),
            "21 alternatives of each token are asked for");
  EXPECT_EQ(body({.prompt = "\xFF", .max_tokens = 1}, ServerKind::unknown),
            "a text for the server is no UTF-8");
  EXPECT_EQ(body({.prompt = "a", .logprobs = 1, .echo = true}, ServerKind::llama_server),
            "llama-server does not score the tokens of a prompt");
  EXPECT_EQ(body({.messages = {{"user", "a"}}, .logprobs = 1, .echo = true}, ServerKind::vllm),
            "the tokens of a chat's prompt cannot be asked for");
  EXPECT_EQ(body({.prompt = "a", .max_tokens = 1, .top_p = 1.5}, ServerKind::vllm),
            "top_p and min_p are not between 0 and 1");
  EXPECT_EQ(body({.prompt = "a", .max_tokens = 1, .top_k = 5}, ServerKind::tgi),
            "a server of this kind is not known to take top_k");
}

TEST(Request, AnEchoedPromptIsAPageAndNoStream) {
  const auto asked =
      request_for({.prompt = "a", .max_tokens = 1, .logprobs = 1, .echo = true}, ServerKind::vllm);
  EXPECT_EQ(asked->body["echo"], true);
  EXPECT_EQ(asked->body["stream"], false);
  EXPECT_FALSE(asked->body.contains("stream_options"));
}

TEST(Request, HowTokensAreDrawn) {
  const Ask ask{.prompt = "a", .max_tokens = 1, .temperature = 0.5, .top_p = 0.9, .top_k = 5, .min_p = 0.1};
  const auto asked = request_for(ask, ServerKind::llama_server);
  ASSERT_TRUE(asked);
  EXPECT_EQ(asked->body["temperature"], 0.5);
  EXPECT_EQ(asked->body["top_p"], 0.9);
  EXPECT_EQ(asked->body["top_k"], 5);
  EXPECT_EQ(asked->body["min_p"], 0.1);
  const auto greedy = request_for({.prompt = "a", .max_tokens = 1}, ServerKind::llama_server);
  for (const char* member : {"top_p", "top_k", "min_p", "chat_template_kwargs"})
    EXPECT_FALSE(greedy->body.contains(member)) << member;
}

}  // namespace
}  // namespace bantam::served
