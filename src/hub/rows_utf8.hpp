#pragma once
// Makes text valid Unicode without changing what is already valid.

#include <string>
#include <string_view>

namespace bantam::hub {

// Without a leading byte order mark; every invalid byte sequence as U+FFFD.
std::string valid_utf8(std::string_view text);

// JSON text in which every \uD800-\uDFFF escape without its partner is \uFFFD.
std::string with_paired_surrogates(std::string_view json);

}  // namespace bantam::hub
