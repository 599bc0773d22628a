#include "record/private_parts.hpp"

#include <gtest/gtest.h>

namespace bantam::record {
namespace {

TEST(PrivateParts, arguments_whose_names_are_those_of_secrets_are_masked) {
  EXPECT_EQ(without_secret_arguments("hf_token=abc"), "hf_token=***");
  EXPECT_EQ(without_secret_arguments("pretrained=a/b,api_key=abc,x=1"), "pretrained=a/b,api_key=***,x=1");
  EXPECT_EQ(without_secret_arguments(R"({"password": "a, b", "x": 1})"), R"({"password": "***", "x": 1})");
  EXPECT_EQ(without_secret_arguments("{'m': {'token': None}}"), "{'m': {'token': ***}}");
  for (const char* text : {"tokenizer=a,max_tokens=5", "pretrained=https://host/token", "", "=", "token"})
    EXPECT_EQ(without_secret_arguments(text), text);
}

TEST(PrivateParts, paths_are_cut_down_to_their_last_part) {
  EXPECT_EQ(without_folders("/home/ada lovelace/m.gguf"), "m.gguf");
  EXPECT_EQ(without_folders("/home/ada/m.gguf+lora:/home/ada/a.gguf@0.5"), "m.gguf+lora:a.gguf@0.5");
  EXPECT_EQ(without_folders("cannot open /home/ada/m.gguf: no"), "cannot open m.gguf: no");
  EXPECT_EQ(without_folders("cannot open '/home/ada b/m.gguf'"), "cannot open 'm.gguf'");
  EXPECT_EQ(without_folders("data=/home/ada/x.jsonl,/tmp/y/z.jsonl"), "data=x.jsonl,z.jsonl");
  EXPECT_EQ(without_folders("local:/home/ada/m/"), "local:m");
  EXPECT_EQ(without_folders("/home/ada/m/"), "m");
  EXPECT_EQ(without_folders("file:///home/ada b/x.jsonl"), "file://x.jsonl");
  EXPECT_EQ(without_folders("read from file:///home/ada/x.jsonl"), "read from file://x.jsonl");
  EXPECT_EQ(without_folders("-O2 -I/home/ada/src -L/home/ada/lib"), "-O2 -Isrc -Llib");
  EXPECT_EQ(without_folders("-I/home/ada/src"), "-Isrc");
  for (const char* text :
       {"hf:user/repo", "https://host/a/b", "//host/a", "a / b", "N/A", "1/2", "</s>", "models/m.gguf",
        "x-I/a/b", "file://host/a/b", "no sensors in /sys/class/drm or /proc/driver", "/dev/vda", "", "a /",
        "/", "/no_think", "/think of a/b"})
    EXPECT_EQ(without_folders(text), text);
}

}  // namespace
}  // namespace bantam::record
