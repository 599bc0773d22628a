#pragma once
// What the readings of one sensor say of work and of the idle times around it. Pure.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "energy/figures.hpp"
#include "energy/sampler.hpp"
#include "energy/window_energy.hpp"
#include "record/block_energy.hpp"
#include "record/record.hpp"

namespace bantam::run {

// What ran, by the clock of the sensors.
struct Worked {
  energy::Window window;
  std::int64_t requests = 0;                  // or items
  std::vector<energy::RequestStamps> stamps;  // of each request; none where its phases are not known
  std::string why_no_phases;                  // then
  std::int64_t prompt_tokens = 0;
  std::int64_t output_tokens = 0;
};
// The counted requests of a block, whose times count from `origin_ns`.
Worked worked_in(const std::vector<record::Trial>& trials, std::int64_t origin_ns);

// Before and after the work; absent where nobody idled.
struct IdleTimes {
  std::optional<energy::Window> before;
  std::optional<energy::Window> after;
};

// `trace` is one of the recording's.
record::SourceEnergy source_energy(const energy::Recording& recording, const energy::Trace& trace,
                                   const Worked& worked, const IdleTimes& idle);

// Several of one kind and scope as one, at least one.
record::SourceEnergy sum_of(const std::vector<record::SourceEnergy>& parts);

}  // namespace bantam::run
