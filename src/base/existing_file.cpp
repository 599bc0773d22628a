#include "base/existing_file.hpp"

#include <fmt/format.h>

#include <system_error>

#include "base/files.hpp"
#include "base/text.hpp"

namespace bantam::base {
namespace fs = std::filesystem;

bool is_there(const fs::path& path) {
  std::error_code error;
  return fs::exists(fs::symlink_status(path, error));
}

bool holds(const fs::path& path, std::string_view content) {
  std::error_code missing;
  if (fs::file_size(path, missing) != content.size() || missing) return false;
  const auto there = read_file(path);
  return there && *there == content;
}

tl::unexpected<Error> other_content(const fs::path& path) {
  return fail(ErrorKind::usage, fmt::format("{} is there with other content", printable(path.string())),
              "choose another --output-path, or add --overwrite");
}

Status check_place(const fs::path& path, std::string_view content, Existing existing) {
  if (existing == Existing::replace || !is_there(path) || holds(path, content)) return {};
  return other_content(path);
}

}  // namespace bantam::base
