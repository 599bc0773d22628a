#include "job/limits.hpp"

#include <fmt/format.h>
#include <algorithm>

namespace bantam::job {
namespace {

#ifdef BANTAM_SANITIZED
constexpr bool kLimitsData = false;
#else
constexpr bool kLimitsData = true;
#endif

}  // namespace

void lower_limit(__rlimit_resource resource, rlim_t value) {
  if (resource == RLIMIT_DATA && !kLimitsData) return;
  rlimit limit{};
  if (::getrlimit(resource, &limit) != 0) return;
  limit.rlim_cur = std::min(value, limit.rlim_max);
  ::setrlimit(resource, &limit);
}

base::Status allow_open_files() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= kOpenFiles) return {};
  const rlim_t allowed = limit.rlim_max;
  limit.rlim_cur = kOpenFiles;
  if (allowed >= kOpenFiles && ::setrlimit(RLIMIT_NOFILE, &limit) == 0) return {};
  return base::fail(
      base::ErrorKind::environment,
      fmt::format("this process may open {} files at once; bantam needs {}", allowed, kOpenFiles),
      fmt::format("raise the limit, e.g. `ulimit -n {}`", kOpenFiles));
}

}  // namespace bantam::job
