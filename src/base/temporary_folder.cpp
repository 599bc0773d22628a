#include "base/temporary_folder.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstdlib>
#include <string>
#include <system_error>

#include "base/files.hpp"

namespace bantam::base {

Result<TemporaryFolder> TemporaryFolder::make(std::string_view purpose) {
  std::error_code failed;
  const std::filesystem::path parent = std::filesystem::temp_directory_path(failed);
  std::string name =
      ((failed ? std::filesystem::path("/tmp") : parent) / fmt::format("bantam-{}-XXXXXX", purpose)).string();
  if (::mkdtemp(name.data()) == nullptr) {
    return fail(ErrorKind::storage, fmt::format("{}: {}", name, errno_text(errno)),
                "TMPDIR names another folder for temporary files");
  }
  return TemporaryFolder(name);
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
}

}  // namespace bantam::base
