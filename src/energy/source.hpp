#pragma once
// The one interface of all sensors of energy and power. Knows nothing of what readings are used for.

#include <cstddef>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "energy/gpu_load.hpp"
#include "energy/reading.hpp"

namespace bantam::energy {

class Source {
 public:
  virtual ~Source() = default;
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;

  const SourceFacts& facts() const { return facts_; }

  // Puts what is new since the last call into `into`, which has room for at least one, oldest first, and
  // returns how many there are. A sensor of this machine gives one a call; a meter that writes by itself may
  // give none, or several. Returns within about a second. Allocates nothing, unless it starts a program.
  // One thread at a time.
  virtual std::size_t read(std::span<Reading> into) = 0;

 protected:
  // The clock must outlive the source.
  Source(SourceFacts facts, const base::Clock& clock) : facts_(std::move(facts)), clock_(&clock) {}

  std::int64_t now_ns() const { return clock_->now_ns(); }
  // The one reading of a call, between whose begin and now the sensor was asked.
  std::size_t give(std::span<Reading> into, std::int64_t begin_ns, double value, Fault fault) const {
    const std::int64_t middle_ns = begin_ns + (now_ns() - begin_ns) / 2;
    into[0] = {middle_ns, fault == Fault::none ? value : 0.0, fault};
    return 1;
  }

 private:
  SourceFacts facts_;
  const base::Clock* clock_;
};

// A kind that this machine has no sensor of, or one that cannot be used.
struct AbsentSource {
  std::string kind;
  std::string name;      // the kind again, where there is no sensor
  std::string measures;  // "energy" or "power"
  std::string unit;
  device::Grade grade = device::Grade::c;
  std::string where;   // empty where there is none
  std::string reason;  // never empty
};

struct Found {
  std::vector<std::unique_ptr<Source>> present;
  std::vector<AbsentSource> absent;
  std::vector<std::unique_ptr<GpuLoad>> gpus;  // how busy each GPU is, also of those that tell no energy
};

}  // namespace bantam::energy
