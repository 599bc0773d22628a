// Quantizing a real model gives what llama.cpp's own tool gives. Expected values:
// oracle/llama_cpp/ppl_expected.json, made with llama-quantize of the same llama.cpp.
#include "model/llama/quantize.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>

#include "base/files.hpp"
#include "base/hash.hpp"
#include "base/json.hpp"
#include "gguf/reader.hpp"
#include "gguf/types.hpp"
#include "model/make_artifact.hpp"
#include "plan/precision.hpp"
#include "support/gguf_builder.hpp"
#include "support/shared.hpp"
#include "support/temp_dir.hpp"

namespace bantam::model {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

fs::path probe() {
  return support::shared_folder() / "models/probe/probe-f16.gguf";
}

int files_in(const fs::path& folder) {
  return static_cast<int>(std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
}

class QuantizeOracle : public testing::TestWithParam<const char*> {};

TEST_P(QuantizeOracle, GivesTheFileOfLlamaQuantize) {
  SKIP_WITHOUT_SHARED("oracle/llama_cpp/ppl_expected.json");
  const auto oracle = base::parse_json(
      base::read_file(support::shared_folder() / "oracle/llama_cpp/ppl_expected.json").value(), "oracle");
  const base::Json expected = (*oracle)["runs"][GetParam()];
  const support::TempDir folder;
  const fs::path target = folder.path() / "made.gguf";
  const auto made = quantize_file(probe(), target, GetParam(), 2);
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(files_in(folder.path()), 1) << "a temporary file was left";
  EXPECT_EQ(base::sha256_of_file(target).value(), expected["sha256"]);

  const auto info = gguf::inspect(target);
  ASSERT_TRUE(info);
  EXPECT_EQ(info->file_type, GetParam());
  EXPECT_EQ(info->file_bytes, expected["size_bytes"]);
  EXPECT_EQ(info->weight_bytes, expected["tensor_bytes"]);
  EXPECT_EQ(info->parameters, expected["elements"]);
  EXPECT_NEAR(info->bits_per_weight, expected["bits_per_weight"].get<double>(), 0.00005);
  ASSERT_EQ(info->tensor_types.size(), expected["tensor_types"].size());
  for (const gguf::TensorShare& share : info->tensor_types) {
    EXPECT_EQ(share.tensors, expected["tensor_types"][share.type]) << share.type;
  }
}

INSTANTIATE_TEST_SUITE_P(Types, QuantizeOracle, testing::Values("Q8_0", "Q6_K", "Q4_K_M", "Q4_0", "Q2_K"),
                         [](const auto& test) { return std::string(test.param); });

fs::path probe_matrix() {
  return support::shared_folder() / "oracle/llama_cpp/imatrix.gguf";
}

class QuantizeWithMatrixOracle : public testing::TestWithParam<const char*> {};

TEST_P(QuantizeWithMatrixOracle, GivesTheFileOfLlamaQuantize) {
  SKIP_WITHOUT_SHARED("oracle/llama_cpp/imatrix.gguf");
  const auto oracle = base::parse_json(
      base::read_file(support::shared_folder() / "oracle/llama_cpp/ppl_expected.json").value(), "oracle");
  const base::Json expected = (*oracle)["runs"][std::string(GetParam()) + "-imat"];
  const support::TempDir folder;
  const fs::path target = folder.path() / "made.gguf";
  const auto made = quantize_file(probe(), target, GetParam(), 2, probe_matrix());
  ASSERT_TRUE(made) << made.error().message;
  // The header holds the matrix' file name and text too, so the whole file is compared.
  EXPECT_EQ(base::sha256_of_file(target).value(), expected["sha256"]);
}

INSTANTIATE_TEST_SUITE_P(Types, QuantizeWithMatrixOracle, testing::Values("Q6_K", "Q4_K_M", "Q4_0", "Q2_K"),
                         [](const auto& test) { return std::string(test.param); });

// The part of the file behind the header.
std::string tensor_data(const fs::path& path) {
  return base::read_file(path)->substr(gguf::read_gguf(path)->data_offset);
}

// What uses_importance() says decides whether a matrix is gathered at all.
TEST(Quantize, AMatrixChangesWhatItIsSaidToChange) {
  SKIP_WITHOUT_SHARED("oracle/llama_cpp/imatrix.gguf");
  const support::TempDir folder;
  for (const char* name :
       {"F32", "BF16", "Q8_0", "TQ1_0", "TQ2_0", "Q1_0", "Q2_0", "Q4_0", "Q5_1", "Q3_K_S", "IQ4_NL"}) {
    const fs::path with = folder.path() / "with.gguf";
    const fs::path without = folder.path() / "without.gguf";
    ASSERT_TRUE(quantize_file(probe(), with, name, 2, probe_matrix())) << name;
    ASSERT_TRUE(quantize_file(probe(), without, name, 2)) << name;
    EXPECT_EQ(tensor_data(with) != tensor_data(without),
              gguf::uses_importance(*gguf::file_type(std::string_view(name))))
        << name;
  }
}

// A sample: some take many seconds. scripts/quantize_oracle.py makes them all.
TEST(Quantize, TypesThatNeedAMatrixAreMadeWithOne) {
  SKIP_WITHOUT_SHARED("oracle/llama_cpp/imatrix.gguf");
  const support::TempDir folder;
  for (const char* type : {"Q2_K_S", "IQ3_XXS", "IQ2_XXS"}) {
    ASSERT_EQ(gguf::file_type(std::string_view(type))->how_made, gguf::HowMade::needs_importance);
    const fs::path target = folder.path() / "made.gguf";
    const auto without = quantize_file(probe(), target, type, 2);
    ASSERT_FALSE(without) << type;
    EXPECT_THAT(without.error().message, HasSubstr("importance matrix"));
    const auto made = quantize_file(probe(), target, type, 2, probe_matrix());
    ASSERT_TRUE(made) << type << ": " << made.error().message;
    EXPECT_EQ(gguf::inspect(target)->file_type, type);
  }
}

TEST(Quantize, AMatrixOfAnotherKindOrModelIsRefused) {
  SKIP_WITHOUT_SHARED("oracle/llama_cpp/imatrix.gguf");
  const support::TempDir folder;
  const fs::path target = folder.path() / "made.gguf";
  const auto refusal = [&](const fs::path& source, const fs::path& matrix) {
    const auto made = quantize_file(source, target, "Q4_K_M", 1, matrix);
    EXPECT_FALSE(made);
    EXPECT_FALSE(fs::exists(target));
    return made ? std::string() : made.error().message;
  };
  EXPECT_THAT(refusal(probe(), probe()), HasSubstr("holds no importance matrix"));
  EXPECT_THAT(refusal(support::shared_folder() / "models/stories260K/stories260K-f32.gguf", probe_matrix()),
              HasSubstr("imatrix size"));
  EXPECT_THAT(refusal(probe(), support::write_bytes(folder.path() / "old.dat", "old form")),
              HasSubstr("old.dat"));
}

TEST(Quantize, FloatConversionsThereAndBackAreExact) {
  SKIP_WITHOUT_SHARED("models/probe/probe-f16.gguf");
  const support::TempDir folder;
  const fs::path wide = folder.path() / "wide.gguf";
  const fs::path back = folder.path() / "back.gguf";
  ASSERT_TRUE(quantize_file(probe(), wide, "F32", 2));
  EXPECT_EQ(gguf::inspect(wide)->file_type, "F32");
  ASSERT_TRUE(quantize_file(wide, back, "F16", 2));
  ASSERT_TRUE(quantize_file(back, folder.path() / "brain.gguf", "BF16", 2));
  EXPECT_EQ(gguf::inspect(folder.path() / "brain.gguf")->file_type, "BF16");
  // Same weights: the same file comes out of both.
  ASSERT_TRUE(quantize_file(back, folder.path() / "a.gguf", "Q8_0", 2));
  ASSERT_TRUE(quantize_file(probe(), folder.path() / "b.gguf", "Q8_0", 2));
  EXPECT_EQ(base::sha256_of_file(folder.path() / "a.gguf").value(),
            base::sha256_of_file(folder.path() / "b.gguf").value());
}

// Every precision that a plan accepts is made, or refused before llama.cpp is asked.
TEST(Quantize, EveryKnownPrecisionIsMadeOrRefusedClearly) {
  SKIP_WITHOUT_SHARED("models/probe/probe-f16.gguf");
  const support::TempDir folder;
  for (const plan::Precision& precision : plan::known_precisions()) {
    const fs::path target = folder.path() / (precision.llama_type + ".gguf");
    const auto made = quantize_file(probe(), target, precision.llama_type, 2);
    if (made || precision.llama_type == "F16") {
      continue;
    }
    EXPECT_EQ(made.error().kind, base::ErrorKind::bad_input) << precision.name;
    EXPECT_THAT(made.error().message, testing::AnyOf(HasSubstr("importance matrix"), HasSubstr("experts")))
        << precision.name;
    EXPECT_FALSE(fs::exists(target));
  }
}

TEST(Quantize, NothingIsLeftWhenLlamaRefuses) {
  const support::TempDir folder;
  // A llama model that lacks most of its tensors' keys.
  const fs::path source = support::write_bytes(folder.path() / "tiny.gguf", support::tiny_model().bytes());
  const fs::path target = folder.path() / "made.gguf";
  testing::internal::CaptureStderr();
  const auto made = quantize_file(source, target, "Q8_0", 1);
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "") << "llama.cpp's log must not be printed";
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().kind, base::ErrorKind::bad_input);
  EXPECT_THAT(made.error().message, HasSubstr("tiny.gguf"));
  EXPECT_EQ(made.error().message.find('\n'), std::string::npos);
  EXPECT_EQ(files_in(folder.path()), 1);
}

