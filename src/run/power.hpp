#pragma once
// The sensors of energy and power that a run reads, and what they say of one block: its worker measures, the
// sensors are read beside it, and the machine is left idle before and after.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "energy/find.hpp"
#include "energy/sampler.hpp"
#include "plan/plan.hpp"
#include "record/block_energy.hpp"
#include "run/source_energy.hpp"

namespace bantam::run {

// Of one run: found once, read by one block after the other.
struct Power {
  base::MonotonicClock clock;  // by which the sources stamp their readings
  energy::Request request;
  energy::Found found;
  std::vector<std::size_t> headline;       // places in found.present; empty: no sensor can be read
  std::optional<double> carbon_g_per_kwh;  // as record::BlockEnergy has them
  std::optional<double> battery_wh;
};

// usage for sensors and meters that are named and not there.
base::Result<std::shared_ptr<Power>> find_power(const plan::Plan& plan);

// "no sensor of energy or power can be read here"; absent where one can.
std::optional<std::string> no_power(const Power& power);

// Sleeps, but for signals. Errors: interrupted.
using Wait = std::function<base::Status(double seconds)>;

class BlockPower {
 public:
  // Starts to read the sensors; the machine idles until it returns. `power` must outlive it. Errors: those of
  // the sampler and of `wait`.
  static base::Result<std::unique_ptr<BlockPower>> begin(const Power& power,
                                                         const plan::EnergySettings& settings,
                                                         const Wait& wait);

  // The worker is about to be started.
  void work_begins();
  // It is gone: lets the machine idle and stops reading. Errors: those of `wait`.
  base::Result<record::BlockEnergy> end(const Worked& worked, const Wait& wait);

 private:
  BlockPower(const Power& power, const plan::EnergySettings& settings, energy::Sampler sampler);

  const Power* power_;
  const plan::EnergySettings* settings_;
  energy::Sampler sampler_;
  std::int64_t begin_ns_ = 0;
  std::int64_t work_begins_ns_ = 0;
};

}  // namespace bantam::run
