#pragma once
// Where a path in a cache really leads: links in it are followed, those that lead out are refused.

#include <filesystem>

#include "base/result.hpp"

namespace bantam::cache {

// Where the path really lies, links followed, also to what does not exist. integrity unless that is inside
// `folder`, which may itself be no link that leads elsewhere; links above it are the user's own choice.
base::Result<std::filesystem::path> resolve_inside(const std::filesystem::path& path,
                                                   const std::filesystem::path& folder);
base::Status check_inside(const std::filesystem::path& path, const std::filesystem::path& folder);

}  // namespace bantam::cache
