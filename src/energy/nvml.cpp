// NVIDIA's management library, opened when it is there; we declare the few of its functions that we call.
// Their energy counter (from Volta on) moves every 20 to 100 ms; their power is a mean over a second, of
// which some GPUs look at a quarter only (arXiv 2312.02741), so the counter is preferred.

#include <dlfcn.h>
#include <fmt/format.h>

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/text.hpp"
#include "energy/finders.hpp"

namespace bantam::energy {
namespace {

constexpr double kOfMilli = 1e-3;
constexpr double kCounterUpdateS = 0.1;
constexpr double kCounterLeastWindowS = 5.0;
constexpr double kPowerUpdateS = 1.0;
constexpr double kPowerLeastWindowS = 30.0;

// Its C interface.
using Return = int;
using Device = struct nvmlDevice_st*;
constexpr Return kSuccess = 0;
constexpr Return kGpuIsLost = 15;
constexpr std::size_t kNameRoom = 96;

struct Functions {
  Return (*init)() = nullptr;
  Return (*shutdown)() = nullptr;
  const char* (*error_string)(Return) = nullptr;
  Return (*count)(unsigned*) = nullptr;
  Return (*handle)(unsigned, Device*) = nullptr;
  Return (*device_name)(Device, char*, unsigned) = nullptr;
  Return (*uuid)(Device, char*, unsigned) = nullptr;
  Return (*energy)(Device, unsigned long long*) = nullptr;  // mJ since the driver was loaded; may be missing
  Return (*power)(Device, unsigned*) = nullptr;             // mW
  Return (*limit)(Device, unsigned*) = nullptr;             // mW; may be missing
};

class Nvml {
 public:
  // The reason where it cannot be used.
  static base::Result<std::shared_ptr<Nvml>> open(const std::string& library) {
    void* handle = ::dlopen(library.c_str(), RTLD_LAZY | RTLD_LOCAL);
    if (handle == nullptr) {
      return base::fail(base::ErrorKind::environment, fmt::format("{} is not installed", library));
    }
    std::shared_ptr<Nvml> nvml(new Nvml(handle));
    if (!nvml->load()) {
      return base::fail(base::ErrorKind::environment,
                        fmt::format("{} lacks functions that every NVML has", library));
    }
    if (const Return code = nvml->call.init(); code != kSuccess) {
      return base::fail(base::ErrorKind::environment,
                        fmt::format("NVML does not start: {}", nvml->reason(code)));
    }
    nvml->started_ = true;
    return nvml;
  }
  ~Nvml() {
    if (started_) call.shutdown();
    ::dlclose(handle_);
  }
  Nvml(const Nvml&) = delete;
  Nvml& operator=(const Nvml&) = delete;

  std::string reason(Return code) const {
    const char* text = call.error_string(code);
    return text == nullptr ? fmt::format("error {}", code) : base::printable(text);
  }

  Functions call;

 private:
  explicit Nvml(void* handle) : handle_(handle) {}

  template <typename Function>
  bool find(Function& function, const char* symbol) {
    function = reinterpret_cast<Function>(::dlsym(handle_, symbol));
    return function != nullptr;
  }

  bool load() {
    find(call.energy, "nvmlDeviceGetTotalEnergyConsumption");
    find(call.limit, "nvmlDeviceGetEnforcedPowerLimit");
    return find(call.init, "nvmlInit_v2") && find(call.shutdown, "nvmlShutdown") &&
           find(call.error_string, "nvmlErrorString") && find(call.count, "nvmlDeviceGetCount_v2") &&
           find(call.handle, "nvmlDeviceGetHandleByIndex_v2") &&
           find(call.device_name, "nvmlDeviceGetName") && find(call.uuid, "nvmlDeviceGetUUID") &&
           find(call.power, "nvmlDeviceGetPowerUsage");
  }

  void* handle_;
  bool started_ = false;
};

class NvmlSource final : public Source {
 public:
  NvmlSource(SourceFacts facts, const base::Clock& clock, std::shared_ptr<Nvml> nvml, Device gpu)
      : Source(std::move(facts), clock), nvml_(std::move(nvml)), gpu_(gpu) {}

  std::size_t read(std::span<Reading> into) override {
    const std::int64_t begin = now_ns();
    double value = 0.0;
    Return code = kSuccess;
    if (facts().quantity == Quantity::joules) {
      unsigned long long millijoules = 0;
      code = nvml_->call.energy(gpu_, &millijoules);
      value = static_cast<double>(millijoules) * kOfMilli;
    } else {
      unsigned milliwatts = 0;
      code = nvml_->call.power(gpu_, &milliwatts);
      value = static_cast<double>(milliwatts) * kOfMilli;
    }
    return give(into, begin, value, fault_of(code));
  }