TEST(Quantize, AnUnknownArchitectureListsTheKnownOnes) {
  gguf::ModelInfo info;
  info.architecture = "llama";
  EXPECT_TRUE(check_architecture(info, "m"));
  info.architecture = "llamatron";
  const auto checked = check_architecture(info, "m");
  ASSERT_FALSE(checked);
  EXPECT_THAT(checked.error().message, HasSubstr("llamatron"));
  EXPECT_THAT(checked.error().hint, HasSubstr("qwen2"));
}

class MakeArtifact : public testing::Test {
 protected:
  void SetUp() override {
    SKIP_WITHOUT_SHARED("models/probe/probe-f16.gguf");
    ::setenv("BANTAM_CACHE", folder_.path().c_str(), 1);
    source_ = locate(*parse_reference(probe().string())).value();
  }
  void TearDown() override { ::unsetenv("BANTAM_CACHE"); }

  Artifact planned() const {
    return plan_artifact(source_, {"int8", "Q8_0", 8.5}, quantizer_version()).value();
  }

  support::TempDir folder_;
  Source source_;
};

TEST_F(MakeArtifact, IsMadeOnceAndThenFound) {
  const auto made = make_artifact(source_, planned(), 2);
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_TRUE(made->ready);
  EXPECT_EQ(made->sha256, "dc278855d592b73767618814276f1efe88f21aac728149447611af60a9f5e9f3");
  const auto written = fs::last_write_time(made->path);
  const auto again = make_artifact(source_, planned(), 2);
  ASSERT_TRUE(again);
  EXPECT_EQ(fs::last_write_time(again->path), written);
  EXPECT_TRUE(planned().ready);
}

