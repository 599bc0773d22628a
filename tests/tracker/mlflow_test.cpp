#include "tracker/mlflow.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "support/fake_transport.hpp"
#include "tracker/sample_runs.hpp"

namespace bantam::tracker {
namespace {

using bantam::support::Answer;
using bantam::support::FakeTransport;
using bantam::support::FakeWaiting;
using bantam::support::header_of;
using base::ErrorKind;
using base::Json;
using support::sample_runs;
using testing::ElementsAre;
using testing::HasSubstr;

std::string endpoint_of(const hub::Exchange& exchange) {
  const std::string target = exchange.url.target.substr(0, exchange.url.target.find('?'));
  const std::string interface = "/api/2.0/mlflow/";
  return target.substr(target.find(interface) + interface.size());
}

Answer json_answer(const Json& json, int status = 200) {
  return {status, {{"content-type", "application/json"}}, base::to_text(json), false};
}

Answer error_answer(int status, const std::string& code) {
  return json_answer({{"error_code", code}, {"message", "no"}}, status);
}

class MlflowTest : public testing::Test {
 protected:
  // Answers as a server without anything does; `answers_` come first, once each.
  Answer respond(const hub::Exchange& exchange) {
    const std::string endpoint = endpoint_of(exchange);
    if (auto& own = answers_[endpoint]; !own.empty()) {
      Answer answer = own.front();
      own.erase(own.begin());
      return answer;
    }
    if (endpoint == "experiments/get-by-name") return error_answer(404, "RESOURCE_DOES_NOT_EXIST");
    if (endpoint == "experiments/create") return json_answer({{"experiment_id", "7"}});
    if (endpoint == "runs/create")
      return json_answer({{"run", {{"info", {{"run_id", "r" + std::to_string(++made_)}}}}}});
    return json_answer(Json::object());
  }

  base::Result<std::vector<MlflowRun>> run(const std::string& address = "http://127.0.0.1:5000",
                                           std::optional<std::string> credentials = {}) {
    transport_ = std::make_shared<FakeTransport>([this](const hub::Exchange& one) { return respond(one); });
    auto server = MlflowServer::make(address, std::move(credentials), transport_, waiting_.waiting());
    if (!server) return tl::unexpected(server.error());
    return export_mlflow(*server, sample_runs(), options_);
  }
  std::vector<std::string> asked() const {
    std::vector<std::string> all;
    for (const hub::Exchange& exchange : transport_->asked) all.push_back(endpoint_of(exchange));
    return all;
  }
  Json body(std::size_t i) const {
    return *base::parse_json(transport_->asked.at(i).body.value_or("null"), "body");
  }

