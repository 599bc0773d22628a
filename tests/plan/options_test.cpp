#include "plan/options.hpp"

#include <gmock/gmock.h>

#include "base/files.hpp"
#include "plan/complete.hpp"
#include "plan/plan.hpp"
#include "support/temp_dir.hpp"

namespace bantam::plan {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Plan plan_from(const OptionValues& values) {
  auto request = build_request(values);
  EXPECT_TRUE(request) << request.error().message;
  return request ? request->plan : Plan{};
}

TEST(BuildRequest, FillsInWhatTheEmbeddedModelNeeds) {
  const Plan plan = plan_from({{"models", {"embedded:nano"}}});
  EXPECT_EQ(plan.models.front().name, "nano");
  EXPECT_THAT(plan.precisions, ElementsAre("fp16", "int8", "int4"));
  EXPECT_EQ(plan.base_precision, "fp16");
  EXPECT_EQ(unfold(plan).size(), 3U * (1U + 12U));
}

TEST(BuildRequest, MeasuresOnlyPerformanceWhereNoTaskIsNamed) {
  const Plan plan = plan_from({{"models", {"a/b.gguf"}}});
  EXPECT_TRUE(plan.measures(record::CellKind::performance));
  EXPECT_FALSE(plan.measures(record::CellKind::accuracy));
}

TEST(BuildRequest, RefusesAccuracyAloneWithoutTasks) {
  const auto request = build_request({{"models", {"b.gguf"}}, {"tasks", {"accuracy"}}});
  ASSERT_FALSE(request);
  EXPECT_EQ(request.error().kind, base::ErrorKind::usage);
}

TEST(BuildRequest, TakesLimitsOfRequestsInSecondsOrAsVllmHasThem) {
  const OptionValues asked{{"models", {"embedded:nano"}}, {"request_rate", {"2.5"}}};
  OptionValues own = asked;
  own.insert(own.end(), {{"max_ttft", {"500ms"}}, {"max_tpot", {"0.05"}}});
  OptionValues as_vllm = asked;
  as_vllm.push_back({"goodput", {"ttft:500", "tpot:50"}});
  for (const auto& values : {own, as_vllm}) {
    const PerformanceSettings settings = plan_from(values).performance_settings;
    EXPECT_DOUBLE_EQ(settings.request_rate.value(), 2.5);
    EXPECT_DOUBLE_EQ(settings.max_ttft_s.value(), 0.5);
    EXPECT_DOUBLE_EQ(settings.max_tpot_s.value(), 0.05);
  }
  for (const char* limit : {"e2el:500", "ttft", "ttft:", "ttft:-1", ":5", "ttft:5s"}) {
    OptionValues wrong = asked;
    wrong.push_back({"goodput", {limit}});
    EXPECT_EQ(build_request(wrong).error().kind, base::ErrorKind::usage) << limit;
  }
}

TEST(BuildRequest, RefusesOptionsOfScenariosThatAreNotMeasured) {
  const auto refused = [](const OptionValues& more) {
    OptionValues values{{"models", {"embedded:nano"}}};
    values.insert(values.end(), more.begin(), more.end());
    return !build_request(values) && build_request(values).error().kind == base::ErrorKind::usage;
  };
  EXPECT_TRUE(refused({{"max_ttft", {"1"}}}));
  EXPECT_TRUE(refused({{"max_tpot", {"1"}}}));
  EXPECT_TRUE(refused({{"request_rate", {"1"}}, {"scenarios", {"offline"}}}));
  EXPECT_TRUE(refused({{"sustained", {"5min"}}, {"scenarios", {"offline"}}}));
  EXPECT_FALSE(refused({{"sustained", {"5min"}}, {"scenarios", {"offline", "sustained"}}}));
  EXPECT_FALSE(refused({{"request_rate", {"1"}}, {"max_ttft", {"1"}}}));
}

TEST(BuildRequest, NamesModelsApart) {
  const Plan plan = plan_from({{"models", {"x/m.gguf", "y/m.gguf", "big=z/m.gguf"}}});
  EXPECT_EQ(plan.models[0].name, "m");
  EXPECT_EQ(plan.models[1].name, "m-2");
  EXPECT_EQ(plan.models[2].name, "big");
  EXPECT_EQ(plan.models[2].reference, "z/m.gguf");
}

TEST(BuildRequest, SaysWhichNamesMeet) {
  const auto same = build_request({{"models", {"a=x.gguf", "a=y.gguf"}}});
  ASSERT_FALSE(same);
  EXPECT_THAT(same.error().message, HasSubstr("two models are named 'a'"));
  const auto alike = build_request({{"models", {"a b=x.gguf", "a*b=y.gguf"}}});
  ASSERT_FALSE(alike);
  EXPECT_THAT(alike.error().message, HasSubstr("'a b' and 'a*b' would have the same files, a_b"));
  EXPECT_TRUE(build_request({{"models", {"α=x.gguf", "β=y.gguf", "A=z.gguf", "a=z.gguf"}}}));
}

// Each of these ends the engine, or is refused by it, once a model is open.
TEST(BuildRequest, RefusesWhatTheEngineCannotDo) {
  const auto refused = [](OptionValues values, const char* says, const char* remedy) {
    values.push_back({"models", {"embedded:nano"}});
    const auto request = build_request(values);
    ASSERT_FALSE(request) << says;
    EXPECT_EQ(request.error().kind, base::ErrorKind::usage);
    EXPECT_THAT(request.error().message, HasSubstr(says));
    EXPECT_THAT(request.error().hint, HasSubstr(remedy));
  };
  const std::pair<std::string, std::vector<std::string>> speed{"tasks", {"performance"}};
  refused({speed, {"n_batch", {"7"}}}, "--n-batch 7 is below --batch-size 8", "--n-batch 8 or more");
  refused({speed, {"batch_size", {"257"}}}, "from 1 to 256", "");
  refused({{"n_batch", {"8"}}}, "--accuracy-batch-size 16", "--accuracy-batch-size 8");
  refused({{"accuracy_batch_size", {"257"}}}, "from 1 to 256", "");
  refused({{"flash_attn", {"off"}}, {"cache_type_v", {"q8_0"}}}, "needs flash attention",
          "--cache-type-v f16");
  plan_from({{"models", {"embedded:nano"}}, speed, {"n_batch", {"8"}}, {"n_ubatch", {"1"}}});
  plan_from({{"models", {"embedded:nano"}}, {"batch_size", {"256"}}, {"accuracy_batch_size", {"256"}}});
  plan_from({{"models", {"embedded:nano"}}, {"flash_attn", {"off"}}, {"cache_type_k", {"q8_0"}}});
}

TEST(BuildRequest, TakesModelsFromATextFile) {
  const support::TempDir folder;
  const auto list = folder.path() / "models.txt";
  ASSERT_TRUE(base::write_file_atomically(list, "# candidates\nembedded:nano\r\n\n  big=x/y.gguf\n"));
  const Plan plan = plan_from({{"models", {"first.gguf", list.string()}}});
  ASSERT_EQ(plan.models.size(), 3U);
  EXPECT_EQ(plan.models[0].reference, "first.gguf");
  EXPECT_EQ(plan.models[1].reference, "embedded:nano");
  EXPECT_EQ(plan.models[2].name, "big");
  EXPECT_EQ(plan.models[2].reference, "x/y.gguf");
}

TEST(BuildRequest, NamesTheLineOfAListThatNamesNoModel) {
  const support::TempDir folder;
  const auto list = folder.path() / "models.txt";
  ASSERT_TRUE(base::write_file_atomically(list, "embedded:nano\nother.txt\n"));
  const auto request = build_request({{"models", {list.string()}}});
  ASSERT_FALSE(request);
  EXPECT_EQ(request.error().kind, base::ErrorKind::usage);
  EXPECT_THAT(request.error().message, HasSubstr("models.txt:2"));
  const auto missing = build_request({{"models", {(folder.path() / "none.txt").string()}}});
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().kind, base::ErrorKind::usage);
}

