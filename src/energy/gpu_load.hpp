#pragma once
// The one interface by which a GPU is asked how busy it is: its figures beside energy and power. Knows
// nothing of what readings are used for.

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "record/gpu_load.hpp"

namespace bantam::energy {

struct GpuFacts {
  std::string name;     // "nvml:0", as the source of its energy
  std::string product;  // printable
  std::optional<std::int64_t> memory_total_bytes;
  std::array<std::string, record::kGpuFigures> absent;  // why a figure cannot be had; empty: it can
  std::string no_reasons;                               // why it does not tell what holds its clocks down
};

// Why a figure of a reading has no value: one of these, or the library's own code.
using GpuCode = std::int16_t;
inline constexpr GpuCode kGpuGood = 0;
inline constexpr GpuCode kGpuNotAsked = -1;    // GpuFacts::absent
inline constexpr GpuCode kGpuImpossible = -2;  // the value is there, and cannot be

struct GpuReading {
  std::int64_t time_ns = 0;
  std::array<double, record::kGpuFigures> values{};  // in the units of record::kGpuFigureFacts
  std::array<GpuCode, record::kGpuFigures> codes{};
  std::uint64_t reasons = 0;  // bits, as NVML has them
  GpuCode reasons_code = kGpuGood;
};

class GpuLoad {
 public:
  virtual ~GpuLoad() = default;
  GpuLoad(const GpuLoad&) = delete;
  GpuLoad& operator=(const GpuLoad&) = delete;

  const GpuFacts& facts() const { return facts_; }
  // Asks for all that facts() does not call absent. Returns within about a second and allocates nothing. One
  // thread at a time.
  virtual GpuReading read() = 0;
  // What a code of the library means: "Not Supported". Printable.
  virtual std::string reason(GpuCode code) const = 0;

 protected:
  explicit GpuLoad(GpuFacts facts) : facts_(std::move(facts)) {}

 private:
  GpuFacts facts_;
};

// The readings of one GPU, in the order of time.
struct GpuReadings {
  GpuFacts facts;
  std::vector<GpuReading> readings;
  double interval_s = 0.2;                // between two readings, as was asked for
  std::map<GpuCode, std::string> faults;  // of the library's codes among them
};

}  // namespace bantam::energy
