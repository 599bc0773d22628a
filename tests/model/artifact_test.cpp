#include "model/artifact.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <chrono>
#include <cstdlib>
#include <fstream>

#include "base/files.hpp"
#include "base/hash.hpp"
#include "support/gguf_builder.hpp"
#include "support/temp_dir.hpp"

namespace bantam::model {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

const plan::Precision kFp16{"fp16", "F16", 16.0};
const plan::Precision kInt8{"int8", "Q8_0", 8.5};

class ArtifactTest : public testing::Test {
 protected:
  void SetUp() override { ::setenv("BANTAM_CACHE", (folder_.path() / "cache").c_str(), 1); }
  void TearDown() override { ::unsetenv("BANTAM_CACHE"); }

  fs::path tiny(const std::string& name) {
    return support::write_bytes(folder_.path() / name, support::tiny_model().bytes());
  }
  static base::Result<Source> located(const fs::path& path) {
    TRY_ASSIGN(const Reference reference, parse_reference(path.string()));
    return locate(reference);
  }
  static void expect_bad_input(const fs::path& path, const std::string& cause) {
    const auto source = located(path);
    ASSERT_FALSE(source) << path;
    EXPECT_EQ(source.error().kind, base::ErrorKind::bad_input);
    EXPECT_THAT(source.error().message, HasSubstr(cause));
    EXPECT_THAT(source.error().message, HasSubstr(path.filename().string()));
  }