TEST(BuildRequest, RefusesAccuracyOfRandomWeights) {
  const auto request =
      build_request({{"models", {"synthetic:llama-3.2-1b"}}, {"accuracy_tasks", {"nano_qa"}}});
  ASSERT_FALSE(request);
  EXPECT_EQ(request.error().kind, base::ErrorKind::usage);
  EXPECT_FALSE(plan_from({{"models", {"synthetic:llama-3.2-1b"}}}).measures(record::CellKind::accuracy));
}

TEST(BuildRequest, UntilDecidedNeedsScoresAndSomethingToCompare) {
  const OptionValues values{{"models", {"embedded:nano"}}, {"until_decided", {"2.5"}}};
  const Plan plan = plan_from(values);
  EXPECT_EQ(plan.accuracy_settings.until_decided_points, 2.5);
  const Cell cell = unfold(plan).back();
  EXPECT_TRUE(is_staged(plan, cell.kind));
  EXPECT_FALSE(is_staged(plan, record::CellKind::performance));
  const auto settings = to_json(cell_settings(plan, cell));
  EXPECT_EQ(settings["accuracy"]["until_decided_points"], 2.5);
  EXPECT_EQ(settings["base_precision"], "fp16") << "another base is another comparison";
  for (const auto& more :
       {OptionValues{{"precisions", {"int8"}}}, OptionValues{{"tasks", {"performance"}}},
        OptionValues{{"until_decided", {"0"}}}, OptionValues{{"until_decided", {"101"}}}}) {
    OptionValues all = values;
    all.insert(all.end(), more.begin(), more.end());
    const auto request = build_request(all);
    ASSERT_FALSE(request);
    EXPECT_EQ(request.error().kind, base::ErrorKind::usage);
    EXPECT_FALSE(request.error().hint.empty());
  }
}

