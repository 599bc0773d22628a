#include "model/convert.hpp"

#include <gtest/gtest.h>
#include <filesystem>
#include <string>

#include "support/gguf_builder.hpp"
#include "support/temp_dir.hpp"

namespace bantam::model {
namespace {

namespace fs = std::filesystem;

TEST(FirstDifference, NamesTheLineAndThePlace) {
  EXPECT_EQ(first_difference({"a", "b"}, {{1}, {2, 3}}, {{1}, {2, 3}}), "");
  EXPECT_EQ(first_difference({"a", "b\tc"}, {{1}, {2, 3, 4}}, {{1}, {2, 9}}),
            "line 2 ('b\\x09c'), from token 2: [9] instead of [3 4]");
  EXPECT_EQ(first_difference({"a"}, {{1, 2}}, {{1}}), "line 1 ('a'), from token 2: [] instead of [2]");
  EXPECT_EQ(first_difference({"a"}, {{1}}, {}), "1 lines, 1 and 0 tokenized");
}

// A folder that can be inspected: one tensor of four floats.
fs::path write_folder(const fs::path& folder) {
  fs::create_directories(folder);
  const std::string header = R"({"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}})";
  support::write_bytes(folder / "config.json", R"({"architectures":["LlamaForCausalLM"]})");
  support::write_bytes(folder / "tokenizer.json", "{}");
  support::write_bytes(
      folder / "model.safetensors",
      support::GgufBuilder::bytes_of(std::uint64_t{header.size()}) + header + std::string(16, 'x'));
  return folder;
}

TEST(ModelFolder, IsKnownByItsFilesAndNotByItsPlace) {
  const support::TempDir place;
  const auto one = inspect_folder(write_folder(place.path() / "one"));
  const auto two = inspect_folder(write_folder(place.path() / "two"));
  ASSERT_TRUE(one) << one.error().message;
  EXPECT_EQ(one->architecture, "LlamaForCausalLM");
  EXPECT_EQ(one->weight_bytes, 16U);
  EXPECT_EQ(one->name, "one");
  EXPECT_EQ(one->fingerprint, two->fingerprint);
  support::write_bytes(place.path() / "two/notes.log", "not read by the converter");
  EXPECT_EQ(inspect_folder(place.path() / "two")->fingerprint, one->fingerprint);
  support::write_bytes(place.path() / "two/tokenizer_config.json", "{}");
  EXPECT_NE(inspect_folder(place.path() / "two")->fingerprint, one->fingerprint);
}

TEST(ModelFolder, OfTheHubsCacheIsCalledAsItsRepository) {
  const support::TempDir cache;
  const auto folder =
      inspect_folder(write_folder(cache.path() / "models--some--Fine-Model-1B" / "snapshots" / "0123abc"));
  ASSERT_TRUE(folder);
  EXPECT_EQ(folder->name, "Fine-Model-1B");
}

TEST(ModelFolder, NamesTheCodeThatComesWithIt) {
  const support::TempDir place;
  const fs::path folder = write_folder(place.path() / "m");
  support::write_bytes(folder / "modeling_m.py", "");
  EXPECT_EQ(inspect_folder(folder)->code, std::vector<std::string>{"modeling_m.py"});
}

}  // namespace
}  // namespace bantam::model
