// Commands as the README files of lm-eval 0.4.13 and SLiM-Eval 0.1.3 print them.

#include "plan/foreign.hpp"

#include <gmock/gmock.h>

namespace bantam::plan {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(LmEvalCommand, IsReadAsOurs) {
  // lm_eval --model hf --model_args pretrained=EleutherAI/pythia-160m,revision=step100000,dtype="float"
  //   --tasks lambada_openai,hellaswag --device cuda:0 --batch_size 8
  const auto request =
      build_request({{"models", {"hf"}},
                     {"model_args", {"pretrained=EleutherAI/pythia-160m,revision=step100000,dtype=float"}},
                     {"tasks", {"lambada_openai", "hellaswag"}},
                     {"device", {"cuda:0"}},
                     {"batch_size", {"8"}}});
  ASSERT_TRUE(request) << request.error().message;
  const Plan& plan = request->plan;
  ASSERT_EQ(plan.models.size(), 1U);
  EXPECT_EQ(plan.models.front().reference, "hf:EleutherAI/pythia-160m@step100000");
  EXPECT_THAT(plan.precisions, ElementsAre("fp32"));
  EXPECT_THAT(plan.accuracy_settings.tasks, ElementsAre("lambada_openai", "hellaswag"));
  EXPECT_THAT(plan.kinds, ElementsAre(record::CellKind::accuracy));
  EXPECT_EQ(plan.accuracy_settings.batch_size, 8);
  EXPECT_EQ(plan.performance_settings.batch_size, PerformanceSettings{}.batch_size);
  EXPECT_EQ(plan.engine.gpu_index, 0);
  ASSERT_FALSE(request->notices.empty());
  EXPECT_THAT(request->notices.front(), HasSubstr("--models hf:EleutherAI/pythia-160m@step100000"));
}

TEST(LmEvalCommand, OnTheCpuWithALocalFile) {
  // The form with a GGUF file: pretrained=FOLDER,gguf_file=NAME
  const auto request = build_request({{"models", {"hf"}},
                                      {"model_args", {"pretrained=/,gguf_file=model.gguf,tokenizer=/x"}},
                                      {"tasks", {"hellaswag"}},
                                      {"device", {"cpu"}},
                                      {"batch_size", {"auto:4"}},
                                      {"seed", {"0,1234,1234,7"}}});
  ASSERT_TRUE(request) << request.error().message;
  EXPECT_EQ(request->plan.models.front().reference, "/model.gguf");
  EXPECT_EQ(request->plan.engine.n_gpu_layers, 0);
  EXPECT_EQ(request->plan.seed, 7U);
  EXPECT_EQ(request->plan.accuracy_settings.batch_size, AccuracySettings{}.batch_size);
}

TEST(LmEvalCommand, NamesAllThatIsToBeLeftOutAtOnce) {
  const auto request = build_request({{"models", {"hf"}},
                                      {"model_args", {"pretrained=a/b"}},
                                      {"tasks", {"hellaswag"}},
                                      {"gen_kwargs", {"temperature=0.7"}},
                                      {"predict_only", {"true"}}});
  ASSERT_FALSE(request);
  EXPECT_EQ(request.error().kind, base::ErrorKind::usage);
  EXPECT_EQ(request.error().hint, "leave out --gen-kwargs and --predict-only");
  const auto arguments = build_request({{"model_args", {"pretrained=a/b,peft=c/d,load_in_4bit=True"}}});
  ASSERT_FALSE(arguments);
  EXPECT_EQ(arguments.error().hint, "leave out load_in_4bit and peft");
}

TEST(LmEvalCommand, ABackendAloneIsNoModel) {
  const auto request = build_request({{"models", {"hf"}}, {"tasks", {"hellaswag"}}});
  ASSERT_FALSE(request);
  EXPECT_THAT(request.error().message, HasSubstr("backend"));
}

TEST(SlimEvalCommand, RunsAsItIs) {
  // slim-eval run --models "Qwen/Qwen2.5-3B-Instruct" --precision fp16 --max-model-len 8192 --wandb-enabled
  //   --wandb-project slim-eval --wandb-run-name "fp16 Qwen2.5-3B-Instruct", and its other options
  const auto request = build_request({{"models", {"Qwen/Qwen2.5-3B-Instruct"}},
                                      {"precision", {"fp16"}},
                                      {"max_model_len", {"8192"}},
                                      {"wandb_enabled", {"true"}},
                                      {"wandb_project", {"slim-eval"}},
                                      {"wandb_run_name", {"fp16 Qwen2.5-3B-Instruct"}},
                                      {"quantized_models_dir", {"quantized-models"}},
                                      {"gpu_memory_utilization", {"0.8"}},
                                      {"energy_sample_runs", {"200"}},
                                      {"tasks", {"performance", "accuracy", "energy"}},
                                      {"accuracy_tasks", {"mmlu", "gsm8k", "hellaswag"}},
                                      {"num_fewshot", {"5"}},
                                      {"accuracy_batch_size", {"32"}},
                                      {"accuracy_batch_size_mmlu", {"32"}},
                                      {"calibration_split", {"train_sft"}}});
  ASSERT_TRUE(request) << request.error().message;
  EXPECT_THAT(request->notices, ::testing::Contains(HasSubstr("--quantized-models-dir has no effect")));
  EXPECT_TRUE(request->tracking.is_wanted());
  EXPECT_EQ(request->tracking.project, "slim-eval");
  EXPECT_EQ(request->tracking.name, "fp16 Qwen2.5-3B-Instruct");
}

TEST(Notices, TellWhatIsLeftOutAndWhatHasNoEffect) {
  const auto request = build_request({{"models", {"my.gguf"}},
                                      {"include_path", {"nowhere"}},
                                      {"num_fewshot", {"5"}},
                                      {"fidelity_chunks", {"3"}}});
  ASSERT_TRUE(request);
  EXPECT_THAT(
      request->notices,
      ElementsAre(::testing::AllOf(HasSubstr("accuracy is not measured"), HasSubstr("bantam tasks list"),
                                   HasSubstr("bantam run my.gguf --accuracy-tasks")),
                  "--num-fewshot, --include-path have no effect: accuracy is not "
                  "measured",
                  "--fidelity-chunks has no effect: fidelity is not measured"));
  const auto speed = build_request({{"models", {"my.gguf"}}, {"tasks", {"performance"}}});
  ASSERT_TRUE(speed);
  EXPECT_THAT(speed->notices, ::testing::IsEmpty());
}

}  // namespace
}  // namespace bantam::plan
