#pragma once
// A tree of small files in a folder of its own, to stand for /proc and /sys.

#include <filesystem>
#include <fstream>
#include <string>

#include "support/temp_dir.hpp"

namespace bantam::support {

class FakeTree {
 public:
  const std::filesystem::path& root() const { return folder_.path(); }

  // Makes the folders on the way; replaces a file that is there.
  FakeTree& add(const std::string& file, const std::string& content) {
    const std::filesystem::path path = root() / file;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << content;
    return *this;
  }

 private:
  TempDir folder_;
};

}  // namespace bantam::support
