#pragma once
// What the cache folder holds of files that we made: quantized, merged, converted, written from shapes,
// importance matrices. Only whole ones, which have a note beside them (model/sidecar.hpp).

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace bantam::model {

struct MadeFile {
  std::string kind;  // the cache's own folder: "quantized", "merged"
  std::filesystem::path path;
  std::uint64_t bytes = 0;
};

// By path. Empty when there is no cache folder; environment when nothing says where it would be.
base::Result<std::vector<MadeFile>> list_made_files();

}  // namespace bantam::model
