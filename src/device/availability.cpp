#include "device/availability.hpp"

#include <dlfcn.h>
#include <linux/perf_event.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace bantam::device {

bool library_loads(const char* name) {
  void* library = ::dlopen(name, RTLD_LAZY | RTLD_LOCAL);
  if (library == nullptr) return false;
  ::dlclose(library);
  return true;
}

bool cycle_counter_opens() {
  perf_event_attr request{};
  request.type = PERF_TYPE_HARDWARE;
  request.size = sizeof request;
  request.config = PERF_COUNT_HW_CPU_CYCLES;
  request.disabled = 1;
  request.exclude_kernel = 1;
  request.exclude_hv = 1;
  const long counter = ::syscall(SYS_perf_event_open, &request, 0, -1, -1, 0UL);
  if (counter < 0) return false;
  ::close(static_cast<int>(counter));
  return true;
}

}  // namespace bantam::device
