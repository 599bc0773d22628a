#pragma once
// How fast this machine reads a file from its disk, one block after the other.

#include <cstdint>
#include <filesystem>

#include "base/result.hpp"

namespace bantam::measure {

struct DiskRead {
  double bytes_per_s = 0.0;
  std::int64_t bytes = 0;  // that were read
};

// Writes a file of 256 MiB into the folder, has the kernel forget it, reads it, and takes it away again. A
// few seconds. storage when it cannot be written, environment where the kernel keeps it in memory all the
// same (a file system without a disk).
base::Result<DiskRead> measure_disk_read(const std::filesystem::path& folder);

}  // namespace bantam::measure