TEST(DefaultModelName, IsShortAndLeavesThePrecisionOut) {
  EXPECT_EQ(default_model_name("embedded:nano"), "nano");
  EXPECT_EQ(default_model_name("/models/probe-f16.gguf"), "probe");
  EXPECT_EQ(default_model_name("probe-F32.GGUF"), "probe");
  EXPECT_EQ(default_model_name("Qwen2.5-0.5B-Instruct-Q4_K_M.gguf"), "Qwen2.5-0.5B-Instruct");
  EXPECT_EQ(default_model_name("x/Llama-3.2-1B.Q4_K_M.gguf"), "Llama-3.2-1B");
  EXPECT_EQ(default_model_name("Qwen2.5-0.5B.gguf"), "Qwen2.5-0.5B");
  EXPECT_EQ(default_model_name("f16.gguf"), "f16");
  EXPECT_EQ(default_model_name("tiny-v2.gguf"), "tiny-v2");
  EXPECT_EQ(default_model_name("hf:Qwen/Qwen2.5-0.5B-GGUF:Q8_0"), "Qwen2.5-0.5B-GGUF");
  EXPECT_EQ(default_model_name("models/"), "model");
  EXPECT_EQ(default_model_name("embedded:nano+lora:adapters/upper-f16.gguf@0.5"), "nano-upper");
}

TEST(BuildRequest, AnEqualsSignInAPathIsNoName) {
  const Plan plan = plan_from({{"models", {"dir/a=b.gguf"}}});
  EXPECT_EQ(plan.models[0].reference, "dir/a=b.gguf");
}

TEST(BuildRequest, UnderstandsEverySpellingOfAPrecisionOnce) {
  const Plan plan = plan_from({{"models", {"m.gguf"}}, {"precisions", {"FP16", "f16", "q5_k_m", "Q8_0"}}});
  EXPECT_THAT(plan.precisions, ElementsAre("fp16", "Q5_K_M", "int8"));
}

TEST(BuildRequest, SuggestsTheClosestPrecision) {
  const auto request = build_request({{"models", {"m.gguf"}}, {"precisions", {"Q5_K_X"}}});
  ASSERT_FALSE(request);
  EXPECT_THAT(request.error().message, HasSubstr("Q5_K_X"));
  EXPECT_THAT(request.error().hint, HasSubstr("Q5_K_"));
}

TEST(BuildRequest, LaterValuesWin) {
  const Plan plan = plan_from({{"models", {"m.gguf"}}, {"num_runs", {"5"}}, {"num_runs", {"7"}}});
  EXPECT_EQ(plan.performance_settings.num_runs, 7);
}

TEST(BuildRequest, RefusesNumbersOutOfRange) {
  for (const char* text : {"0", "-1", "1000000", "two", "2.5", ""}) {
    const auto request = build_request({{"models", {"m.gguf"}}, {"threads", {text}}});
    ASSERT_FALSE(request) << text;
    EXPECT_EQ(request.error().kind, base::ErrorKind::usage);
    EXPECT_THAT(request.error().message, HasSubstr("--threads"));
  }
}

TEST(BuildRequest, SaysWhichAcceptedOptionsHaveNoEffect) {
  const auto request = build_request({{"models", {"m.gguf"}}, {"gpu_memory_utilization", {"0.8"}}});
  ASSERT_TRUE(request);
  EXPECT_THAT(request->notices, ::testing::Contains(HasSubstr("--gpu-memory-utilization has no effect")));
}

