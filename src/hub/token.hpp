#pragma once
// The user's access token for the model hub. Its type has no way into a stream or a format string, so that it
// cannot be printed by accident.

#include <optional>
#include <string>

#include "base/result.hpp"

namespace bantam::hub {

class Token {
 public:
  explicit Token(std::string text) : text_(std::move(text)) {}
  // For the Authorization header of a request to the hub itself, and nothing else.
  const std::string& secret() const { return text_; }
  // What may be shown: that there is one.
  static constexpr const char* kMasked = "hf_***";

 private:
  std::string text_;
};

// HF_TOKEN, else the first line of the file HF_TOKEN_PATH, else of $HF_HOME/token, else of
// ~/.cache/huggingface/token. Absent when none is set. environment when it holds characters that no token
// has; the message does not quote it.
base::Result<std::optional<Token>> find_token();

}  // namespace bantam::hub
