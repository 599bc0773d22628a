// Which files of a repository a reference means.
#include "model/hub_model.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bantam::model {
namespace {

using base::ErrorKind;
using testing::ElementsAre;
using testing::HasSubstr;

hub::Listing listing_of(const std::vector<std::string>& names) {
  hub::Listing listing{{hub::RepositoryKind::models, "a/b"}, "main", std::string(40, '0'), {}};
  for (const std::string& name : names)
    listing.files.push_back({listing.repository, listing.commit, name, 10, {}});
  return listing;
}

base::Result<HubFiles> chosen(const std::vector<std::string>& names, const std::string& reference) {
  return choose_files(listing_of(names), *parse_reference(reference));
}

std::vector<std::string> names_in(const base::Result<HubFiles>& files) {
  std::vector<std::string> names;
  if (!files) return {"ERROR " + files.error().message};
  for (const hub::RemoteFile& file : files->files) names.push_back(file.name);
  return names;
}

TEST(ChooseFiles, TakesTheUsualQuantizationElseTheFirstFile) {
  EXPECT_THAT(names_in(chosen({"m-F16.gguf", "m-Q2_K.gguf", "m-q4_k_m.gguf"}, "hf:a/b")),
              ElementsAre("m-q4_k_m.gguf"));
  EXPECT_THAT(names_in(chosen({"README.md", "m-F16.gguf", "m-Q2_K.gguf"}, "hf:a/b")),
              ElementsAre("m-F16.gguf"));
}

TEST(ChooseFiles, AQuantizationIsAWholeWord) {
  const std::vector<std::string> names{"m-IQ4_XS.gguf", "m-Q4_0_4_4.gguf", "m-Q4_K_L.gguf", "m-Q4_0.gguf"};
  EXPECT_THAT(names_in(chosen(names, "hf:a/b:q4_0")), ElementsAre("m-Q4_0.gguf"));
  EXPECT_THAT(names_in(chosen({"m.Q4_K_M.gguf"}, "hf:a/b:Q4_K_M")), ElementsAre("m.Q4_K_M.gguf"));
  EXPECT_THAT(names_in(chosen({"Q8_0/m.gguf", "m-F16.gguf"}, "hf:a/b:Q8_0")), ElementsAre("Q8_0/m.gguf"));
  for (const char* quantization : {"Q4_K", "Q4_XS", "4_0"}) {
    const auto none = chosen(names, std::string("hf:a/b:") + quantization);
    ASSERT_FALSE(none) << quantization;
    EXPECT_EQ(none.error().kind, ErrorKind::bad_input);
    EXPECT_THAT(none.error().hint, HasSubstr("m-Q4_0.gguf"));
  }
}

TEST(ChooseFiles, AFileIsTakenByItsName) {
  const std::vector<std::string> names{"m-F16.gguf", "mmproj-F16.gguf", "sub/m-F16.gguf"};
  EXPECT_THAT(names_in(chosen(names, "hf:a/b:mmproj-F16.gguf")), ElementsAre("mmproj-F16.gguf"));
  EXPECT_THAT(names_in(chosen(names, "hf:a/b:sub/m-F16.gguf")), ElementsAre("sub/m-F16.gguf"));
  EXPECT_FALSE(chosen(names, "hf:a/b:M-F16.gguf"));
}

TEST(ChooseFiles, ProjectorsAndImportanceMatricesAreNoModels) {
  EXPECT_THAT(names_in(chosen({"imatrix-Q4_K_M.gguf", "m-F16.gguf", "mmproj-Q4_K_M.gguf"}, "hf:a/b")),
              ElementsAre("m-F16.gguf"));
  const auto none = chosen({"mmproj-F16.gguf"}, "hf:a/b");
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().kind, ErrorKind::bad_input);
}

TEST(ChooseFiles, PartsComeTogetherAndInOrder) {
  const std::vector<std::string> names{"m-Q4_K_M-00002-of-00003.gguf", "m-Q4_K_M-00003-of-00003.gguf",
                                       "m-Q4_K_M-00001-of-00003.gguf", "n-Q4_K_M-00001-of-00002.gguf"};
  const auto parts = ElementsAre("m-Q4_K_M-00001-of-00003.gguf", "m-Q4_K_M-00002-of-00003.gguf",
                                 "m-Q4_K_M-00003-of-00003.gguf");
  EXPECT_THAT(names_in(chosen({names.begin(), names.begin() + 3}, "hf:a/b")), parts);
  EXPECT_THAT(names_in(chosen(names, "hf:a/b:m-Q4_K_M-00002-of-00003.gguf")), parts);
  const auto torn = chosen(names, "hf:a/b:n-Q4_K_M-00001-of-00002.gguf");
  ASSERT_FALSE(torn);
  EXPECT_THAT(torn.error().message, HasSubstr("part 2 of 2"));
}

