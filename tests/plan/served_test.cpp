#include "plan/served.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plan/complete.hpp"
#include "plan/options.hpp"

namespace bantam::plan {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr const char* kAddress = "http://127.0.0.1:8080";

OptionValues served_with(OptionValues more) {
  OptionValues values{{"engine", {"openai"}}, {"base_url", {kAddress}}, {"models", {"qwen:0.5b"}}};
  values.insert(values.end(), more.begin(), more.end());
  return values;
}

Request request_from(const OptionValues& values) {
  auto request = build_request(values);
  EXPECT_TRUE(request) << request.error().message;
  return request ? *request : Request{};
}

base::Error refusal_of(const OptionValues& values) {
  const auto request = build_request(values);
  EXPECT_FALSE(request);
  return request ? base::Error{} : request.error();
}

TEST(ServedPlan, HasOneCellOfAnUnknownPrecision) {
  const Plan plan = request_from(served_with({})).plan;
  const auto cells = unfold(plan);
  ASSERT_EQ(cells.size(), 1U);
  EXPECT_EQ(cells.front().model.reference, "openai:qwen:0.5b");
  EXPECT_EQ(cells.front().model.name, "qwen:0.5b");
  EXPECT_EQ(cells.front().precision, "served");
  EXPECT_EQ(cells.front().task, "performance");
}

TEST(ServedPlan, NamesAreThoseBehindTheLastFolder) {
  EXPECT_EQ(default_model_name("openai:/srv/models/qwen-Q4_K_M.gguf"), "qwen-Q4_K_M");
  EXPECT_EQ(default_model_name("openai:meta/llama-3"), "llama-3");
  EXPECT_EQ(default_model_name("openai:qwen2.5:7b"), "qwen2.5:7b");
}

TEST(ServedPlan, SettingsTellTheServerAndNoEngine) {
  const Plan plan = request_from(served_with({{"api", {"chat"}}, {"threads", {"3"}}})).plan;
  const base::Json json = to_json(cell_settings(plan, unfold(plan).front()));
  EXPECT_EQ(json.at("engine"), (base::Json{{"server", kAddress}, {"server_api", "chat"}}));
  const EngineSettings back = engine_settings_from(json.at("engine"));
  EXPECT_EQ(back.server, kAddress);
  EXPECT_EQ(back.server_api, "chat");
}

TEST(ServedPlan, LocalSettingsAreAsTheyWere) {
  const base::Json json = to_json(EngineSettings{});
  EXPECT_FALSE(json.contains("server"));
  EXPECT_TRUE(json.contains("cache_type_k"));
}

TEST(ServedPlan, TheServersOwnWorkOnThisMachineIsNoDisturbance) {
  const auto gates = [](const char* address, OptionValues more) {
    OptionValues values = served_with(std::move(more));
    values.push_back({"base_url", {address}});
    return request_from(values).plan.performance_settings.gates.value_or(std::vector<std::string>{});
  };
  EXPECT_THAT(gates(kAddress, {}), ElementsAre("others=off"));
  EXPECT_THAT(gates("http://[::1]:8080", {}), ElementsAre("others=off"));
  EXPECT_THAT(gates("https://example.org", {}), IsEmpty());
  EXPECT_THAT(gates(kAddress, {{"gate", {"others=0.5"}}}), ElementsAre("others=0.5"));
}

TEST(ServedPlan, RefusesWhatAServerCannotDo) {
  const std::vector<std::pair<OptionValues, std::string>> cases{
      {{{"precisions", {"int8"}}}, "--precisions"},
      {{{"base_precision", {"int8"}}}, "--precisions"},
      {{{"prompt_tokens", {"64"}}}, "--prompt-tokens"},
      {{{"n_prompt", {"64"}}}, "--n-prompt"},
      {{{"n_gen", {"64"}}}, "--n-gen"},
      {{{"min_memory", {"true"}}}, "--min-memory"},
      {{{"threads", {"1,2"}}}, "threads=2"},
      {{{"threads", {"1,2"}}, {"batch_size", {"2,4"}}}, "batch-size=2 threads=2"},
      {{{"sweep", {"n-prompt=64,128"}}}, "--n-prompt"},
  };
  for (const auto& [more, expected] : cases) {
    const base::Error error = refusal_of(served_with(more));
    EXPECT_EQ(error.kind, base::ErrorKind::usage);
    EXPECT_THAT(error.message, HasSubstr(expected));
    EXPECT_THAT(error.hint, Not(IsEmpty()));
  }
}

TEST(ServedPlan, EngineAndAddressGoTogether) {
  EXPECT_THAT(refusal_of({{"engine", {"openai"}}, {"models", {"x"}}}).hint, HasSubstr("--base-url"));
  EXPECT_THAT(refusal_of({{"base_url", {kAddress}}, {"models", {"x.gguf"}}}).hint,
              HasSubstr("--engine openai"));
  EXPECT_THAT(refusal_of({{"models", {"openai:x"}}}).hint, HasSubstr("--engine openai"));
}

TEST(ServedPlan, OptionsOfTheOtherEngineHaveNoEffect) {
  EXPECT_THAT(request_from(served_with({{"threads", {"2"}}})).notices,
              Contains("--threads has no effect: the server has an engine and settings of its own"));
  EXPECT_THAT(request_from({{"models", {"a.gguf"}}, {"api", {"chat"}}}).notices,
              Contains("--api has no effect: --engine openai is not given"));
}

TEST(ServedPlan, AddressesWithoutPasswords) {
  for (const char* address : {"http://127.0.0.1:8080", "https://example.org/v1", "http://[::1]:1"})
    EXPECT_TRUE(check_address(address)) << address;
  for (const char* address : {"127.0.0.1:8080", "ftp://a", "http://", "http://u:secret@a", "http://a?k=v"}) {
    const auto checked = check_address(address);
    ASSERT_FALSE(checked) << address;
    EXPECT_THAT(checked.error().message, Not(HasSubstr("secret")));
  }
}

TEST(ServedPlan, AKeyIsNotTakenFromTheCommand) {
  const base::Error error = refusal_of(served_with({{"api_key_env", {"sk-0123456789"}}}));
  EXPECT_THAT(error.message, Not(HasSubstr("sk-0123456789")));
  EXPECT_EQ(request_from(served_with({{"api_key_env", {"off"}}})).plan.api_key_env, "");
  EXPECT_EQ(request_from(served_with({})).plan.api_key_env, "OPENAI_API_KEY");
}

TEST(IsOnThisMachine, ByTheHostAlone) {
  EXPECT_TRUE(is_on_this_machine("http://localhost:8080/v1"));
  EXPECT_TRUE(is_on_this_machine("http://127.0.0.2"));
  EXPECT_FALSE(is_on_this_machine("http://192.168.0.7:8080"));
  EXPECT_FALSE(is_on_this_machine("https://localhost.example.org"));
}

}  // namespace
}  // namespace bantam::plan