 private:
  static Fault fault_of(Return code) {
    if (code == kSuccess) return Fault::none;
    return code == kGpuIsLost ? Fault::gone : Fault::unreadable;
  }

  std::shared_ptr<Nvml> nvml_;
  Device gpu_;
};

struct Gpu {
  unsigned index = 0;
  Device device = nullptr;
  std::string name;
  std::string uuid;
};

std::string text_of(Return (*ask)(Device, char*, unsigned), Device device) {
  std::array<char, kNameRoom> room{};
  if (ask(device, room.data(), static_cast<unsigned>(room.size() - 1)) != kSuccess) return {};
  return base::printable(room.data());
}

bool is_asked_for(const Gpu& gpu, const std::string& wanted) {
  return wanted.empty() || wanted == std::to_string(gpu.index) || wanted == gpu.uuid;
}

SourceFacts facts_of(const Gpu& gpu, const std::string& library) {
  SourceFacts facts;
  facts.kind = "nvml";
  facts.name = fmt::format("nvml:{}", gpu.index);
  facts.scope = Scope::gpu;
  facts.grade = device::Grade::b;
  facts.quantity = Quantity::joules;
  facts.unit = "mJ";
  facts.where = fmt::format("{}: {} {}", library, gpu.name, gpu.uuid);
  return facts;
}

void add_absent(SourceFacts facts, std::string reason, Found& found) {
  found.absent.push_back(
      {facts.kind, facts.name, "energy", facts.unit, facts.grade, facts.where, std::move(reason)});
}

void add_gpu(const Gpu& gpu, const Request& request, const base::Clock& clock,
             const std::shared_ptr<Nvml>& nvml, Found& found) {
  SourceFacts facts = facts_of(gpu, request.roots.nvml_library);
  unsigned long long millijoules = 0;
  unsigned milliwatts = 0;
  if (nvml->call.energy != nullptr && nvml->call.energy(gpu.device, &millijoules) == kSuccess) {
    facts.update_period_s = kCounterUpdateS;
    facts.least_window_s = kCounterLeastWindowS;
  } else if (const Return code = nvml->call.power(gpu.device, &milliwatts); code == kSuccess) {
    facts.grade = device::Grade::c;
    facts.quantity = Quantity::watts;
    facts.unit = "mW";
    facts.update_period_s = kPowerUpdateS;
    facts.least_window_s = kPowerLeastWindowS;
  } else {
    return add_absent(std::move(facts), "it gives neither energy nor power: " + nvml->reason(code), found);
  }
  if (unsigned limit = 0;
      nvml->call.limit != nullptr && nvml->call.limit(gpu.device, &limit) == kSuccess && limit > 0)
    facts.rated_w = static_cast<double>(limit) * kOfMilli;
  found.present.push_back(std::make_unique<NvmlSource>(std::move(facts), clock, nvml, gpu.device));
}

}  // namespace

void find_nvml(const Request& request, const base::Clock& clock, Found& found) {
  SourceFacts kind = facts_of({}, "");
  kind.name = kind.kind;
  kind.where.clear();
  if (request.roots.nvml_library.empty())
    return add_absent(std::move(kind), "not tried: there is no usr/lib/libnvidia-ml.so.1 below this root",
                      found);
  const auto nvml = Nvml::open(request.roots.nvml_library);
  if (!nvml) return add_absent(std::move(kind), nvml.error().message, found);
  unsigned count = 0;
  if (const Return code = (*nvml)->call.count(&count); code != kSuccess)
    return add_absent(std::move(kind), "NVML does not count its GPUs: " + (*nvml)->reason(code), found);
  std::vector<std::string> known;
  bool any = false;
  for (unsigned index = 0; index < count; ++index) {
    Gpu gpu{index, nullptr, "", ""};
    if (const Return code = (*nvml)->call.handle(index, &gpu.device); code != kSuccess) {
      add_absent(facts_of(gpu, request.roots.nvml_library), (*nvml)->reason(code), found);
      continue;
    }
    gpu.name = text_of((*nvml)->call.device_name, gpu.device);
    gpu.uuid = text_of((*nvml)->call.uuid, gpu.device);
    known.push_back(fmt::format("{} ({})", index, gpu.uuid));
    if (!is_asked_for(gpu, request.gpu)) continue;
    any = true;
    add_gpu(gpu, request, clock, *nvml, found);
  }
  if (count == 0) return add_absent(std::move(kind), "NVML knows no GPU", found);
  if (!any && !known.empty()) {
    add_absent(std::move(kind),
               fmt::format("there is no GPU {}; there are {}", base::printable(request.gpu),
                           base::join(known, ", ")),
               found);
  }
}

}  // namespace bantam::energy
