#include "gguf/model_info.hpp"

#include <gtest/gtest.h>

#include "gguf/split.hpp"
#include "support/gguf_builder.hpp"

namespace bantam::gguf {
namespace {

// An encoder file with these tensors of 32 numbers.
GgufContent file_with(const std::vector<std::string>& tensors) {
  support::GgufBuilder gguf;
  gguf.text("general.architecture", "bert");
  for (const std::string& name : tensors) gguf.tensor(name, 0, {32}, 128);
  support::MemoryFile file;
  return read_model(file.holding(gguf.bytes())).value();
}

TEST(ClassifierHead, IsToldByTheTensors) {
  EXPECT_EQ(classifier_head(file_with({"token_types.weight", "cls.weight", "cls.output.weight"}), "bert"),
            "tanh");
  EXPECT_EQ(classifier_head(file_with({"cls.weight", "cls.output.weight"}), "bert"), "relu");
  EXPECT_EQ(classifier_head(file_with({"cls.weight", "cls.output.weight"}), "modern-bert"), "gelu");
  EXPECT_EQ(classifier_head(file_with({"token_types.weight", "cls.output.weight"}), "bert"), "linear");
}

TEST(ClassifierHead, OfBertWithoutItsPoolerIsSuspect) {
  EXPECT_TRUE(lacks_pooler(file_with({"token_types.weight", "cls.output.weight"}), "bert"));
  EXPECT_FALSE(lacks_pooler(file_with({"token_types.weight", "cls.weight", "cls.output.weight"}), "bert"));
  EXPECT_FALSE(lacks_pooler(file_with({"cls.output.weight"}), "jina-bert-v2"));
}

}  // namespace
}  // namespace bantam::gguf
