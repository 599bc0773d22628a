#pragma once
// Says what a file is that is not GGUF, from its first bytes, so that a message can tell the user what to do.

#include <optional>
#include <string_view>

namespace bantam::model {

// First bytes that foreign_format() wants to see, when there are as many.
inline constexpr std::size_t kTellingBytes = 512;

struct ForeignFormat {
  std::string_view name;  // "is ..."
  std::string_view hint;
};

// Absent when the bytes start as a little-endian GGUF file does.
std::optional<ForeignFormat> foreign_format(std::string_view first_bytes);

}  // namespace bantam::model