  support::TempDir folder_;
};

TEST_F(ArtifactTest, PathsThatAreNoRegularFileAreRefusedAtOnce) {
  expect_bad_input(folder_.path(), "a folder");
  expect_bad_input("/dev/zero", "a device");
  const fs::path fifo = folder_.path() / "fifo";
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  expect_bad_input(fifo, "a FIFO");

  const fs::path socket_path = folder_.path() / "socket";
  const int descriptor = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  socket_path.string().copy(address.sun_path, sizeof address.sun_path - 1);
  ASSERT_EQ(::bind(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  expect_bad_input(socket_path, "a socket");
  ::close(descriptor);

  fs::create_symlink("nowhere", folder_.path() / "dangling");
  expect_bad_input(folder_.path() / "dangling", "No such file");
  expect_bad_input(folder_.path() / "missing.gguf", "No such file");
}

TEST_F(ArtifactTest, AFileWithoutPermissionIsRefused) {
  if (::geteuid() == 0) GTEST_SKIP() << "root may read every file";
  const fs::path path = tiny("locked.gguf");
  fs::permissions(path, fs::perms::none);
  expect_bad_input(path, "Permission denied");
}

TEST_F(ArtifactTest, UnusualNamesWork) {
  for (const std::string name : {"a b.gguf", "größe-模型.gguf", "new\nline.gguf", "-rf", "'\"$x.gguf"}) {
    const auto source = located(tiny(name));
    ASSERT_TRUE(source) << name << ": " << source.error().message;
    EXPECT_EQ(source->info.architecture, "llama");
  }
}

TEST_F(ArtifactTest, WhatIsNotHereIsNotFetchedOffline) {
  ::setenv("HF_HUB_CACHE", (folder_.path() / "hub").c_str(), 1);
  LocateOptions offline;
  offline.offline = true;
  for (const char* text : {"hf:user/repo", "Qwen/Qwen2.5-0.5B-Instruct"}) {
    const auto source = locate(*parse_reference(text), offline);
    ASSERT_FALSE(source) << text;
    EXPECT_EQ(source.error().kind, base::ErrorKind::environment);
    EXPECT_THAT(source.error().message, HasSubstr("/")) << "names the repository";
  }
  ::unsetenv("HF_HUB_CACHE");
}

TEST_F(ArtifactTest, NamesThatNothingHasAreUsageErrors) {
  for (const char* text : {"synthetic:llama-7b", "embedded:no-such-model"}) {
    const auto source = locate(*parse_reference(text));
    ASSERT_FALSE(source) << text;
    EXPECT_EQ(source.error().kind, base::ErrorKind::usage);
  }
}

TEST_F(ArtifactTest, ASourceOfTheAskedTypeIsUsedAsItIs) {
  const auto source = located(tiny("tiny.gguf"));
  ASSERT_TRUE(source);
  EXPECT_EQ(source->sha256, base::sha256(support::tiny_model().bytes()));
  const auto artifact = plan_artifact(*source, kFp16, "q 1");
  ASSERT_TRUE(artifact);
  EXPECT_TRUE(artifact->ready);
  EXPECT_FALSE(artifact->made);
  EXPECT_EQ(artifact->path, source->path);
  EXPECT_EQ(artifact->identity, source->sha256);
}

TEST_F(ArtifactTest, TheIdentityDependsOnSourceTypeAndQuantizerAlone) {
  const auto source = located(tiny("tiny.gguf"));
  const auto copy = located(tiny("other-name.gguf"));
  ASSERT_TRUE(source && copy);
  const auto identity = [](const Source& from, const plan::Precision& precision, const char* quantizer) {
    return plan_artifact(from, precision, quantizer)->identity;
  };
  EXPECT_EQ(identity(*source, kInt8, "q 1"), identity(*copy, kInt8, "q 1"));
  EXPECT_NE(identity(*source, kInt8, "q 1"), identity(*source, kInt8, "q 2"));
  EXPECT_NE(identity(*source, kInt8, "q 1"), identity(*source, {"int4", "Q4_K_M", 4.85}, "q 1"));
  EXPECT_NE(plan_artifact(*source, kInt8, "q 1")->path, plan_artifact(*source, kInt8, "q 2")->path);
}

TEST_F(ArtifactTest, OnlyAWholeRecordedFileIsReady) {
  const auto source = located(tiny("tiny.gguf"));
  ASSERT_TRUE(source);
  const auto planned = [&] { return *plan_artifact(*source, kInt8, "q 1"); };
  Artifact artifact = planned();
  EXPECT_TRUE(artifact.made);
  EXPECT_FALSE(artifact.ready);

  ASSERT_TRUE(base::write_file_atomically(artifact.path, "quantized bytes"));
  EXPECT_FALSE(planned().ready) << "made, but not recorded: it may be a part";
  ASSERT_TRUE(record_artifact(artifact));
  EXPECT_TRUE(planned().ready);
  EXPECT_EQ(planned().sha256, base::sha256("quantized bytes"));
}

TEST_F(ArtifactTest, AMadeFileThatChangedIsSetAside) {
  const auto source = located(tiny("tiny.gguf"));
  ASSERT_TRUE(source);
  const Artifact artifact = *plan_artifact(*source, kInt8, "q 1");
  for (const char* changed : {"quantized bytes of another size", "quantized BYTES"}) {
    ASSERT_TRUE(base::write_file_atomically(artifact.path, "quantized bytes"));
    ASSERT_TRUE(record_artifact(artifact));
    ASSERT_TRUE(base::write_file_atomically(artifact.path, changed));
    const auto planned = plan_artifact(*source, kInt8, "q 1");
    ASSERT_FALSE(planned) << changed;
    EXPECT_EQ(planned.error().kind, base::ErrorKind::integrity);
    EXPECT_FALSE(fs::exists(artifact.path));
    EXPECT_EQ(*base::read_file(artifact.path.string() + ".corrupt"), changed);
    const auto again = plan_artifact(*source, kInt8, "q 1");
    ASSERT_TRUE(again) << "it can be made anew";
    EXPECT_FALSE(again->ready);
  }
}

TEST_F(ArtifactTest, RefusesWhatWouldBeMisleading) {
  support::GgufBuilder gguf;
  gguf.text("general.architecture", "llama")
      .u32("general.file_type", 15)
      .tensor("a.weight", 12, {256, 2}, 288);
  const auto quantized = located(support::write_bytes(folder_.path() / "m-Q4_K_M.gguf", gguf.bytes()));
  ASSERT_TRUE(quantized);
  EXPECT_TRUE(plan_artifact(*quantized, {"int4", "Q4_K_M", 4.85}, "q")->ready);
  for (const plan::Precision& precision : {kInt8, kFp16, plan::Precision{"Q2_K", "Q2_K", 2.96}}) {
    const auto artifact = plan_artifact(*quantized, precision, "q");
    ASSERT_FALSE(artifact);
    EXPECT_EQ(artifact.error().kind, base::ErrorKind::bad_input);
    EXPECT_THAT(artifact.error().message, HasSubstr("m is Q4_K_M; " + precision.name + " needs"));
  }
  const auto source = located(tiny("tiny.gguf"));
  EXPECT_THAT(plan_artifact(*source, {"IQ2_XXS", "IQ2_XXS", 2.06}, "q").error().message,
              HasSubstr("importance matrix"));
  EXPECT_THAT(plan_artifact(*source, {"MXFP4_MOE", "MXFP4_MOE", 4.25}, "q").error().message,
              HasSubstr("experts"));
  EXPECT_TRUE(plan_artifact(*source, {"fp32", "F32", 32.0}, "q")) << "F16 to F32 is exact";
}

TEST_F(ArtifactTest, TheSecondLookIsQuick) {
  const auto path = tiny("tiny.gguf");
  ASSERT_TRUE(located(path));
  const auto start = std::chrono::steady_clock::now();
  const auto source = located(path);
  ASSERT_TRUE(source && plan_artifact(*source, kInt8, "q"));
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::milliseconds(50));
}

}  // namespace
}  // namespace bantam::model
