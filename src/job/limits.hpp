#pragma once
// Limits that a process sets on itself.

#include <sys/resource.h>

namespace bantam::job {

// Sets the soft limit to `value`, or to the hard limit where that is less. May be called between fork and
// exec.
//
// In a build with sanitizers RLIMIT_DATA is left alone: it counts their shadow memory, which is terabytes of
// address space, so that no process could start.
void lower_limit(__rlimit_resource resource, rlim_t value);

}  // namespace bantam::job