TEST(BuildRequest, RefusesABasePrecisionThatIsNotMeasured) {
  EXPECT_FALSE(
      build_request({{"models", {"m.gguf"}}, {"precisions", {"int4"}}, {"base_precision", {"fp16"}}}));
}

TEST(ReadPlanFile, TakesNamesAndPathsAndFlagsOverrideIt) {
  const support::TempDir dir;
  const auto file = dir.path() / "plan.yaml";
  ASSERT_TRUE(base::write_file_atomically(file,
                                          "models:\n  - {name: small, path: a.gguf}\n  - b.gguf\n"
                                          "precisions: [int8, int4]\nnum-runs: 9\n"));
  auto values = read_plan_file(file);
  ASSERT_TRUE(values) << values.error().message;
  values->push_back({"num_runs", {"3"}});
  const Plan plan = plan_from(*values);
  EXPECT_EQ(plan.models[0].name, "small");
  EXPECT_EQ(plan.models[1].reference, "b.gguf");
  EXPECT_EQ(plan.performance_settings.num_runs, 3);
}

TEST(ReadPlanFile, VariablesOfTheChatTemplateAreAMapOrJson) {
  const support::TempDir dir;
  const auto file = dir.path() / "plan.yaml";
  for (const char* text :
       {"models: [a]\nchat_template_kwargs: {enable_thinking: false, budget: 5}\n",
        "models: [a]\nchat_template_kwargs: '{\"budget\": 5, \"enable_thinking\": false}'\n"}) {
    ASSERT_TRUE(base::write_file_atomically(file, text));
    const auto values = read_plan_file(file);
    ASSERT_TRUE(values) << values.error().message;
    EXPECT_EQ(plan_from(*values).accuracy_settings.chat_template_kwargs,
              R"({"budget":5,"enable_thinking":false})");
  }
  for (const char* bad :
       {"[1]", "{", "thinking", R"({"messages": []})", R"({"add_generation_prompt": true})"}) {
    const auto request = build_request({{"models", {"a"}}, {"chat_template_kwargs", {bad}}});
    ASSERT_FALSE(request) << bad;
    EXPECT_EQ(request.error().kind, base::ErrorKind::usage) << bad;
    EXPECT_THAT(request.error().message, HasSubstr("--chat-template-kwargs")) << bad;
  }
}

TEST(ReadPlanFile, NamesFileAndKeyOfWhatItCannotRead) {
  const support::TempDir dir;
  const auto file = dir.path() / "plan.yaml";
  const char* const bad[] = {"modells: [a]\n",
                             "models: {a: b}\n",
                             "- a\n",
                             "models: [a]\nmodels: [b]\n",
                             "models: [[a]]\n",
                             "a: &x [*x]\n",
                             "models: {name: [a], path: b}\n",
                             "models: [{name: 7, path: b}]\n",
                             "store: [a, b]\n",
                             "store: {path: a}\n",
                             "precisions: [{path: fp16}]\n",
                             "ignore_eos: [on]\n",
                             "models: [a]\n---\nmodels: [b]\n",
                             "---\n---\nmodels: [b]\n",
                             "models: [a]\n...\nb\n",
                             "models: [a]\n]\n",
                             "# nothing\n",
                             "models: 2001-12-14\n"};
  for (const char* text : bad) {
    ASSERT_TRUE(base::write_file_atomically(file, text));
    const auto values = read_plan_file(file);
    ASSERT_FALSE(values) << text;
    EXPECT_EQ(values.error().kind, base::ErrorKind::usage) << text;
    EXPECT_THAT(values.error().message, HasSubstr("plan.yaml")) << text;
  }
}

TEST(Unfold, GivesOneCellForEachPointInReadingOrder) {
  const Plan plan = plan_from({{"models", {"a.gguf", "b.gguf"}},
                               {"precisions", {"fp16", "int4"}},
                               {"tasks", {"performance", "energy", "accuracy"}},
                               {"accuracy_tasks", {"t1", "t2", "t1"}}});
  const auto cells = unfold(plan);
  ASSERT_EQ(cells.size(), 2U * 2U * 4U);
  EXPECT_EQ(cells[0].task, "performance");
  EXPECT_EQ(cells[1].task, "energy");
  EXPECT_EQ(cells[2].task, "t1");
  EXPECT_EQ(cells[4].precision, "int4");
  EXPECT_EQ(cells[8].model.name, "b");
}

