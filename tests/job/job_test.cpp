#include "job/job.hpp"

#include <gtest/gtest.h>

namespace bantam::job {
namespace {

AccuracyJob accuracy_job() {
  AccuracyJob job;
  job.model = engine::ModelFile("a b/m.gguf", engine::Adapter{"a b/l.gguf", -0.3});
  job.engine.threads = 3;
  job.engine.cache_type_k = "f32";
  job.accuracy.limit = 0.25;
  job.accuracy.num_fewshot = 0;
  job.accuracy.include_paths = {"one", "two"};
  job.task = "t";
  job.stage = {0.125, 0.25};
  job.seed = 7;
  job.done = {{"t", 3}, {"u", 0}};
  return job;
}

CompareJob compare_job() {
  evaluate::AnswerSet set;
  set.task = "t";
  set.keys = {"bertscore_f1,strict"};
  set.options = {5, true};
  set.references = {"a", "b", "b"};
  set.doc_ids = {2, 7};
  set.pairs = {{"x", {"a", "b"}}, {"", {"b"}}};
  return {engine::ModelFile("e.gguf"), {}, {{set}, 99}};
}

TEST(Job, ArrivesInTheWorkerAsItWasSent) {
  const Job jobs[] = {
      SelfTestJob{{"q4_0", "f16"}, false},
      QuantizeJob{"embedded:nano", "int4", 2, true, {"texts/a b.txt", 8, 64}},
      PerformanceJob{{"m.gguf"}, {}, {}},
      accuracy_job(),
      TokenizeJob{"m.gguf", {"a\n", " "}},
      EncodeJob{"m.gguf", {{{"<|im_start|>", false}, {"a", true}}, {{"b", true}}}, {" c", " d"}},
      compare_job()};
  for (const Job& job : jobs) {
    const auto arrived = job_from(to_json(job));
    ASSERT_TRUE(arrived) << arrived.error().message;
    EXPECT_EQ(to_json(*arrived), to_json(job));
  }
  const auto arrived = job_from(to_json(Job(accuracy_job())));
  const auto& job = std::get<AccuracyJob>(*arrived);
  EXPECT_EQ(job.model.gguf, "a b/m.gguf");
  ASSERT_TRUE(job.model.adapter);
  EXPECT_EQ(job.model.adapter->path, "a b/l.gguf");
  EXPECT_EQ(job.model.adapter->scale, -0.3);
  EXPECT_EQ(job.stage.begin, 0.125);
  EXPECT_EQ(job.stage.end, 0.25);
  EXPECT_EQ(job.done, accuracy_job().done);
  EXPECT_EQ(job.accuracy.num_fewshot, 0);  // none, as against not said
  EXPECT_EQ(job.accuracy.include_paths.size(), 2U);
}

TEST(Job, RefusesWhatItDoesNotKnow) {
  EXPECT_FALSE(job_from({{"job", "dance"}}));
  EXPECT_FALSE(job_from(base::Json::array()));
}

}  // namespace
}  // namespace bantam::job
