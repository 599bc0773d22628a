#include "base/cpu_time.hpp"

#include <ctime>

namespace bantam::base {

double own_cpu_s() {
  timespec used{};
  if (::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used) != 0) return 0.0;
  return static_cast<double>(used.tv_sec) + 1e-9 * static_cast<double>(used.tv_nsec);
}

}  // namespace bantam::base
