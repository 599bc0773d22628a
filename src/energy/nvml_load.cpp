#include "energy/nvml_load.hpp"

#include <limits>
#include <utility>

namespace bantam::energy::nvml {
namespace {

using record::GpuFigure;
using record::kGpuFigures;

constexpr std::size_t at(GpuFigure figure) {
  return static_cast<std::size_t>(figure);
}

class NvmlLoad final : public GpuLoad {
 public:
  NvmlLoad(GpuFacts facts, std::shared_ptr<Library> library, Device gpu, const base::Clock& clock)
      : GpuLoad(std::move(facts)), library_(std::move(library)), gpu_(gpu), clock_(&clock) {}

  GpuReading read() override {
    GpuReading reading;
    for (std::size_t i = 0; i < kGpuFigures; ++i) {
      if (!facts().absent[i].empty()) reading.codes[i] = kGpuNotAsked;
    }
    if (!facts().no_reasons.empty()) reading.reasons_code = kGpuNotAsked;
    const std::int64_t begin_ns = clock_->now_ns();
    ask_utilization(reading);
    ask_clock(reading, GpuFigure::sm_clock, kClockSm);
    ask_clock(reading, GpuFigure::memory_clock, kClockMemory);
    ask_memory(reading);
    ask_temperature(reading);
    ask_reasons(reading);
    reading.time_ns = begin_ns + (clock_->now_ns() - begin_ns) / 2;
    return reading;
  }

  std::string reason(GpuCode code) const override { return library_->reason(code); }

  std::optional<std::int64_t> memory_total() const {
    Memory memory;
    if (library_->call.memory == nullptr || library_->call.memory(gpu_, &memory) != kSuccess ||
        memory.total == 0 || memory.total > static_cast<unsigned long long>(most(GpuFigure::memory_used)))
      return std::nullopt;
    return static_cast<std::int64_t>(memory.total);
  }

 private:
  static double most(GpuFigure figure) { return record::kGpuFigureFacts[at(figure)].most; }
  static bool is_wanted(const GpuReading& reading, GpuFigure figure) {
    return reading.codes[at(figure)] != kGpuNotAsked;
  }

  // UINT_MAX and its like are above what can be.
  static void put(GpuReading& reading, GpuFigure figure, Return code, double value, bool can_be = true) {
    if (!is_wanted(reading, figure)) return;
    reading.codes[at(figure)] = static_cast<GpuCode>(code);
    if (code != kSuccess) return;
    reading.values[at(figure)] = value;
    if (!can_be || value > most(figure)) reading.codes[at(figure)] = kGpuImpossible;
  }

  void ask_utilization(GpuReading& reading) const {
    if (!is_wanted(reading, GpuFigure::utilization) && !is_wanted(reading, GpuFigure::memory_utilization))
      return;
    Utilization used;
    const bool can_ask = library_->call.utilization != nullptr;
    const Return code = can_ask ? library_->call.utilization(gpu_, &used) : kFunctionNotFound;
    put(reading, GpuFigure::utilization, code, used.gpu);
    put(reading, GpuFigure::memory_utilization, code, used.memory);
  }

  void ask_clock(GpuReading& reading, GpuFigure figure, int type) const {
    if (!is_wanted(reading, figure)) return;
    unsigned megahertz = 0;
    const bool can_ask = library_->call.clock != nullptr;
    const Return code = can_ask ? library_->call.clock(gpu_, type, &megahertz) : kFunctionNotFound;
    put(reading, figure, code, megahertz);
  }

  void ask_memory(GpuReading& reading) const {
    if (!is_wanted(reading, GpuFigure::memory_used)) return;
    Memory memory;
    const bool can_ask = library_->call.memory != nullptr;
    const Return code = can_ask ? library_->call.memory(gpu_, &memory) : kFunctionNotFound;
    put(reading, GpuFigure::memory_used, code, static_cast<double>(memory.used), memory.used <= memory.total);
  }

  void ask_temperature(GpuReading& reading) const {
    if (!is_wanted(reading, GpuFigure::temperature)) return;
    unsigned celsius = 0;
    const bool can_ask = library_->call.temperature != nullptr;
    const Return code = can_ask ? library_->call.temperature(gpu_, kSensorGpu, &celsius) : kFunctionNotFound;
    put(reading, GpuFigure::temperature, code, celsius);
  }

  void ask_reasons(GpuReading& reading) const {
    if (reading.reasons_code == kGpuNotAsked) return;
    unsigned long long reasons = 0;
    const bool can_ask = library_->call.clock_reasons != nullptr;
    const Return code = can_ask ? library_->call.clock_reasons(gpu_, &reasons) : kFunctionNotFound;
    reading.reasons_code = static_cast<GpuCode>(code);
    reading.reasons = code == kSuccess ? reasons : 0;
    if (reading.reasons == std::numeric_limits<unsigned long long>::max())
      reading.reasons_code = kGpuImpossible;
  }

  std::shared_ptr<Library> library_;
  Device gpu_;
  const base::Clock* clock_;
};

// A figure that fails for another reason now may be there later.
bool is_for_good(GpuCode code) {
  return code == kNotSupported || code == kFunctionNotFound;
}

}  // namespace

std::unique_ptr<GpuLoad> watch_gpu(std::shared_ptr<Library> library, Device gpu, std::string name,
                                   std::string product, const base::Clock& clock) {
  GpuFacts facts{std::move(name), std::move(product), {}, {}, {}};
  NvmlLoad all(facts, library, gpu, clock);
  const GpuReading first = all.read();
  for (std::size_t i = 0; i < kGpuFigures; ++i) {
    if (is_for_good(first.codes[i])) facts.absent[i] = library->reason(first.codes[i]);
  }
  if (is_for_good(first.reasons_code)) facts.no_reasons = library->reason(first.reasons_code);
  facts.memory_total_bytes = all.memory_total();
  return std::make_unique<NvmlLoad>(std::move(facts), std::move(library), gpu, clock);
}

}  // namespace bantam::energy::nvml
