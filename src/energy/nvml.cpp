// Energy of NVIDIA GPUs, by NVML. Their energy counter (from Volta on) moves every 20 to 100 ms; their power
// is a mean over a second, of which some GPUs look at a quarter only (arXiv 2312.02741), so the counter is
// preferred.

#include <fmt/format.h>

#include <array>
#include <memory>
#include <string>
#include <utility>

#include "base/text.hpp"
#include "energy/finders.hpp"
#include "energy/nvml_library.hpp"
#include "energy/nvml_load.hpp"

namespace bantam::energy {
namespace {

constexpr double kOfMilli = 1e-3;
constexpr double kCounterUpdateS = 0.1;
constexpr double kCounterLeastWindowS = 5.0;
constexpr double kPowerUpdateS = 1.0;
constexpr double kPowerLeastWindowS = 30.0;

constexpr std::size_t kNameRoom = 96;

using nvml::Device;
using nvml::kSuccess;
using nvml::Library;
using nvml::Return;

class NvmlSource final : public Source {
 public:
  NvmlSource(SourceFacts facts, const base::Clock& clock, std::shared_ptr<Library> library, Device gpu)
      : Source(std::move(facts), clock), library_(std::move(library)), gpu_(gpu) {}

  std::size_t read(std::span<Reading> into) override {
    const std::int64_t begin = now_ns();
    double value = 0.0;
    Return code = kSuccess;
    if (facts().quantity == Quantity::joules) {
      unsigned long long millijoules = 0;
      code = library_->call.energy(gpu_, &millijoules);
      value = static_cast<double>(millijoules) * kOfMilli;
    } else {
      unsigned milliwatts = 0;
      code = library_->call.power(gpu_, &milliwatts);
      value = static_cast<double>(milliwatts) * kOfMilli;
    }
    return give(into, begin, value, fault_of(code));
  }

 private:
  static Fault fault_of(Return code) {
    if (code == kSuccess) return Fault::none;
    return code == nvml::kGpuIsLost ? Fault::gone : Fault::unreadable;
  }

  std::shared_ptr<Library> library_;
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
             const std::shared_ptr<Library>& library, Found& found) {
  SourceFacts facts = facts_of(gpu, request.roots.nvml_library);
  found.gpus.push_back(nvml::watch_gpu(library, gpu.device, facts.name, gpu.name, clock));
  unsigned long long millijoules = 0;
  unsigned milliwatts = 0;
  if (library->call.energy != nullptr && library->call.energy(gpu.device, &millijoules) == kSuccess) {
    facts.update_period_s = kCounterUpdateS;
    facts.least_window_s = kCounterLeastWindowS;
  } else if (const Return code = library->call.power(gpu.device, &milliwatts); code == kSuccess) {
    facts.grade = device::Grade::c;
    facts.quantity = Quantity::watts;
    facts.unit = "mW";
    facts.update_period_s = kPowerUpdateS;
    facts.least_window_s = kPowerLeastWindowS;
  } else {
    return add_absent(std::move(facts), "it gives neither energy nor power: " + library->reason(code), found);
  }
  if (unsigned limit = 0;
      library->call.limit != nullptr && library->call.limit(gpu.device, &limit) == kSuccess && limit > 0)
    facts.rated_w = static_cast<double>(limit) * kOfMilli;
  found.present.push_back(std::make_unique<NvmlSource>(std::move(facts), clock, library, gpu.device));
}

}  // namespace

void find_nvml(const Request& request, const base::Clock& clock, Found& found) {
  SourceFacts kind = facts_of({}, "");
  kind.name = kind.kind;
  kind.where.clear();
  if (request.roots.nvml_library.empty())
    return add_absent(std::move(kind), "not tried: there is no usr/lib/libnvidia-ml.so.1 below this root",
                      found);
  const auto library = Library::open(request.roots.nvml_library);
  if (!library) return add_absent(std::move(kind), library.error().message, found);
  unsigned count = 0;
  if (const Return code = (*library)->call.count(&count); code != kSuccess)
    return add_absent(std::move(kind), "NVML does not count its GPUs: " + (*library)->reason(code), found);
  std::vector<std::string> known;
  bool any = false;
  for (unsigned index = 0; index < count; ++index) {
    Gpu gpu{index, nullptr, "", ""};
    if (const Return code = (*library)->call.handle(index, &gpu.device); code != kSuccess) {
      add_absent(facts_of(gpu, request.roots.nvml_library), (*library)->reason(code), found);
      continue;
    }
    gpu.name = text_of((*library)->call.device_name, gpu.device);
    gpu.uuid = text_of((*library)->call.uuid, gpu.device);
    known.push_back(fmt::format("{} ({})", index, gpu.uuid));
    if (!is_asked_for(gpu, request.gpu)) continue;
    any = true;
    add_gpu(gpu, request, clock, *library, found);
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