  std::map<std::string, std::vector<Answer>> answers_;
  std::shared_ptr<FakeTransport> transport_;
  FakeWaiting waiting_;
  MlflowOptions options_;
  int made_ = 0;
};

TEST_F(MlflowTest, MakesAnExperimentAndARunForEachConfiguration) {
  options_.experiment = "edge boards";
  const auto done = run("http://127.0.0.1:5000/");
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_THAT(asked(), ElementsAre("experiments/get-by-name", "experiments/create", "runs/search",
                                   "runs/create", "runs/log-batch", "runs/update", "runs/search",
                                   "runs/create", "runs/log-batch", "runs/update"));
  EXPECT_EQ(transport_->asked[0].url.text(),
            "http://127.0.0.1:5000/api/2.0/mlflow/experiments/get-by-name?experiment_name=edge%20boards");
  EXPECT_FALSE(transport_->asked[0].body);
  EXPECT_EQ(header_of(transport_->asked[1], "Content-Type"), "application/json");
  EXPECT_EQ(header_of(transport_->asked[1], "Authorization"), "");
  EXPECT_EQ(body(1), (Json{{"name", "edge boards"}}));
  EXPECT_EQ(body(2)["experiment_ids"], Json::array({"7"}));
  EXPECT_EQ(body(2)["filter"], "tags.`bantam.results` = '" + sample_runs().runs[0].results + "'");
  EXPECT_EQ(body(3)["run_name"], "nano fp16");
  EXPECT_EQ(body(3)["start_time"], 1769860800000);
  EXPECT_EQ(body(5), (Json{{"run_id", "r1"}, {"status", "FINISHED"}, {"end_time", 1769860920000}}));
  EXPECT_EQ((*done)[1].id, "r2");
  EXPECT_EQ((*done)[1].state, "created");
}

TEST_F(MlflowTest, WhatIsThereIsNotSentAgainAndWhatIsHalfThereIsCompleted) {
  const auto found = [](const std::string& id, const std::string& status) {
    return Json{{"info", {{"run_id", id}, {"status", status}}}};
  };
  answers_["experiments/get-by-name"] = {
      json_answer({{"experiment", {{"experiment_id", "3"}, {"lifecycle_stage", "active"}}}})};
  answers_["runs/search"] = {
      json_answer({{"runs", Json::array({found("half", "RUNNING"), found("whole", "FINISHED")})}}),
      json_answer({{"runs", Json::array({found("begun", "RUNNING")})}})};
  const auto done = run();
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_THAT(asked(), ElementsAre("experiments/get-by-name", "runs/search", "runs/search", "runs/log-batch",
                                   "runs/update"));
  EXPECT_EQ((*done)[0].id, "whole");
  EXPECT_EQ((*done)[0].state, "there already");
  EXPECT_EQ((*done)[1].id, "begun");
  EXPECT_EQ((*done)[1].state, "completed");
}

TEST_F(MlflowTest, CredentialsGoToTheServerAndNotOverOpenNetworks) {
  ASSERT_TRUE(run("https://mlflow.example/base", "Bearer abc"));
  EXPECT_EQ(header_of(transport_->asked[0], "Authorization"), "Bearer abc");
  EXPECT_THAT(transport_->asked[0].url.text(), HasSubstr("https://mlflow.example/base/api/2.0/mlflow/"));
  const auto open = run("http://mlflow.example", "Bearer abc");
  ASSERT_FALSE(open);
  EXPECT_EQ(open.error().kind, ErrorKind::environment);
  EXPECT_THAT(open.error().message, testing::Not(HasSubstr("abc")));
  EXPECT_TRUE(run("http://mlflow.example"));
}

TEST_F(MlflowTest, AddressesThatAreNoneAreRefused) {
  for (const char* address : {"127.0.0.1:5000", "file:///tmp/mlruns", "http://a:b@host/", "http://host/?x=1",
                              "http://169.254.169.254/", "sqlite:///x.db"}) {
    const auto done = run(address);
    ASSERT_FALSE(done) << address;
    EXPECT_EQ(done.error().kind, ErrorKind::usage) << address;
    EXPECT_TRUE(transport_->asked.empty());
  }
}

TEST_F(MlflowTest, ARefusedLoginSaysWhatToSet) {
  answers_["experiments/get-by-name"] = {error_answer(401, "")};
  const auto done = run();
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kind, ErrorKind::environment);
  EXPECT_THAT(done.error().message, HasSubstr("401"));
  EXPECT_THAT(done.error().hint, HasSubstr("MLFLOW_TRACKING_TOKEN"));
  EXPECT_EQ(transport_->asked.size(), 1U);
}

TEST_F(MlflowTest, AnErrorAmidABatchIsTriedAgainAndThenGivenUpWithTheRunsName) {
  answers_["runs/log-batch"] = {error_answer(500, "INTERNAL_ERROR")};
  ASSERT_TRUE(run());
  EXPECT_EQ(waiting_.slept_s->size(), 1U);
  answers_["runs/log-batch"] = {json_answer(Json::object()), error_answer(500, "INTERNAL_ERROR"),
                                error_answer(500, "INTERNAL_ERROR"), error_answer(500, "INTERNAL_ERROR")};
  const auto done = run();
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kind, ErrorKind::environment);
  EXPECT_THAT(done.error().message, HasSubstr("nano int8: "));
  EXPECT_THAT(done.error().message, HasSubstr("500: INTERNAL_ERROR"));
  EXPECT_THAT(done.error().hint, HasSubstr("goes on"));
}

TEST_F(MlflowTest, WhatMakesSomethingIsNotSentTwice) {
  answers_["runs/create"] = {error_answer(503, "TEMPORARILY_UNAVAILABLE")};
  EXPECT_FALSE(run());
  EXPECT_EQ(asked().back(), "runs/create");
  EXPECT_TRUE(waiting_.slept_s->empty());
}

