#include "model/reference.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <cstdlib>

namespace bantam::model {
namespace {

TEST(Reference, FormsThatUsersWrite) {
  EXPECT_EQ(parse_reference("embedded:nano")->kind, ReferenceKind::embedded);
  EXPECT_EQ(parse_reference("embedded:nano")->target, "nano");
  EXPECT_EQ(parse_reference("models/a.gguf")->path, "models/a.gguf");
  EXPECT_EQ(parse_reference("/tmp/a b.gguf")->path, "/tmp/a b.gguf");
  EXPECT_EQ(parse_reference("-rf")->path, "-rf");
  EXPECT_EQ(parse_reference("synthetic:llama-7b")->kind, ReferenceKind::synthetic);

  const auto hub = parse_reference("hf:Qwen/Qwen2.5-0.5B-Instruct-GGUF:Q4_K_M@main");
  ASSERT_TRUE(hub);
  EXPECT_EQ(hub->kind, ReferenceKind::hub);
  EXPECT_EQ(hub->target, "Qwen/Qwen2.5-0.5B-Instruct-GGUF");
  EXPECT_EQ(hub->variant, "Q4_K_M");
  EXPECT_EQ(hub->revision, "main");
  EXPECT_FALSE(parse_reference("hf:user/repo")->variant);
  EXPECT_EQ(parse_reference("hf:user/repo:dir/file.gguf")->variant, "dir/file.gguf");
  const std::string long_name = "Q8_0/a_b-" + std::string(120, 'x') + "-00001-of-00009.gguf";
  EXPECT_EQ(parse_reference("hf:user/repo:" + long_name + "@refs/pr/1")->variant, long_name);
  EXPECT_EQ(parse_reference("hf:user/repo:" + long_name + "@refs/pr/1")->revision, "refs/pr/1");
}

TEST(Reference, AnAdapterAndItsScale) {
  const auto plain = parse_reference("embedded:nano+lora:my/upper.gguf");
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->kind, ReferenceKind::embedded);
  EXPECT_EQ(plain->target, "nano");
  EXPECT_EQ(plain->text, "embedded:nano+lora:my/upper.gguf");
  EXPECT_EQ(plain->adapter->path, "my/upper.gguf");
  EXPECT_EQ(plain->adapter->scale, 1.0);
  const auto scaled = parse_reference("c++/a+b@1.gguf+lora:x@y/z.gguf@-0.5");
  ASSERT_TRUE(scaled);
  EXPECT_EQ(scaled->path, "c++/a+b@1.gguf");
  EXPECT_EQ(scaled->adapter->path, "x@y/z.gguf");
  EXPECT_EQ(scaled->adapter->scale, -0.5);
  EXPECT_EQ(parse_reference("hf:user/repo:Q8_0@main+lora:z.gguf")->revision, "main");
}

TEST(Reference, TheHomeFolder) {
  const char* home = std::getenv("HOME");
  if (!home || !*home) GTEST_SKIP() << "HOME is not set";
  EXPECT_EQ(parse_reference("~/a.gguf")->path, std::filesystem::path(home) / "a.gguf");
}

TEST(Reference, MalformedOnesAreUsageErrors) {
  for (const std::string text : {"",
                                 "hf:",
                                 "hf:repo",
                                 "hf:../../x",
                                 "hf:a//b",
                                 "hf:a/b/c",
                                 "hf:C:\\x",
                                 "hf:\\\\host\\s",
                                 "hf:a/%2e%2e",
                                 "hf:/a/b",
                                 "hf:a/..",
                                 "hf:user/repo:../x.gguf",
                                 "hf:user/repo@",
                                 "hf:-a/b",
                                 "hf:a/b:c:d",
                                 "hf:a/b:c\\d.gguf",
                                 "hf:a/b:con%2e.gguf",
                                 "hf:a/b@",
                                 "hf:a/b@x..y",
                                 "embedded:",
                                 "embedded:../nano",
                                 "synthetic:",
                                 "+lora:a.gguf",
                                 "b.gguf+lora:",
                                 "b.gguf+lora:@2",
                                 "b.gguf+lora:a.gguf@",
                                 "b.gguf+lora:a.gguf@big",
                                 "b.gguf+lora:a.gguf@inf",
                                 "b.gguf+lora:a.gguf@nan"}) {
    const auto reference = parse_reference(text);
    ASSERT_FALSE(reference) << text;
    EXPECT_EQ(reference.error().kind, base::ErrorKind::usage) << text;
  }
  EXPECT_FALSE(parse_reference(std::string("a\0b", 3)));
  EXPECT_FALSE(parse_reference(std::string(5000, 'a')));
}

}  // namespace
}  // namespace bantam::model
