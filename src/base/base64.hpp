#pragma once
// Bytes as text: base64 of RFC 4648, with padding.

#include <optional>
#include <string>
#include <string_view>

namespace bantam::base {

std::string to_base64(std::string_view bytes);

// Absent for what is not the one text of some bytes: another character or length, bits that belong to no
// byte.
std::optional<std::string> from_base64(std::string_view text);

}  // namespace bantam::base