TEST_F(MlflowTest, AnswersThatAreNoJsonAreErrors) {
  for (const char* text : {"<html>hello</html>", "", "[1, 2]", "{\"a\": ", "7"}) {
    answers_["experiments/get-by-name"] = {{200, {}, text, false}};
    const auto done = run();
    ASSERT_FALSE(done) << text;
    EXPECT_EQ(done.error().kind, ErrorKind::environment);
    EXPECT_THAT(done.error().hint, HasSubstr("MLflow"));
  }
  answers_["experiments/create"] = {json_answer({{"experiment_id", 7}})};
  EXPECT_FALSE(run());
  answers_["runs/create"] = {json_answer({{"run", "x"}})};
  EXPECT_FALSE(run());
}

TEST_F(MlflowTest, RedirectsAndStrangePathsAreErrors) {
  answers_["experiments/get-by-name"] = {{302, {{"location", "https://login.example"}}, "", false}};
  const auto moved = run("https://mlflow.example", "Bearer abc");
  ASSERT_FALSE(moved);
  EXPECT_EQ(transport_->asked.size(), 1U);
  answers_["experiments/get-by-name"] = {{404, {}, "Not Found", false}};
  EXPECT_FALSE(run());
  answers_["experiments/get-by-name"] = {
      json_answer({{"experiment", {{"experiment_id", "3"}, {"lifecycle_stage", "deleted"}}}})};
  const auto deleted = run();
  ASSERT_FALSE(deleted);
  EXPECT_THAT(deleted.error().hint, HasSubstr("--experiment"));
}

TEST_F(MlflowTest, ABrokenLineIsTriedAgain) {
  answers_["experiments/get-by-name"] = {{200, {}, "", true}, {200, {}, "", true}, {200, {}, "", true}};
  const auto done = run();
  ASSERT_FALSE(done);
  EXPECT_EQ(transport_->asked.size(), 3U);
  EXPECT_THAT(done.error().hint, HasSubstr("is the server running?"));
}

TEST_F(MlflowTest, TagsAndNamesAreCheckedFirst) {
  options_.tags = {{"mlflow.user", "x"}};
  EXPECT_FALSE(run());
  options_.tags = {{"a/b", "x"}};
  EXPECT_FALSE(run());
  options_.tags = {};
  options_.name = "{x}";
  EXPECT_FALSE(run());
  options_.name = kUsualName;
  options_.experiment = "";
  EXPECT_FALSE(run());
  EXPECT_TRUE(transport_->asked.empty());
}

std::map<std::string, std::string> texts_of(const std::vector<Json>& batches, const char* list) {
  std::map<std::string, std::string> texts;
  for (const Json& batch : batches) {
    for (const Json& entry : batch[list])
      texts[entry["key"].get<std::string>()] = entry["value"].get<std::string>();
  }
  return texts;
}

TEST(MlflowBatches, HoldSettingsFiguresAndOutcomes) {
  const Runs runs = sample_runs();
  const auto batches = mlflow_batches(runs.runs[0], {"bantam", kUsualName, {{"board", "rpi5"}}}, "r1");
  ASSERT_EQ(batches.size(), 1U);
  const auto params = texts_of(batches, "params");
  EXPECT_EQ(params.at("engine.threads"), "2");
  EXPECT_EQ(params.at("performance.num_runs"), "30");
  EXPECT_EQ(params.at("model_info.file_type"), "F16");
  EXPECT_EQ(params.at("device.cpu.model"), "Example CPU");
  const auto tags = texts_of(batches, "tags");
  EXPECT_EQ(tags.at("model"), "nano");
  EXPECT_EQ(tags.at("board"), "rpi5");
  EXPECT_EQ(tags.at("engine.version"), "0.5.0");
  EXPECT_EQ(tags.at("outcome.qa"), "ok");
  EXPECT_EQ(tags.at("bantam.key"), runs.runs[0].key);
  EXPECT_EQ(tags.at("absent.performance"), R"({"device_memory_bytes":"no accelerator is used"})");
  const Json& metrics = batches[0]["metrics"];
  EXPECT_EQ(metrics[0]["step"], 0);
  EXPECT_EQ(metrics[0]["timestamp"], 1769860920000);
  const Json& last = metrics.back();  // of the sixth round
  EXPECT_EQ(last["step"], 5);
  EXPECT_THAT(last["key"].get<std::string>(), testing::StartsWith("rounds/"));
  const auto other = texts_of(mlflow_batches(runs.runs[1], {}, "r2"), "tags");
  EXPECT_EQ(other.at("outcome.performance"), "failed: SIGILL");
  EXPECT_EQ(other.at("evidence"), "mixed");
  EXPECT_EQ(other.at("evidence.mmlu"), "imported from SLiM-Eval");
}

