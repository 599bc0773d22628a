#include "model/calibration.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <cstdlib>

#include "base/files.hpp"
#include "model/artifact.hpp"
#include "support/gguf_builder.hpp"
#include "support/temp_dir.hpp"

namespace bantam::model {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

const plan::Precision kInt8{"int8", "Q8_0", 8.5};
const plan::Precision kInt4{"int4", "Q4_K_M", 4.85};
const plan::Precision kIq2{"IQ2_XXS", "IQ2_XXS", 2.06};

class CalibrationTest : public testing::Test {
 protected:
  void SetUp() override { ::setenv("BANTAM_CACHE", (folder_.path() / "cache").c_str(), 1); }
  void TearDown() override { ::unsetenv("BANTAM_CACHE"); }

  fs::path file(const std::string& name, const std::string& content) {
    return support::write_bytes(folder_.path() / name, content);
  }
  static std::optional<Calibration> chosen(const plan::Precision& precision,
                                           const plan::CalibrationSettings& settings) {
    gguf::ModelInfo info;
    info.file_type = "F16";
    info.context_train = 256;
    return calibration_for(info, precision, settings, "gatherer 1").value();
  }

  support::TempDir folder_;
};

TEST_F(CalibrationTest, OnlyTypesThatNeedOneAreCalibratedUnasked) {
  EXPECT_FALSE(chosen(kInt8, {}));
  EXPECT_FALSE(chosen(kInt4, {}));
  ASSERT_TRUE(chosen(kIq2, {}));
  EXPECT_EQ(chosen(kIq2, {})->dataset, "embedded");
}

TEST_F(CalibrationTest, ADatasetIsUsedWhereItChangesSomething) {
  const plan::CalibrationSettings settings{file("own.txt", "words"), 8, 512};
  EXPECT_FALSE(chosen(kInt8, settings)) << "Q8_0 rounds without weights";
  EXPECT_FALSE(chosen({"fp32", "F32", 32.0}, settings));
  const auto calibration = chosen(kInt4, settings);
  ASSERT_TRUE(calibration);
  EXPECT_EQ(calibration->dataset, "own.txt") << "no path of this machine in records";
  EXPECT_EQ(calibration->max_sequence_length, 256) << "the model's context";
}

TEST_F(CalibrationTest, AllThatChangesTheMatrixChangesItsIdentity) {
  const fs::path text = file("own.txt", "words");
  const std::string identity = chosen(kInt4, {text, 8, 64})->identity();
  EXPECT_EQ(identity, chosen(kIq2, {text, 8, 64})->identity()) << "one matrix for all types";
  EXPECT_NE(identity, chosen(kInt4, {text, 9, 64})->identity());
  EXPECT_NE(identity, chosen(kInt4, {text, 8, 65})->identity());
  EXPECT_NE(identity, chosen(kInt4, {file("other.txt", "words"), 8, 64})->identity());
  EXPECT_NE(identity, chosen(kInt4, {file("own.txt", "other words"), 8, 64})->identity());
}

TEST_F(CalibrationTest, TheArtifactsIdentityHoldsThatOfItsMatrix) {
  const auto reference = parse_reference(file("tiny.gguf", support::tiny_model().bytes()).string());
  const auto source = locate(*reference);
  ASSERT_TRUE(source) << source.error().message;
  const auto calibration = chosen(kInt4, {file("own.txt", "words"), 8, 64});
  const auto plain = plan_artifact(*source, kInt4, "q 1");
  const auto calibrated = plan_artifact(*source, kInt4, "q 1", calibration);
  ASSERT_TRUE(plain && calibrated);
  EXPECT_NE(plain->identity, calibrated->identity);
  EXPECT_NE(plain->path, calibrated->path);
  const auto refused = plan_artifact(*source, kIq2, "q 1");
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().hint, HasSubstr("--calibration-dataset"));
}

TEST_F(CalibrationTest, AMatrixCountsOnlyWithItsNote) {
  const auto reference = parse_reference(file("tiny.gguf", support::tiny_model().bytes()).string());
  const auto source = locate(*reference).value();
  const auto calibration = *chosen(kInt4, {file("own.txt", "words"), 8, 64});
  const auto planned = [&] { return plan_importance(source, calibration).value(); };
  EXPECT_FALSE(planned().ready);
  ASSERT_TRUE(base::write_file_atomically(planned().path, "matrix"));
  EXPECT_FALSE(planned().ready) << "gathered, but not recorded: it may be a part";
  ASSERT_TRUE(record_importance(planned(), calibration, 8, 500));
  ASSERT_TRUE(planned().ready);
  EXPECT_EQ(planned().facts["tokens"], 500);
}

TEST_F(CalibrationTest, ATextFileIsOneTextAndATableHasOneARow) {
  const auto read = [&](const fs::path& path) {
    return read_calibration(*chosen(kInt4, {path, 8, 64})).value();
  };
  const CalibrationText text = read(file("own.txt", "one\ntwo\n"));
  EXPECT_FALSE(text.rows);
  EXPECT_THAT(text.texts, ElementsAre("one\ntwo\n"));
  const CalibrationText lines =
      read(file("own.jsonl", "{\"text\": \"one\"}\n{\"id\": 2}\n{\"text\": \"two\"}\n"));
  EXPECT_TRUE(lines.rows);
  EXPECT_THAT(lines.texts, ElementsAre("one", "two"));
  EXPECT_THAT(read(file("own.csv", "id,text\n1,\"a, b\"\n")).texts, ElementsAre("a, b"));
}

// Refused before a model is touched.
TEST_F(CalibrationTest, ATextThatIsNotUtf8IsRefused) {
  for (const std::string text : {"caf\xe9 in Latin-1", "\xff\xfeU\0T\0F\0", ""}) {
    gguf::ModelInfo info;
    info.file_type = "F16";
    const auto refused = calibration_for(info, kInt4, {file("own.txt", text), 8, 64}, "gatherer 1");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, base::ErrorKind::bad_input);
    EXPECT_THAT(refused.error().message, testing::HasSubstr("own.txt"));
  }
}

}  // namespace
}  // namespace bantam::model
