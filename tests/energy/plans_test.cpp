// Whether two cells whose energy is measured in rounds are told apart, by simulation: powers that wander and
// are read as a sensor reads them, plan after plan.

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

#include "energy/world.hpp"
#include "stats/blocks.hpp"

namespace bantam::energy {
namespace {

constexpr int kPlans = 20;
constexpr int kRounds = 10;
constexpr double kBlockS = 6.0;

// The energy of one block of a cell that draws `factor` times what the other does: power wanders slowly with
// the machine (`level`), swings with the requests, and is read ten times per second in steps of 0.1 W.
double block_joules(double factor, double level, std::mt19937& random) {
  std::normal_distribution<double> noise(0.0, 1.0);
  std::uniform_real_distribution<double> phase(0.0, 6.28);
  const double swing = phase(random);
  const double of_process = 1.0 + 0.01 * noise(random);  // another process, another place in memory
  Trace trace;
  trace.facts.scope = Scope::board;
  trace.facts.update_period_s = 0.1;
  double wander = 0.0;
  for (int i = 0; i <= static_cast<int>(kBlockS / 0.1) + 20; ++i) {
    const double time_s = 0.1 * i;
    wander = 0.9 * wander + 0.3 * noise(random);
    const double watts = factor * of_process * level * (20.0 + 2.0 * std::sin(5.0 * time_s + swing)) + wander;
    trace.readings.push_back({SharedClock::ns(time_s), 0.1 * std::round(10.0 * watts), Fault::none});
  }
  const auto energy = energy_between(trace, window_of(1.0, 1.0 + kBlockS), {});
  EXPECT_TRUE(energy) << energy.error().message;
  return energy ? energy->joules : 0.0;
}

bool is_told_apart(double factor, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<double> noise(0.0, 1.0);
  std::vector<double> log_ratios;
  for (int round = 0; round < kRounds; ++round) {
    const double level = 1.0 + 0.005 * round + 0.01 * noise(random);  // the machine warms up
    double own = 0.0;
    double other = 0.0;
    if (round % 2 == 0) {
      own = block_joules(factor, level, random);
      other = block_joules(1.0, level * 1.001, random);
    } else {
      other = block_joules(1.0, level, random);
      own = block_joules(factor, level * 1.001, random);
    }
    log_ratios.push_back(std::log(own / other));
  }
  const auto interval = stats::paired_ratio(log_ratios).interval;
  return interval && stats::is_apart(*interval);
}

TEST(EnergyPlans, CellsThatDifferByFivePercentAreToldApartAndEqualOnesAreNot) {
  int different = 0;
  int equal = 0;
  for (unsigned seed = 0; seed < kPlans; ++seed) {
    different += is_told_apart(1.05, seed) ? 1 : 0;
    equal += is_told_apart(1.0, 1000 + seed) ? 1 : 0;
  }
  EXPECT_GE(different, 19) << "of " << kPlans;
  EXPECT_LE(equal, 1) << "of " << kPlans;
}

}  // namespace
}  // namespace bantam::energy
