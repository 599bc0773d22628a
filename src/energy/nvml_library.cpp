#include "energy/nvml_library.hpp"

#include <dlfcn.h>
#include <fmt/format.h>

#include "base/text.hpp"

namespace bantam::energy::nvml {

base::Result<std::shared_ptr<Library>> Library::open(const std::string& library) {
  void* handle = ::dlopen(library.c_str(), RTLD_LAZY | RTLD_LOCAL);
  if (handle == nullptr)
    return base::fail(base::ErrorKind::environment, fmt::format("{} is not installed", library));
  std::shared_ptr<Library> nvml(new Library(handle));
  if (!nvml->load()) {
    return base::fail(base::ErrorKind::environment,
                      fmt::format("{} lacks functions that every NVML has", library));
  }
  if (const Return code = nvml->call.init(); code != kSuccess)
    return base::fail(base::ErrorKind::environment,
                      fmt::format("NVML does not start: {}", nvml->reason(code)));
  nvml->started_ = true;
  return nvml;
}

Library::~Library() {
  if (started_) call.shutdown();
  ::dlclose(handle_);
}

std::string Library::reason(Return code) const {
  const char* text = call.error_string(code);
  return text == nullptr ? fmt::format("error {}", code) : base::printable(text);
}

template <typename Function>
bool Library::find(Function& function, const char* symbol) {
  function = reinterpret_cast<Function>(::dlsym(handle_, symbol));
  return function != nullptr;
}

bool Library::load() {
  find(call.energy, "nvmlDeviceGetTotalEnergyConsumption");
  find(call.limit, "nvmlDeviceGetEnforcedPowerLimit");
  find(call.utilization, "nvmlDeviceGetUtilizationRates");
  find(call.clock, "nvmlDeviceGetClockInfo");
  find(call.memory, "nvmlDeviceGetMemoryInfo");
  find(call.temperature, "nvmlDeviceGetTemperature");
  // The newer name, from driver 535 on, and the older one.
  if (!find(call.clock_reasons, "nvmlDeviceGetCurrentClocksEventReasons"))
    find(call.clock_reasons, "nvmlDeviceGetCurrentClocksThrottleReasons");
  return find(call.init, "nvmlInit_v2") && find(call.shutdown, "nvmlShutdown") &&
         find(call.error_string, "nvmlErrorString") && find(call.count, "nvmlDeviceGetCount_v2") &&
         find(call.handle, "nvmlDeviceGetHandleByIndex_v2") && find(call.device_name, "nvmlDeviceGetName") &&
         find(call.uuid, "nvmlDeviceGetUUID") && find(call.power, "nvmlDeviceGetPowerUsage");
}

}  // namespace bantam::energy::nvml
