#pragma once
// Limits that a process sets on itself.

#include <sys/resource.h>

#include "base/result.hpp"

namespace bantam::job {

// Sets the soft limit to `value`, or to the hard limit where that is less. May be called between fork and
// exec.
//
// In a build with sanitizers RLIMIT_DATA is left alone: it counts their shadow memory, which is terabytes of
// address space, so that no process could start.
void lower_limit(__rlimit_resource resource, rlim_t value);

// Files that a command which starts workers may have open at once, with some to spare.
inline constexpr rlim_t kOpenFiles = 64;

// Raises the soft limit of open files to kOpenFiles where it is lower. environment, with the remedy, when the
// hard limit does not allow it.
base::Status allow_open_files();

}  // namespace bantam::job
