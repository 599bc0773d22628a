#pragma once
// What becomes of a file that is there where a result is to be written.

#include <filesystem>
#include <string_view>

#include "base/result.hpp"

namespace bantam::base {

// What becomes of a file of the same name with other content.
enum class Existing { keep, replace };

// Whether something is there, be it a link that leads nowhere.
bool is_there(const std::filesystem::path& path);
// Whether it is a file with this content.
bool holds(const std::filesystem::path& path, std::string_view content);

// The error of a file that is there with other content and is to be kept: usage.
tl::unexpected<Error> other_content(const std::filesystem::path& path);
// other_content() where something is there with other content and is to be kept.
Status check_place(const std::filesystem::path& path, std::string_view content, Existing existing);

}  // namespace bantam::base
