#include "served/server_facts.hpp"

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "support/raw_server.hpp"

namespace bantam::served {
namespace {

using support::RawConnection;
using support::RawServer;

// Forms of the pages as the servers write them.
const char* const kLlamaModels =
    R"({"object":"list","data":[{"id":"tiny.gguf","object":"model","owned_by":"llamacpp","meta":{"n_ctx_train":512}}]})";
const char* const kLlamaProps =
    R"({"default_generation_settings":{"n_ctx":4096},"total_slots":4,"model_path":"tiny.gguf","build_info":"b6000-abc"})";
const char* const kVllmModels =
    R"({"object":"list","data":[{"id":"org/a","owned_by":"vllm","max_model_len":32768},{"id":"lora","owned_by":"vllm"}]})";

TEST(ServerFacts, LlamaServer) {
  const ServerFacts facts = facts_from({.models = kLlamaModels, .props = kLlamaProps});
  EXPECT_EQ(facts.kind, ServerKind::llama_server);
  EXPECT_EQ(facts.models, std::vector<std::string>{"tiny.gguf"});
  EXPECT_EQ(facts.context, 4096);  // that it was started with, not that of the training
  EXPECT_EQ(facts.slots, 4);
  EXPECT_EQ(facts.build, "b6000-abc");
  EXPECT_FALSE(facts.has_metrics);
  const ServerFacts bare = facts_from({.models = kLlamaModels});
  EXPECT_EQ(bare.kind, ServerKind::llama_server);
  EXPECT_FALSE(bare.context);
  EXPECT_FALSE(bare.build);
}

TEST(ServerFacts, Vllm) {
  const ServerFacts facts = facts_from({.models = kVllmModels,
                                        .version = R"({"version":"0.10.1"})",
                                        .metrics = "# HELP x\nvllm:num_requests_running 0\n"});
  EXPECT_EQ(facts.kind, ServerKind::vllm);
  EXPECT_EQ(facts.models, (std::vector<std::string>{"org/a", "lora"}));
  EXPECT_EQ(facts.context, 32768);
  EXPECT_EQ(facts.build, "0.10.1");
  EXPECT_TRUE(facts.has_metrics);
}

TEST(ServerFacts, OllamaAndTgi) {
  const ServerFacts ollama =
      facts_from({.models = R"({"object":"list","data":[{"id":"llama3:8b","owned_by":"library"}]})",
                  .ollama_version = R"({"version":"0.6.2"})"});
  EXPECT_EQ(ollama.kind, ServerKind::ollama);
  EXPECT_EQ(ollama.build, "0.6.2");
  EXPECT_FALSE(ollama.context);
  const ServerFacts tgi = facts_from(
      {.info =
           R"({"model_id":"org/a","max_total_tokens":2048,"max_concurrent_requests":128,"version":"3.0"})"});
  EXPECT_EQ(tgi.kind, ServerKind::tgi);
  EXPECT_EQ(tgi.context, 2048);
  EXPECT_EQ(tgi.slots, 128);
}

TEST(ServerFacts, WhatSaysNothingIsUnknown) {
  // A model that is called like a server does not make one.
  const ServerFacts facts = facts_from({.models = R"({"data":[{"id":"vllm"},{"id":""},{"id":7},3]})",
                                        .props = "<html>",
                                        .version = R"({"version":"1"})",
                                        .info = "[1]",
                                        .metrics = "my_vllm:x 1\n"});
  EXPECT_EQ(facts.kind, ServerKind::unknown);
  EXPECT_EQ(facts.models, std::vector<std::string>{"vllm"});
  EXPECT_FALSE(facts.build);
  EXPECT_FALSE(facts.context);
  EXPECT_EQ(facts_from({.props = R"({"default_generation_settings":{"n_ctx":0},"build_info":"b"})"}).context,
            std::nullopt);
}

// Answers some paths, and 404 to all others.
class Site {
 public:
  explicit Site(std::map<std::string, std::string> pages)
      : pages_(std::move(pages)), server([this](const RawConnection& connection) {
          const std::string path = connection.request.substr(4, connection.request.find(' ', 4) - 4);
          const auto found = pages_.find(path);
          connection.send(found == pages_.end() ? support::page("404 Not Found", "text/plain", "nothing")
                                                : found->second);
        }) {}

 private:
  std::map<std::string, std::string> pages_;

 public:
  RawServer server;
};

base::Result<ServerFacts> facts_of(const std::string& address) {
  auto client = Client::make({address, {}});
  return find_facts(*client);
}

TEST(ServerFacts, AreAskedFor) {
  const Site site({{"/v1/models", support::page("200 OK", "application/json", kLlamaModels)},
                   {"/props", support::page("200 OK", "application/json", kLlamaProps)},
                   {"/health", support::page("503 Service Unavailable", "application/json", "{}")},
                   {"/metrics", support::page("200 OK", "text/html", "<html>")}});
  const auto facts = facts_of(site.server.address());
  ASSERT_TRUE(facts) << facts.error().message;
  EXPECT_EQ(facts->kind, ServerKind::llama_server);
  EXPECT_EQ(facts->is_healthy, false);
  EXPECT_FALSE(facts->has_metrics);  // a page for people is none

  const Site bare({});
  EXPECT_EQ(facts_of(bare.server.address())->is_healthy, std::nullopt);
  const Site closed({{"/v1/models", support::page("401 Unauthorized", "text/plain", "")}});
  EXPECT_EQ(facts_of(closed.server.address()).error().message, "the server answers 401 to /v1/models");
  EXPECT_FALSE(facts_of("http://127.0.0.1:1"));
}

}  // namespace
}  // namespace bantam::served
