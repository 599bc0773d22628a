// Models in several files: found whole, or refused with the name of the part that is wrong.
#include "gguf/split.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <fstream>

#include "gguf/model_info.hpp"
#include "support/gguf_builder.hpp"
#include "support/temp_dir.hpp"

namespace bantam::gguf {
namespace {

namespace fs = std::filesystem;
using support::GgufBuilder;
using testing::HasSubstr;

constexpr std::uint32_t kParts = 3;
constexpr std::uint32_t kTensors = 4;

GgufBuilder first_part() {
  GgufBuilder gguf;
  gguf.text("general.architecture", "llama").u32("llama.block_count", 2).u32("llama.embedding_length", 32);
  gguf.u32("split.no", 0).u32("split.count", kParts).u32("split.tensors.count", kTensors);
  gguf.tensor("token_embd.weight", 1, {32, 4}, 256).tensor("output_norm.weight", 0, {32}, 128);
  return gguf;
}

GgufBuilder later_part(std::uint32_t number, const std::string& tensor, std::uint64_t width = 32) {
  GgufBuilder gguf;
  gguf.u32("split.no", number).u32("split.count", kParts).u32("split.tensors.count", kTensors);
  gguf.tensor(tensor, 0, {width}, width * 4);
  return gguf;
}

class Split : public testing::Test {
 protected:
  void SetUp() override {
    write(0, first_part());
    write(1, later_part(1, "blk.0.attn_norm.weight"));
    write(2, later_part(2, "blk.1.attn_norm.weight"));
  }
  fs::path path(std::uint32_t number) const {
    return folder_.path() / ("m-0000" + std::to_string(number + 1) + "-of-00003.gguf");
  }
  void write(std::uint32_t number, const GgufBuilder& gguf) {
    support::write_bytes(path(number), gguf.bytes());
  }
  // What is said of the model when the first part is given.
  void expect_refused(const std::string& name, const std::string& cause) {
    const auto info = inspect(path(0));
    ASSERT_FALSE(info) << "accepted; expected: " << cause;
    EXPECT_EQ(info.error().kind, base::ErrorKind::bad_input);
    EXPECT_THAT(info.error().message, HasSubstr(name));
    EXPECT_THAT(info.error().message, HasSubstr(cause));
  }

  support::TempDir folder_;
};

TEST_F(Split, TheFirstPartNamesTheWholeModel) {
  const auto info = inspect(path(0));
  ASSERT_TRUE(info) << info.error().message;
  EXPECT_EQ(info->parts, 3);
  EXPECT_EQ(info->parameters, 32 * 4 + 3 * 32);
  EXPECT_EQ(info->weight_bytes, 256 + 3 * 128);
  EXPECT_EQ(info->file_bytes, static_cast<std::int64_t>(fs::file_size(path(0)) + fs::file_size(path(1)) +
                                                        fs::file_size(path(2))));
  EXPECT_EQ(find_parts(path(0)).value(), (std::vector<fs::path>{path(0), path(1), path(2)}));
  EXPECT_EQ(read_model(path(0))->find_tensor("blk.1.attn_norm.weight")->part, 2U);
}

TEST_F(Split, AModelInOneFileHasOnePart) {
  const fs::path one = support::write_bytes(folder_.path() / "m.gguf", support::tiny_model().bytes());
  EXPECT_EQ(find_parts(one).value(), std::vector<fs::path>{one});
  EXPECT_EQ(inspect(one)->parts, 1);
}

TEST_F(Split, AnotherPartThanTheFirstSaysSo) {
  const auto info = inspect(path(1));
  ASSERT_FALSE(info);
  EXPECT_THAT(info.error().message, HasSubstr("part 2 of 3"));
  EXPECT_THAT(info.error().hint, HasSubstr(path(0).string()));
}

TEST_F(Split, AMissingPartIsNamed) {
  fs::remove(path(1));
  expect_refused("m-00002-of-00003.gguf", "part 2 of 3 of the model is missing");
}

TEST_F(Split, PartsOutOfOrderAreNamed) {
  fs::rename(path(1), folder_.path() / "aside");
  fs::rename(path(2), path(1));
  fs::rename(folder_.path() / "aside", path(2));
  expect_refused("m-00002-of-00003.gguf", "this is part 3 of the model, but named as part 2");
}

TEST_F(Split, PartsOfAnotherModelAreNamed) {
  write(1, later_part(1, "blk.7.attn_norm.weight"));
  expect_refused("m-00002-of-00003.gguf", "part 2 belongs to another model");
  write(1, later_part(1, "blk.0.attn_norm.weight", 64));
  expect_refused("m-00002-of-00003.gguf", "part 2 belongs to another model");
  write(1, later_part(1, "output_norm.weight"));
  expect_refused("m-00002-of-00003.gguf", "output_norm.weight is in part 1 too");
  GgufBuilder other_count;
  other_count.u32("split.no", 1).u32("split.count", 5).u32("split.tensors.count", kTensors);
  write(1, other_count.tensor("blk.0.attn_norm.weight", 0, {32}, 128));
  expect_refused("m-00002-of-00003.gguf", "it is one of 5 parts");
}

TEST_F(Split, TensorsThatNoPartHasAreMissed) {
  GgufBuilder empty;
  write(2, empty.u32("split.no", 2).u32("split.count", kParts).u32("split.tensors.count", kTensors));
  expect_refused("m-00001-of-00003.gguf", "hold 3 tensors, but the model has 4");
}

TEST_F(Split, APartThatIsCutOffIsNamed) {
  fs::resize_file(path(2), fs::file_size(path(2)) - 100);
  expect_refused("m-00003-of-00003.gguf", "cut off");
}

TEST_F(Split, RenamedPartsCannotBeFound) {
  fs::rename(path(0), folder_.path() / "renamed.gguf");
  const auto info = inspect(folder_.path() / "renamed.gguf");
  ASSERT_FALSE(info);
  EXPECT_THAT(info.error().message, HasSubstr("its name does not end in -00001-of-00003.gguf"));
}

TEST_F(Split, ImpossibleNumbersAreRefused) {
  GgufBuilder gguf;
  gguf.text("general.architecture", "llama").u32("split.no", 3).u32("split.count", 3);
  write(0, gguf.tensor("a.weight", 0, {32}, 128));
  expect_refused("m-00001-of-00003.gguf", "not which one");
}

}  // namespace
}  // namespace bantam::gguf