TEST(MlflowBatches, SettingsThatDifferStandWithTheirTask) {
  auto records = support::sample_records();
  records[1].settings["engine"]["threads"] = 4;
  const auto runs = runs_of(records, {});
  const auto params = texts_of(mlflow_batches(runs->runs[0], {}, "r"), "params");
  EXPECT_EQ(params.at("performance.engine.threads"), "2");
  EXPECT_EQ(params.at("qa.engine.threads"), "4");
  EXPECT_FALSE(params.contains("engine.threads"));
}

// mlflow.org/docs/latest/rest-api.html#log-batch
TEST(MlflowBatches, KeepToTheLimits) {
  tracker::Run run = sample_runs().runs[0];
  for (int i = 0; i < 2500; ++i)
    run.figures.push_back({"t/m" + std::to_string(i), "t", "", "m", {0.5, {}, {}, {}}});
  for (int i = 0; i < 250; ++i)
    run.config["model_info"]["long" + std::to_string(i)] = std::string(6500, 'x') + "\xc3\xa9";
  MlflowOptions options;
  for (int i = 0; i < 250; ++i) options.tags.emplace_back("t" + std::to_string(i), std::string(5001, 'y'));
  std::size_t metrics = 0;
  std::set<std::string> keys;
  for (const Json& batch : mlflow_batches(run, options, "r")) {
    EXPECT_EQ(batch["run_id"], "r");
    EXPECT_LE(base::to_text(batch).size(), 1'000'000U);
    EXPECT_LE(batch["metrics"].size() + batch["params"].size() + batch["tags"].size(), 1000U);
    EXPECT_LE(batch["params"].size(), 100U);
    EXPECT_LE(batch["tags"].size(), 100U);
    metrics += batch["metrics"].size();
    for (const Json& param : batch["params"]) {
      EXPECT_LE(param["value"].get<std::string>().size(), 6000U);
      EXPECT_TRUE(keys.insert(param["key"].get<std::string>()).second);
    }
    for (const Json& tag : batch["tags"]) EXPECT_LE(tag["value"].get<std::string>().size(), 5000U);
  }
  EXPECT_GE(metrics, 2500U);
  EXPECT_GE(keys.size(), 250U);
}

// RFC 4648, section 10.
class CredentialsTest : public testing::Test {
 protected:
  void TearDown() override {
    for (const char* name : {"MLFLOW_TRACKING_TOKEN", "MLFLOW_TRACKING_USERNAME", "MLFLOW_TRACKING_PASSWORD"})
      ::unsetenv(name);
  }
  static void set(const char* name, const char* value) { ::setenv(name, value, 1); }
};

TEST_F(CredentialsTest, AreTheTokenOrUserAndPassword) {
  EXPECT_EQ(find_mlflow_credentials().value(), std::nullopt);
  set("MLFLOW_TRACKING_USERNAME", "Aladdin");
  set("MLFLOW_TRACKING_PASSWORD", "open sesame");
  EXPECT_EQ(find_mlflow_credentials().value(), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");  // RFC 7617
  set("MLFLOW_TRACKING_TOKEN", "some-token-123");
  EXPECT_EQ(find_mlflow_credentials().value(), "Bearer some-token-123");
}

TEST_F(CredentialsTest, ThatCannotBeSentAreRefusedWithoutQuotingThem) {
  set("MLFLOW_TRACKING_TOKEN", "two words");
  ASSERT_FALSE(find_mlflow_credentials());
  EXPECT_THAT(find_mlflow_credentials().error().message, testing::Not(HasSubstr("two words")));
  ::unsetenv("MLFLOW_TRACKING_TOKEN");
  set("MLFLOW_TRACKING_PASSWORD", "open sesame");
  EXPECT_FALSE(find_mlflow_credentials());
  set("MLFLOW_TRACKING_USERNAME", "a:b");
  EXPECT_FALSE(find_mlflow_credentials());
}

}  // namespace
}  // namespace bantam::tracker