TEST_F(MakeArtifact, TwoAtOnceGiveOneFile) {
  auto other = std::async(std::launch::async, [this] { return make_artifact(source_, planned(), 1); });
  const auto mine = make_artifact(source_, planned(), 1);
  ASSERT_TRUE(mine && other.get());
  EXPECT_EQ(files_in(mine->path.parent_path()), 3) << "the model, its note and the lock";
}

TEST_F(MakeArtifact, WhatAKilledProcessLeftIsRemoved) {
  const fs::path folder = planned().path.parent_path();
  ASSERT_TRUE(base::write_file_atomically(folder / "probe-Q8_0.gguf.123.part", "half"));
  ASSERT_TRUE(make_artifact(source_, planned(), 2));
  EXPECT_FALSE(fs::exists(folder / "probe-Q8_0.gguf.123.part"));
}

TEST_F(MakeArtifact, AFolderThatCannotBeWrittenIsAStorageError) {
  const auto made = quantize_file(source_.path, "/dev/full/x.gguf", "Q8_0", 1);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().kind, base::ErrorKind::storage);
}

// A limit on the size of files stands in for a disk that becomes full.
TEST_F(MakeArtifact, ADiskThatBecomesFullIsAStorageErrorAndLeavesNothing) {
  const auto old_action = std::signal(SIGXFSZ, SIG_IGN);
  rlimit old_limit{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &old_limit), 0);
  const Artifact artifact = planned();
  for (const rlim_t bytes : {rlim_t{100'000}, rlim_t{3'900'000}}) {
    const rlimit limit{bytes, old_limit.rlim_max};
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &limit), 0);
    const auto made = make_artifact(source_, artifact, 2);
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &old_limit), 0);
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().kind, base::ErrorKind::storage) << made.error().message;
    EXPECT_EQ(files_in(artifact.path.parent_path()), 1) << "the lock";
  }
  std::signal(SIGXFSZ, old_action);
  EXPECT_TRUE(make_artifact(source_, artifact, 2)) << "and it works once there is space";
}

}  // namespace
}  // namespace bantam::model
