#pragma once
// SHA-256 of texts and files, as 64 lower-case hexadecimal digits.

#include <filesystem>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace bantam::base {

std::string sha256(std::string_view content);
// bad_input when the file cannot be read.
Result<std::string> sha256_of_file(const std::filesystem::path& path);

}  // namespace bantam::base
