#include "job/limits.hpp"

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

}  // namespace bantam::job
