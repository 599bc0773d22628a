#include "base/secrets.hpp"

#include <gtest/gtest.h>
#include <cstdlib>

#include "base/text.hpp"

namespace bantam::base {
namespace {

TEST(MaskSecrets, KnowsTheirForms) {
  const std::string hub = "hf_" + std::string("aBcD1234eFgH5678iJkL");
  EXPECT_EQ(mask_secrets("see " + hub + "."), "see hf_***.");
  EXPECT_EQ(mask_secrets("x=" + hub + "&y"), "x=hf_***&y");
  EXPECT_EQ(mask_secrets("sk-proj-abcDEF123456_7890"), "***");
  EXPECT_EQ(mask_secrets("ghp_0123456789abcdefABCDEF0123456789abcd"), "***");
  EXPECT_EQ(mask_secrets("Authorization: Basic dXNlcjpwYXNz"), "Authorization: Basic ***");
  EXPECT_EQ(mask_secrets("authorization:  Bearer abc"), "authorization:  Bearer ***");
  EXPECT_EQ(mask_secrets("got 'bearer abcDEF12.xyz'"), "got 'bearer ***'");
  EXPECT_EQ(mask_secrets("https://me:pass@host/x and ftp://token@host"),
            "https://***@host/x and ftp://***@host");
  EXPECT_EQ(mask_secrets("https://h/x?a=1&X-Amz-Signature=0a1b&token=zz#f"),
            "https://h/x?a=1&X-Amz-Signature=***&token=***#f");
}

TEST(MaskSecrets, LeavesOrdinaryTextAlone) {
  for (const char* text :
       {"hf:user/repo", "--hf-repo", "hf_hub", "hf_quantized.gguf", "HF_TOKEN", "task-list", "sk-learn",
        "a bearer of news", "https://host/a@b?page=2", "user@host", "hf_***", "eos_token=2", "?tokens=5"}) {
    EXPECT_EQ(mask_secrets(text), text);
  }
}

TEST(KeepSecret, MasksItInAnyCaseAndNoShortOnes) {
  keep_secret("Correct-Horse-Battery");
  keep_secret("no");
  EXPECT_EQ(mask_secrets("x-encoding: correct-horse-battery!"), "x-encoding: ***!");
  EXPECT_EQ(printable("Correct-Horse-Battery and no"), "*** and no");
  EXPECT_EQ(mask_known_secrets("sk-proj-abcDEF123456_7890 Correct-Horse-Battery"),
            "sk-proj-abcDEF123456_7890 ***");
}

TEST(NamesASecret, TellsThemFromOtherOptions) {
  for (const char* name : {"token", "hf-token", "openai-api-key", "API_KEY", "password", "wandb-key"}) {
    EXPECT_TRUE(names_a_secret(name)) << name;
  }
  for (const char* name : {"max-new-tokens", "think-end-token", "tokenizer", "keys", "cache-type-k"}) {
    EXPECT_FALSE(names_a_secret(name)) << name;
  }
}

TEST(TakeSecrets, LeavesNoneInTheEnvironment) {
  ::setenv("HF_TOKEN", "hf_variable_value", 1);
  ::setenv("SOME_API_KEY", "key-of-some-service", 1);
  ::setenv("HF_TOKEN_PATH", "/a/path", 1);
  ::setenv("https_proxy", "http://me:word@proxy:1", 1);
  const char* const place = std::getenv("HF_TOKEN");
  take_secrets_from_environment();
  EXPECT_EQ(std::getenv("HF_TOKEN"), nullptr);
  EXPECT_EQ(*place, '\0');
  EXPECT_EQ(secret_variable("HF_TOKEN"), "hf_variable_value");
  EXPECT_STREQ(std::getenv("HF_TOKEN_PATH"), "/a/path");
  EXPECT_EQ(printable("the key-of-some-service"), "the ***");
  for (const std::string& setting : environment_without_secrets()) {
    EXPECT_EQ(setting.find("word@"), std::string::npos) << setting;
    EXPECT_FALSE(setting.starts_with("SOME_API_KEY")) << setting;
  }
  ::unsetenv("https_proxy");
  ::unsetenv("HF_TOKEN_PATH");
}

}  // namespace
}  // namespace bantam::base
