#include "job/jobs.hpp"

#include <gtest/gtest.h>

#include "job/messages.hpp"

namespace bantam::job {
namespace {

// Through the text that the pipe carries.
template <typename Job>
Job sent(const Job& job) {
  const auto json = base::parse_json(base::to_text(to_json(job)), "job");
  EXPECT_TRUE(json);
  EXPECT_EQ(job_name(*json), Job::kName);
  const auto arrived = job_from<Job>(*json);
  EXPECT_TRUE(arrived);
  return *arrived;
}

template <typename Answer>
Answer answered(const Answer& answer) {
  const auto json = base::parse_json(base::to_text(answer_json(answer)), "answer");
  const auto arrived = answer_from<Answer>(*json);
  EXPECT_TRUE(arrived);
  return *arrived;
}

const engine::ModelFile kAdapted("a b/m.gguf", engine::Adapter{"a b/l.gguf", -0.3});

void expect_same(const engine::ModelFile& a, const engine::ModelFile& b) {
  EXPECT_EQ(a.gguf, b.gguf);
  ASSERT_EQ(a.adapter.has_value(), b.adapter.has_value());
  if (!a.adapter) return;
  EXPECT_EQ(a.adapter->path, b.adapter->path);
  EXPECT_EQ(a.adapter->scale, b.adapter->scale);
}

task::Task choice_task() {
  task::TaskFile file;
  file.file = "t.yaml";
  file.config = {{"task", "t"},
                 {"dataset_path", "json"},
                 {"dataset_kwargs", {{"data_files", {{"test", "t.jsonl"}}}}},
                 {"test_split", "test"},
                 {"output_type", "multiple_choice"},
                 {"doc_to_text", "{{question}}"},
                 {"doc_to_choice", {"a", "b"}},
                 {"doc_to_target", 0}};
  const task::CheckedTask checked = task::check_task(file);
  EXPECT_TRUE(checked.task);
  return *checked.task;
}

TEST(Jobs, SelfTest) {
  const auto job = sent(SelfTestJob{{"q4_0", "f16"}, false});
  EXPECT_EQ(job.types, (std::vector<std::string>{"q4_0", "f16"}));
  EXPECT_FALSE(job.extra_buffers);
}

TEST(Jobs, Quantize) {
  const auto job = sent(QuantizeJob{"embedded:nano", "int4", 2, true, {"texts/a b.txt", 8, 64}});
  EXPECT_EQ(job.reference, "embedded:nano");
  EXPECT_EQ(job.precision, "int4");
  EXPECT_EQ(job.threads, 2);
  EXPECT_TRUE(job.merge);
  EXPECT_EQ(job.calibration, (plan::CalibrationSettings{"texts/a b.txt", 8, 64}));
  const auto made = answered(MadeFile{"abc", "source:Q4_0", {{"sha256", "def"}}});
  EXPECT_EQ(made.sha256, "abc");
  EXPECT_EQ(made.identity, "source:Q4_0");
  EXPECT_EQ(made.importance["sha256"], "def");
  EXPECT_TRUE(answered(MadeFile{}).importance.is_null());
}

TEST(Jobs, KeepNamesThatAreNoUtf8) {
  const std::string odd = "models/odd\xFF\xC3.gguf";
  EXPECT_EQ(sent(QuantizeJob{odd, "int4", 1, false, {}}).reference, odd);
  EstimateJob estimate;
  estimate.parts = {{odd, 7}};
  EXPECT_EQ(sent(estimate).parts.front().path, odd);
}

TEST(Jobs, Performance) {
  PerformanceJob asked{kAdapted, {}, {}};
  asked.engine.threads = 3;
  asked.engine.cache_type_k = "f32";
  asked.performance.num_runs = 5;
  asked.performance.max_seconds = 0.5;
  const auto job = sent(asked);
  expect_same(job.model, kAdapted);
  EXPECT_EQ(job.engine.threads, 3);
  EXPECT_EQ(job.engine.cache_type_k, "f32");
  EXPECT_EQ(job.performance.num_runs, 5);
  EXPECT_FALSE(job.performance.num_warmup) << "not said, as against none";
  EXPECT_EQ(job.performance.max_seconds, 0.5);

  PerformanceAnswer told;
  told.encoder = true;
  told.memory.emplace().kv_bytes = 7;
  told.absent["load_cold_s"] = "no permission";
  const auto answer = answered(told);
  EXPECT_TRUE(answer.encoder);
  ASSERT_TRUE(answer.memory);
  EXPECT_EQ(answer.memory->kv_bytes, 7);
  EXPECT_FALSE(answer.weights_resident_bytes);
  EXPECT_EQ(answer.absent, told.absent);
}

TEST(Jobs, Accuracy) {
  AccuracyJob asked;
  asked.model = kAdapted;
  asked.accuracy.limit = 0.25;
  asked.accuracy.num_fewshot = 0;
  asked.tasks = {choice_task(), choice_task()};
  asked.tasks[1].rows = 7;
  asked.stage = {0.125, 0.25};
  asked.seed = 0xFFFFFFFFFFFFFFFFU;
  asked.keep_tokens = 8;
  asked.keep_gaps = true;
  asked.done = {{"t", 3}, {"u", 0}};
  const auto job = sent(asked);
  expect_same(job.model, kAdapted);
  EXPECT_EQ(job.accuracy.limit, 0.25);
  EXPECT_EQ(job.accuracy.num_fewshot, 0) << "none, as against not said";
  EXPECT_TRUE(job.tasks == asked.tasks);
  EXPECT_EQ(job.stage.begin, 0.125);
  EXPECT_EQ(job.stage.end, 0.25);
  EXPECT_EQ(job.seed, asked.seed);
  EXPECT_EQ(job.keep_tokens, 8);
  EXPECT_TRUE(job.keep_gaps);
  EXPECT_EQ(job.done, asked.done);

  record::Scoring scoring;
  scoring.seconds = 1.5;
  scoring.why_unshared = "the model does not allow it";
  const auto answer = answered(ItemsAnswer{scoring});
  ASSERT_TRUE(answer.scoring);
  EXPECT_EQ(answer.scoring->seconds, 1.5);
  EXPECT_EQ(answer.scoring->why_unshared, scoring.why_unshared);
  EXPECT_FALSE(answered(ItemsAnswer{}).scoring) << "nothing was scored";
}

TEST(Jobs, AnAccuracyJobWithATaskThatCannotBeReadIsRefused) {
  AccuracyJob asked;
  asked.tasks = {choice_task()};
  base::Json json = to_json(asked);
  json["tasks"][0].erase("output_type");
  const auto job = job_from<AccuracyJob>(json);
  ASSERT_FALSE(job);
  EXPECT_NE(job.error().message.find("output_type"), std::string::npos);
}

TEST(Jobs, FidelityAndSimilarity) {
  FidelityJob fidelity{
      engine::ModelFile("m.gguf"), engine::ModelFile("b.gguf"), {}, {}, "nano", {{"fidelity", 1}}};
  fidelity.fidelity.chunks = 3;
  const auto job = sent(fidelity);
  EXPECT_EQ(job.model.gguf, "m.gguf");
  ASSERT_TRUE(job.baseline);
  EXPECT_EQ(job.baseline->gguf, "b.gguf");
  EXPECT_EQ(job.fidelity.chunks, 3);
  EXPECT_EQ(job.embedded_model, "nano");
  EXPECT_EQ(job.done, fidelity.done);

  SimilarityJob similarity{
      engine::ModelFile("m.gguf"), std::nullopt, {}, {}, engine::ModelFile("e.gguf"), {}};
  similarity.similarity.prompts = {"a", "\xC3\xA9\n"};
  const auto second = sent(similarity);
  EXPECT_FALSE(second.baseline) << "the model is the baseline";
  ASSERT_TRUE(second.embedding_model);
  EXPECT_EQ(second.embedding_model->gguf, "e.gguf");
  EXPECT_EQ(second.similarity.prompts, similarity.similarity.prompts);
}

TEST(Jobs, Compare) {
  evaluate::AnswerSet set;
  set.task = "t";
  set.keys = {"bertscore_f1,strict"};
  set.options = {5, true};
  set.references = {"a", "b", "b"};
  set.doc_ids = {2, 7};
  set.pairs = {{"x", {"a", "b"}}, {"", {"b"}}};
  const auto job = sent(CompareJob{engine::ModelFile("e.gguf"), {}, {{set}, 99}});
  EXPECT_EQ(job.answers.most_tokens, 99);
  ASSERT_EQ(job.answers.sets.size(), 1U);
  EXPECT_EQ(evaluate::to_json(job.answers.sets[0]), evaluate::to_json(set));
  EXPECT_EQ(job.answers.sets[0].doc_ids, set.doc_ids);
  EXPECT_EQ(job.answers.sets[0].options, set.options);
}

TEST(Jobs, Estimate) {
  EstimateJob asked;
  asked.parts = {{"a.gguf", 5}, {"b.gguf", 1LL << 40}};
  asked.shape = "llama-3.2-1b";
  asked.llama_type = "Q4_K_M";
  asked.performance.n_prompt = 12;
  asked.context = 4096;
  asked.is_beside = true;
  const auto job = sent(asked);
  ASSERT_EQ(job.parts.size(), 2U);
  EXPECT_EQ(job.parts[1].path, "b.gguf");
  EXPECT_EQ(job.parts[1].file_bytes, 1LL << 40);
  EXPECT_EQ(job.shape, asked.shape);
  EXPECT_EQ(job.llama_type, asked.llama_type);
  EXPECT_EQ(job.performance.n_prompt, 12);
  EXPECT_EQ(job.context, 4096);
  EXPECT_TRUE(job.is_beside);
}

TEST(Jobs, Peaks) {
  PeaksJob asked;
  asked.wanted.matrices = {{"q4_K", "CPU", 4, 1000, 0.0}};
  asked.machine = false;
  asked.threads = 6;
  const auto job = sent(asked);
  ASSERT_EQ(job.wanted.matrices.size(), 1U);
  EXPECT_EQ(job.wanted.matrices[0].type, "q4_K");
  EXPECT_EQ(job.wanted.matrices[0].columns, 4);
  EXPECT_FALSE(job.machine);
  EXPECT_EQ(job.threads, 6);
}

TEST(Jobs, TextsIntoTokens) {
  EXPECT_EQ(sent(TokenizeJob{"m.gguf", {"a\n", " "}}).texts, (std::vector<std::string>{"a\n", " "}));
  EXPECT_EQ(answered(TokenizedTexts{{{1, 2}, {}}}).tokens, (TokenLists{{1, 2}, {}}));
  const auto job =
      sent(EncodeJob{"m.gguf", {{{"<|im_start|>", false}, {"a", true}}, {{"b", true}}}, {" c", " d"}});
  ASSERT_EQ(job.contexts.size(), 2U);
  EXPECT_EQ(job.contexts[0][0].text, "<|im_start|>");
  EXPECT_FALSE(job.contexts[0][0].is_input);
  EXPECT_TRUE(job.contexts[0][1].is_input);
  EXPECT_EQ(job.continuations, (std::vector<std::string>{" c", " d"}));
  const auto encoded = answered(EncodedItem{{{1}}, {{2, 3}}});
  EXPECT_EQ(encoded.contexts, (TokenLists{{1}}));
  EXPECT_EQ(encoded.continuations, (TokenLists{{2, 3}}));
}

TEST(Jobs, Template) {
  const auto job = sent(TemplateJob{"m.gguf", "tool_use", R"({"a":1})"});
  EXPECT_EQ(job.gguf, "m.gguf");
  EXPECT_EQ(job.chat_template, "tool_use");
  EXPECT_EQ(job.chat_template_kwargs, R"({"a":1})");
}

TEST(Jobs, NothingElseHasAName) {
  EXPECT_EQ(job_name(base::Json::array()), "");
  EXPECT_EQ(job_name({{"job", 3}}), "");
}

Message carried(const Message& message) {
  const auto json = base::parse_json(base::to_text(to_json(message)), "message");
  const auto arrived = message_from(*json);
  EXPECT_TRUE(arrived);
  return *arrived;
}

TEST(Messages, ArriveAsTheyWereSent) {
  EXPECT_EQ(std::get<Trying>(carried(Trying{"q4_0"})).name, "q4_0");
  const auto tried = std::get<KernelTried>(carried(KernelTried{"q4_0", false, "error 0.3"}));
  EXPECT_FALSE(tried.ok);
  EXPECT_EQ(tried.reason, "error 0.3");
  EXPECT_EQ(std::get<EngineOpened>(carried(EngineOpened{{{"context", 8}}})).facts["context"], 8);
  const auto phase = std::get<PhaseBegun>(carried(PhaseBegun{"calibrating", 3, 8, "samples"}));
  EXPECT_EQ(phase.done, 3);
  EXPECT_EQ(phase.total, 8);
  EXPECT_EQ(phase.unit, "samples");
  EXPECT_EQ(std::get<TaskBegun>(carried(TaskBegun{"t", 40})).items, 40);
  record::Trial trial;
  trial.scenario = "offline";
  trial.wall_s = 0.1;
  EXPECT_EQ(std::get<TrialDone>(carried(TrialDone{trial})).trial.wall_s, 0.1);
  EXPECT_EQ(std::get<ScenarioEnded>(carried(ScenarioEnded{"x"})).text, "x");
  const std::vector<record::Item> items{{"t", 4, {{"doc_id", 4}}, {{"acc", 1.0}}}};
  const auto done = std::get<ItemsDone>(carried(ItemsDone{items, 0}));
  EXPECT_EQ(done.fresh, 0);
  EXPECT_EQ(done.items[0].metrics, items[0].metrics);
  EXPECT_EQ(std::get<ItemsExtended>(carried(ItemsExtended{items})).items[0].doc_id, 4);
  EXPECT_EQ(std::get<Warning>(carried(Warning{"w"})).text, "w");
  engine::Peaks rates;
  rates.read_bytes_per_s = 3e10;
  EXPECT_EQ(std::get<RateMeasured>(carried(RateMeasured{rates})).rates.read_bytes_per_s, 3e10);
}

TEST(Messages, WhatCannotBeReadIsAnError) {
  EXPECT_FALSE(message_from({{"type", "dance"}}));
  EXPECT_FALSE(message_from(base::Json::array()));
  EXPECT_FALSE(message_from({{"type", "trial"}}));
  EXPECT_FALSE(message_from({{"type", "items"}, {"items", base::Json::array({base::Json{{"task", "t"}}})}}));
}

TEST(Messages, SpecialTokensThatTheModelHasAreFacts) {
  engine::Properties properties;
  properties.eos = 2;
  properties.eos_text = "</s>";
  EXPECT_EQ(base::to_text(engine_opened(properties).facts["special_tokens"]),
            R"({"eos":{"id":2,"text":"</s>"}})");
}

TEST(Jobs, Audit) {
  AuditJob job;
  job.model = kAdapted;
  job.engine.threads = 3;
  job.clock = job.repeats = false;
  job.prompts = {"a", "b"};
  job.new_tokens = 7;
  job.repeat_s = 1.5;
  const auto arrived = sent(job);
  expect_same(arrived.model, job.model);
  EXPECT_EQ(arrived.engine.threads, 3);
  EXPECT_FALSE(arrived.clock);
  EXPECT_TRUE(arrived.own_cost);
  EXPECT_TRUE(arrived.outputs);
  EXPECT_FALSE(arrived.repeats);
  EXPECT_EQ(arrived.prompts, job.prompts);
  EXPECT_EQ(arrived.new_tokens, 7);
  EXPECT_EQ(arrived.repeat_s, 1.5);
}

TEST(Answers, AuditFacts) {
  AuditFacts facts;
  facts.clock = {10, 1, {}, 2.5};
  facts.outputs = {{{1, 2}, {1}, true, {}}, {{1}, {2}, false, 0.1}};
  facts.repeats = {128, 0, {{0.1, 0.2, 0.3, 0.4}}};
  RequestFacts request;
  request.tokens = {5};
  request.token_ns = {1'000'000'007};
  request.text = "\xff";  // any bytes
  facts.requests = {request};
  const auto arrived = answered(facts);
  ASSERT_TRUE(arrived.clock && arrived.repeats);
  EXPECT_FALSE(arrived.own_cost);
  EXPECT_EQ(arrived.clock->backward_steps, 1);
  EXPECT_FALSE(arrived.clock->smallest_step_ns);
  ASSERT_EQ(arrived.outputs.size(), 2U);
  EXPECT_TRUE(arrived.outputs[0].answer_ended);
  EXPECT_EQ(arrived.outputs[1].gap, 0.1);
  EXPECT_EQ(arrived.repeats->pairs.at(0).other_e2e_s, 0.4);
  EXPECT_EQ(arrived.requests.at(0).token_ns, request.token_ns);
  EXPECT_EQ(arrived.requests.at(0).text, request.text);
  EXPECT_FALSE(arrived.requests.at(0).text_again);
}

}  // namespace
}  // namespace bantam::job
