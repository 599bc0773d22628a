#include "hub/token.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "base/files.hpp"
#include "base/text.hpp"

namespace bantam::hub {
namespace fs = std::filesystem;
namespace {

constexpr std::uint64_t kMaxTokenBytes = 4096;

const char* set_variable(const char* name) {
  const char* value = std::getenv(name);
  return value && *value ? value : nullptr;
}

std::optional<fs::path> token_file() {
  if (const char* path = set_variable("HF_TOKEN_PATH")) return fs::path(path);
  if (const char* home = set_variable("HF_HOME")) return fs::path(home) / "token";
  if (const char* home = set_variable("HOME")) return fs::path(home) / ".cache" / "huggingface" / "token";
  return std::nullopt;
}

base::Result<std::optional<Token>> checked(std::string_view text, const std::string& source) {
  const std::string_view token = base::trim(text);
  if (token.empty()) return std::nullopt;
  const bool plain = token.size() <= kMaxTokenBytes &&
                     std::all_of(token.begin(), token.end(), [](char c) { return c > ' ' && c < '\x7f'; });
  if (plain) return Token(std::string(token));
  return base::fail(base::ErrorKind::environment, source + " holds no usable token",
                    "a token is one word of letters, digits and '_'");
}

}  // namespace

base::Result<std::optional<Token>> find_token() {
  if (const char* token = set_variable("HF_TOKEN")) return checked(token, "HF_TOKEN");
  const auto file = token_file();
  std::error_code ignored;
  if (!file || !fs::is_regular_file(*file, ignored)) return std::nullopt;
  const auto text = base::read_file(*file, kMaxTokenBytes);
  if (!text) {
    return base::fail(base::ErrorKind::environment, "cannot read the token file: " + text.error().message);
  }
  return checked(text->substr(0, text->find('\n')), file->string());
}

}  // namespace bantam::hub
