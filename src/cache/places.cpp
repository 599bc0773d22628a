#include "cache/places.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <deque>
#include <optional>
#include <system_error>

#include "base/text.hpp"

namespace bantam::cache {

namespace fs = std::filesystem;
namespace {

constexpr int kMostLinks = 40;

// As the system would follow it when it opens or makes the file; absent when the links go round in circles.
std::optional<fs::path> resolved(const fs::path& path) {
  std::error_code error;
  const fs::path whole = fs::absolute(path, error);
  if (error) return std::nullopt;
  std::deque<fs::path> parts(whole.begin(), whole.end());
  fs::path place;
  int links = 0;
  while (!parts.empty()) {
    const fs::path part = parts.front();
    parts.pop_front();
    if (part.empty() || part == ".") continue;
    if (part == "..") {
      place = place.parent_path();
      continue;
    }
    const fs::path next = place / part;
    if (!fs::is_symlink(fs::symlink_status(next, error))) {
      place = next;
      continue;
    }
    const fs::path target = fs::read_symlink(next, error);
    if (error || ++links > kMostLinks) return std::nullopt;
    parts.insert(parts.begin(), target.begin(), target.end());
  }
  return place;
}

bool lies_in(const fs::path& path, const fs::path& folder) {
  return std::mismatch(folder.begin(), folder.end(), path.begin(), path.end()).first == folder.end();
}

}  // namespace

base::Result<fs::path> resolve_inside(const fs::path& path, const fs::path& folder) {
  const auto above = resolved(folder.parent_path());
  auto place = resolved(path);
  if (above && place && lies_in(*place, *above / folder.filename())) return *std::move(place);
  return base::fail(base::ErrorKind::integrity,
                    fmt::format("{} leads out of the cache", base::printable(path.string())),
                    "look for links among its folders and remove them; no tool of the hub makes such a link");
}

base::Status check_inside(const fs::path& path, const fs::path& folder) {
  TRY(resolve_inside(path, folder));
  return {};
}

}  // namespace bantam::cache