TEST(ChooseFiles, ARepositoryOfSafetensorsGivesWhatConversionNeeds) {
  const std::vector<std::string> names{"1_Pooling/config.json",    "README.md",         "config.json",
                                       "consolidated.safetensors", "model.safetensors", "onnx/model.onnx",
                                       "pytorch_model.bin",        "tokenizer.json"};
  const auto files = chosen(names, "hf:a/b");
  EXPECT_THAT(names_in(files),
              ElementsAre("1_Pooling/config.json", "config.json", "model.safetensors", "tokenizer.json"));
  ASSERT_TRUE(files);
  const auto gguf = check_is_gguf(*files, *parse_reference("hf:a/b@v1"));
  ASSERT_FALSE(gguf);
  EXPECT_EQ(gguf.error().kind, ErrorKind::bad_input);
  EXPECT_THAT(gguf.error().hint, HasSubstr("bantam models pull --all hf:a/b@v1"));
  EXPECT_FALSE(chosen(names, "hf:a/b:Q8_0"));
  EXPECT_FALSE(choose_for_conversion(listing_of({"m-F16.gguf"})));
}

base::Result<HubFiles> chosen_in(const std::string& repository, const std::vector<std::string>& names,
                                 const std::string& quantization) {
  hub::Listing listing = listing_of(names);
  listing.repository.name = repository;
  return choose_files(listing, *parse_reference("hf:" + repository + quantization));
}

TEST(ChooseFiles, OfSeveralModelsTheOneThatTheRepositoryIsCalledAfter) {
  const std::vector<std::string> names{
      "Qwen3-0.6B-Q4_K_M.gguf",          "Qwen3-0.6B-Q8_0.gguf",      "Qwen3-8B-Q4_K_M.gguf",
      "Qwen3-8B-draft-Q4_K_M.gguf",      "Qwen3-8B-lora-Q4_K_M.gguf", "Qwen3-8B-UD-Q4_K_M.gguf",
      "Qwen3-8B-abliterated-Q4_K_M.gguf"};
  for (const char* repository : {"someone/Qwen3-8B-GGUF", "Qwen/Qwen3-8B", "x/qwen3-8b-imatrix-gguf"}) {
    EXPECT_THAT(names_in(chosen_in(repository, names, ":Q4_K_M")), ElementsAre("Qwen3-8B-Q4_K_M.gguf"));
    EXPECT_THAT(names_in(chosen_in(repository, names, "")), ElementsAre("Qwen3-8B-Q4_K_M.gguf"));
    const auto other = chosen_in(repository, names, ":Q8_0");  // of another model only
    ASSERT_FALSE(other);
    EXPECT_THAT(other.error().hint, HasSubstr("Qwen3-0.6B-Q8_0.gguf"));
  }
  EXPECT_THAT(names_in(chosen_in("x/Phi-4-GGUF", {"Phi-3-Q4_0.gguf", "Phi-4-Q4_0.gguf"}, ":Q4_0")),
              ElementsAre("Phi-4-Q4_0.gguf"));
  EXPECT_THAT(names_in(chosen_in("x/Llama-2-7B-Chat-GGUF",
                                 {"draft/llama-68m.Q4_K_M.gguf", "llama-2-7b-chat.Q4_K_M.gguf"}, "")),
              ElementsAre("llama-2-7b-chat.Q4_K_M.gguf"));
  EXPECT_THAT(
      names_in(chosen_in(
          "x/m-GGUF", {"m-q4_0-00001-of-00002.gguf", "m-q4_0-00002-of-00002.gguf", "m-q4_0.gguf"}, ":Q4_0")),
      ElementsAre("m-q4_0.gguf"));
}

TEST(ChooseFiles, WhereTheNameDoesNotTellAllAreListed) {
  for (const char* quantization : {":Q4_K_M", ""}) {
    const auto several = chosen_in("x/Llama-3.2-GGUF",
                                   {"Llama-3.2-1B-Q4_K_M.gguf", "Llama-3.2-3B-it-Q4_K_M.gguf"}, quantization);
    ASSERT_FALSE(several);
    EXPECT_EQ(several.error().kind, ErrorKind::usage);
    EXPECT_THAT(several.error().message, HasSubstr("Llama-3.2-1B-Q4_K_M.gguf, Llama-3.2-3B-it-Q4_K_M.gguf"));
    EXPECT_THAT(several.error().hint, HasSubstr("hf:x/Llama-3.2-GGUF:Llama-3.2-1B-Q4_K_M.gguf"));
  }
  EXPECT_FALSE(chosen_in("x/mixed", {"llama-8b-F16.gguf", "tinyllama-1.1b-chat-F16.gguf"}, ""));
  EXPECT_FALSE(chosen_in("x/tuned", {"my-lora.gguf"}, "")) << "an adapter is no model";
}

TEST(ChooseByPatterns, StarsCrossFolders) {
  const auto listing = listing_of({"README.md", "a/m-Q8_0.gguf", "m-Q8_0.gguf", "x.gguf"});
  EXPECT_THAT(names_in(choose_by_patterns(listing, {"*Q8_0*", "README.?d"})),
              ElementsAre("README.md", "a/m-Q8_0.gguf", "m-Q8_0.gguf"));
  EXPECT_FALSE(choose_by_patterns(listing, {"*.bin"}));
}

}  // namespace
}  // namespace bantam::model
