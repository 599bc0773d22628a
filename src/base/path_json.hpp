#pragma once
// Paths in JSON. A file name is bytes, which need not be UTF-8; such a path keeps its bytes as {"hex":
// "..."}.

#include <filesystem>
#include <optional>

#include "base/json.hpp"

namespace bantam::base {

Json path_to_json(const std::filesystem::path& path);
// Absent when it is none.
std::optional<std::filesystem::path> path_from_json(const Json& json);

}  // namespace bantam::base
