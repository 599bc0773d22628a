#include "exchange/lm_eval_model.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bantam::exchange {
namespace {

using base::Json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

SaidModel said(Json model_args, const std::string& dtype = "", const std::string& source = "hf") {
  Json results{{"config", {{"model", source}, {"model_args", std::move(model_args)}}},
               {"model_source", source}};
  if (!dtype.empty()) results["config"]["model_dtype"] = dtype;
  return said_model(results);
}

TEST(LmEvalModel, TypeOfTheWeightsIsThePrecision) {
  EXPECT_EQ(said("pretrained=org/tiny", "torch.bfloat16").precision, "bf16");
  EXPECT_EQ(said({{"pretrained", "org/tiny"}}, "torch.float32").precision, "fp32");
  EXPECT_EQ(said("pretrained=org/tiny,dtype=float16").precision, "fp16");
  const SaidModel both = said("pretrained=org/tiny,dtype=auto", "torch.float16");
  EXPECT_EQ(both.model, "org/tiny");
  EXPECT_EQ(both.reference, "org/tiny");
  EXPECT_EQ(both.precision, "fp16");
  EXPECT_EQ(both.basis, "model_dtype");
}

TEST(LmEvalModel, QuantizationCountsBeforeTheTypeThatIsComputedIn) {
  EXPECT_EQ(said("pretrained=org/tiny,load_in_4bit=True", "torch.float16").precision, "int4");
  EXPECT_EQ(said({{"pretrained", "org/tiny"}, {"load_in_8bit", true}}, "torch.float16").precision, "int8");
  EXPECT_EQ(said({{"pretrained", "org/tiny"}, {"load_in_8bit", false}}, "torch.float16").precision, "fp16");
  const SaidModel gguf = said("pretrained=org/tiny-GGUF,gguf_file=tiny.Q4_K_M.gguf", "torch.float32");
  EXPECT_EQ(gguf.precision, "int4");
  EXPECT_EQ(gguf.model, "org/tiny-GGUF");
}

TEST(LmEvalModel, WhatDoesNotTellIsNotGuessed) {
  for (const SaidModel& unknown :
       {said("pretrained=org/tiny"), said("pretrained=org/tiny,dtype=auto"),
        said("pretrained=org/tiny-GPTQ", "torch.float16"),
        said("pretrained=org/tiny-awq-g128", "torch.float16"),
        said("pretrained=org/tiny,quantization=awq,dtype=float16"),
        said("pretrained=org/tiny,quantization_config={'bits': 3}", "torch.float16"),
        said("pretrained=org/tiny", "torch.float8_e4m3fn"),
        said("pretrained=org/tiny,gguf_file=tiny.gguf", "torch.float32")}) {
    EXPECT_EQ(unknown.model.value_or("").substr(0, 8), "org/tiny");
    EXPECT_FALSE(unknown.precision) << *unknown.precision;
    EXPECT_FALSE(unknown.why_no_precision.empty());
  }
  EXPECT_THAT(said("pretrained=org/tiny-GPTQ", "torch.float16").why_no_precision, HasSubstr("gptq"));
  EXPECT_EQ(said("pretrained=org/cuBNBert", "torch.float16").precision, "fp16");  // a part of a word is none
}

TEST(LmEvalModel, EveryNameMaySayThatWeightsAreQuantized) {
  const SaidModel adapter = said("pretrained=org/tiny-GPTQ,peft=me/my-adapter,dtype=float16");
  EXPECT_EQ(adapter.model, "me/my-adapter");
  EXPECT_FALSE(adapter.precision);
  EXPECT_THAT(adapter.why_no_precision, HasSubstr("gptq"));
  EXPECT_FALSE(said("pretrained=org/tiny,delta=me/tiny-awq", "torch.float16").precision);
  EXPECT_EQ(said("pretrained=/x/tiny.Q4_0.gguf,peft=me/my-adapter", "torch.float16").precision, "Q4_0");
  EXPECT_EQ(said("pretrained=org/tiny,peft=me/my-adapter", "torch.float16").precision, "fp16");
  // Another tool's name beside lm-eval's arguments.
  const SaidModel named = said_model("org/tiny", "pretrained=org/tiny-GPTQ,dtype=float16", "");
  EXPECT_EQ(named.model, "org/tiny");
  EXPECT_FALSE(named.precision);
}

TEST(LmEvalModel, PathsThatEndAlikeAreToldApartByTheirShortestEnds) {
  EXPECT_THAT(told_apart({"/x/a/ckpt", "/x/b/ckpt", "/other"}),
              ElementsAre(Pair("/other", "other"), Pair("/x/a/ckpt", "a/ckpt"), Pair("/x/b/ckpt", "b/ckpt")));
  EXPECT_THAT(told_apart({"/x/a/ckpt", "/y/a/ckpt"}),
              ElementsAre(Pair("/x/a/ckpt", "x/a/ckpt"), Pair("/y/a/ckpt", "y/a/ckpt")));
  // One that has nothing before its end, and one that another model is called by already.
  EXPECT_THAT(told_apart({"/ckpt", "/x/ckpt"}),
              ElementsAre(Pair("/ckpt", "ckpt"), Pair("/x/ckpt", "x/ckpt")));
  EXPECT_THAT(told_apart({"/x/org/tiny", "/y/tiny", "org/tiny"}),
              ElementsAre(Pair("/x/org/tiny", "x/org/tiny"), Pair("/y/tiny", "y/tiny"),
                          Pair("org/tiny", "org/tiny")));
  EXPECT_THAT(told_apart({R"(C:\x\ckpt)", R"(D:\y\ckpt)"}),
              ElementsAre(Pair(R"(C:\x\ckpt)", "x/ckpt"), Pair(R"(D:\y\ckpt)", "y/ckpt")));
}

TEST(LmEvalModel, PathsThatNoEndTellsApartAreToldApartByTheirHashes) {
  const auto names = told_apart({R"(C:\x\ckpt)", R"(D:\x\ckpt)", "/x/ckpt"});
  ASSERT_EQ(names.size(), 3U);
  std::set<std::string> all;
  for (const auto& [path, name] : names) {
    EXPECT_THAT(name, testing::MatchesRegex("x/ckpt-[0-9a-f]+"));
    all.insert(name);
  }
  EXPECT_EQ(all.size(), 3U);
  std::string deep;
  for (int i = 0; i < 10'000; ++i) deep += "/a";
  for (const auto& [path, name] : told_apart({"/x" + deep, "/y" + deep}))
    EXPECT_THAT(name, testing::MatchesRegex("a/a/a/a/a/a/a/a-[0-9a-f]+"));
}

TEST(LmEvalModel, NamesThatLmEvalMadeUpAreNone) {
  Json results{{"config", {{"model", "gguf"}, {"model_args", "base_url=http://localhost:8080"}}},
               {"model_name", "brave-otter-7"}};
  const SaidModel made_up = said_model(results);
  EXPECT_FALSE(made_up.model);
  EXPECT_THAT(made_up.why_no_model, HasSubstr("model_args"));
  EXPECT_FALSE(said_model(Json::object()).model);
  EXPECT_FALSE(said_model({{"config", {{"model_args", 7}}}, {"model_name", Json::array()}}).model);
  EXPECT_FALSE(said("pretrained=..", "torch.float16").model);
}

TEST(LmEvalModel, PathsGiveTheirLastPart) {
  EXPECT_EQ(said("pretrained=/data/models/tiny/", "torch.float16").model, "tiny");
  EXPECT_EQ(said("pretrained=/data/models/tiny/", "torch.float16").full_name, "/data/models/tiny");
  EXPECT_EQ(said("pretrained=org/tiny/", "torch.float16").model, "org/tiny");
  EXPECT_EQ(said("pretrained=./out/tiny", "torch.float16").model, "tiny");
  const SaidModel file = said("pretrained=/data/tiny-1b.Q8_0.gguf");
  EXPECT_EQ(file.model, "tiny-1b");
  EXPECT_EQ(file.precision, "int8");
  EXPECT_EQ(said("pretrained=/data/tiny.IQ4_XS-00001-of-00002.gguf").precision, "IQ4_XS");
  EXPECT_FALSE(said("pretrained=/data/tiny.gguf").precision);
  EXPECT_EQ(said("pretrained=/data/f16-tuned.gguf").model, "f16-tuned");
}

TEST(LmEvalModel, OwnExportsAreKnownByTheirNames) {
  const auto own = [](const std::string& name, const std::string& pretrained, const std::string& source) {
    return said_model(
        {{"config", {{"model_args", {{"pretrained", pretrained}}}, {"model_dtype", "torch.float32"}}},
         {"model_source", source},
         {"model_name", name}});
  };
  const SaidModel exported = own("org/model/int4", "org/model/int4", "bantam");
  EXPECT_EQ(exported.model, "org/model");
  EXPECT_EQ(exported.precision, "int4");
  // What was imported and exported again: the run is lm-eval's, the name is ours.
  EXPECT_EQ(own("org/model/Q4_0", "org/model", "hf").precision, "Q4_0");
  EXPECT_EQ(own("org/model/Q4_0", "org/model", "hf").model, "org/model");
  // A folder that happens to be called so.
  EXPECT_EQ(own("models/tiny/fp16", "models/tiny/fp16", "hf").precision, "fp32");
  EXPECT_EQ(own("models/tiny/fp16", "models/tiny/fp16", "hf").model, "fp16");
}

}  // namespace
}  // namespace bantam::exchange