TEST(Settings, ACellHasThoseOfItsKindAlone) {
  const Plan plan = plan_from({{"models", {"m.gguf"}},
                               {"precisions", {"fp16"}},
                               {"tasks",
                                {"performance", "energy", "resources", "fidelity", "similarity", "accuracy"}},
                               {"accuracy_tasks", {"t1"}}});
  std::vector<std::string> sections;
  for (const Cell& cell : unfold(plan)) {
    std::string& keys = sections.emplace_back(cell.task + ":");
    const base::Json settings = to_json(cell_settings(plan, cell));
    for (const auto& [key, value] : settings.items()) keys += " " + key;
  }
  EXPECT_THAT(sections,
              ElementsAre("performance: engine performance", "energy: engine performance energy",
                          "resources: engine performance",
                          "fidelity: engine fidelity base_precision",
                          "similarity: engine similarity base_precision", "t1: engine accuracy seed"));
}

TEST(Settings, EnergyIsOfRequestsOneAfterTheOtherForItsOwnBudget) {
  const Plan plan = plan_from({{"models", {"m.gguf"}},
                               {"precisions", {"fp16"}},
                               {"tasks", {"energy", "resources"}},
                               {"scenarios", {"poisson", "offline"}},
                               {"request_rate", {"3"}},
                               {"batch_size", {"4"}},
                               {"n_gen", {"32"}},
                               {"max_new_tokens", {"16"}},
                               {"max_seconds", {"7"}},
                               {"energy_seconds", {"90"}},
                               {"energy_sample_runs", {"200"}}});
  const auto cells = unfold(plan);
  const PerformanceSettings energy = performance_of(plan, cells[0]);
  EXPECT_THAT(scenarios_of(energy), ElementsAre("single_stream"));
  EXPECT_EQ(energy.num_runs, 200);
  EXPECT_EQ(energy.max_seconds, 90.0);
  EXPECT_EQ(energy.max_new_tokens, 16);
  EXPECT_FALSE(energy.request_rate || energy.n_gen);
  const PerformanceSettings resources = performance_of(plan, cells[1]);
  EXPECT_THAT(scenarios_of(resources), ElementsAre("pp", "tg"));
  EXPECT_EQ(resources.n_gen, 32);
  EXPECT_EQ(resources.n_prompt, 256);
}

TEST(Settings, ComeBackEqualFromJson) {
  const Plan plan = plan_from({{"models", {"m.gguf"}},
                               {"threads", {"3"}},
                               {"accuracy_limit", {"0.5"}},
                               {"repack", {"off"}},
                               {"num_runs", {"4"}},
                               {"cache_type_k", {"q8_0"}}});
  EXPECT_EQ(to_json(engine_settings_from(to_json(plan.engine))), to_json(plan.engine));
  EXPECT_EQ(to_json(performance_settings_from(to_json(plan.performance_settings))),
            to_json(plan.performance_settings));
  EXPECT_EQ(to_json(accuracy_settings_from(to_json(plan.accuracy_settings))),
            to_json(plan.accuracy_settings));
  EXPECT_EQ(engine_settings_from(to_json(plan.engine)).threads, 3);
  EXPECT_FALSE(engine_settings_from(to_json(plan.engine)).repack);
}

TEST(Settings, OfACellHoldOnlyWhatCanChangeItsResult) {
  Plan plan = plan_from({{"models", {"m.gguf"}}, {"accuracy_tasks", {"t"}}});
  const auto cells = unfold(plan);
  const auto performance = to_json(cell_settings(plan, cells[0]));
  const auto accuracy = to_json(cell_settings(plan, cells[1]));
  plan.performance_settings.num_runs = 12;
  EXPECT_NE(to_json(cell_settings(plan, cells[0])), performance);
  EXPECT_EQ(to_json(cell_settings(plan, cells[1])), accuracy);
  plan.accuracy_settings.limit = 5;
  EXPECT_NE(to_json(cell_settings(plan, cells[1])), accuracy);
}

TEST(Settings, OfACellNameTheEmbeddingModelAmongThoseOfAccuracy) {
  const Plan plan = plan_from({{"models", {"m.gguf"}}, {"accuracy_tasks", {"t"}}});
  CellSettings settings = cell_settings(plan, unfold(plan).back());
  EXPECT_FALSE(to_json(settings)["accuracy"].contains("embedding_model_sha256"));
  settings.embedding_model_sha256 = "abc";
  EXPECT_EQ(to_json(settings)["accuracy"].back(), "abc");
  EXPECT_EQ(cell_settings_from(to_json(settings)).embedding_model_sha256, "abc");
}

}  // namespace
}  // namespace bantam::plan
