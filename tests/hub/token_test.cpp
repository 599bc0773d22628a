#include "hub/client.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <ostream>

#include "support/temp_dir.hpp"

namespace bantam::hub {
namespace {

// The type itself has no way out into text.
static_assert(!fmt::is_formattable<Token>::value);
template <typename T>
concept Streamable = requires(std::ostream& out, const T& value) {
  out << value;
};
static_assert(!Streamable<Token>);
static_assert(!std::is_convertible_v<Token, std::string>);

class TokenTest : public testing::Test {
 protected:
  TokenTest() {
    for (const char* name : {"HF_TOKEN", "HF_TOKEN_PATH", "HF_HOME"}) ::unsetenv(name);
    if (const char* home = std::getenv("HOME")) home_ = home;
    ::setenv("HOME", folder_.path().c_str(), 1);
  }
  ~TokenTest() override {
    for (const char* name : {"HF_TOKEN", "HF_TOKEN_PATH", "HF_HOME"}) ::unsetenv(name);
    ::setenv("HOME", home_.c_str(), 1);
  }
  std::string write(const std::string& name, const std::string& text) {
    const auto path = folder_.path() / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << text;
    return path.string();
  }
  std::string found() {
    const auto token = find_token();
    return token && *token ? (*token)->secret() : "none";
  }

  support::TempDir folder_;
  std::string home_;
};

TEST_F(TokenTest, IsLookedForInOrder) {
  EXPECT_EQ(found(), "none");
  write(".cache/huggingface/token", "hf_home\n");
  EXPECT_EQ(found(), "hf_home");
  write("other/token", "  hf_other  \nsecond line\n");
  ::setenv("HF_HOME", (folder_.path() / "other").c_str(), 1);
  EXPECT_EQ(found(), "hf_other");
  ::setenv("HF_TOKEN_PATH", write("path", "hf_path").c_str(), 1);
  EXPECT_EQ(found(), "hf_path");
  ::setenv("HF_TOKEN", "hf_variable", 1);
  EXPECT_EQ(found(), "hf_variable");
}

TEST_F(TokenTest, ThatIsNoneIsRefusedWithoutBeingQuoted) {
  ::setenv("HF_TOKEN", "hf_se cret", 1);
  const auto token = find_token();
  ASSERT_FALSE(token);
  EXPECT_EQ(token.error().kind, base::ErrorKind::environment);
  EXPECT_EQ(token.error().message.find("cret"), std::string::npos);
}

}  // namespace
}  // namespace bantam::hub
