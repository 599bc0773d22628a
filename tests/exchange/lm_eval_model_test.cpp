#include "exchange/lm_eval_model.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bantam::exchange {
namespace {

using base::Json;
using testing::HasSubstr;

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
