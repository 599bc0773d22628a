#pragma once
// A thread that reads sensors at a steady rate while others work. All room is made before it starts: while it
// samples it allocates nothing and does no other input and output than a sensor's own reading. Knows nothing
// of what is measured.

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "energy/gpu_load.hpp"
#include "energy/source.hpp"
#include "energy/supply.hpp"

namespace bantam::energy {

struct SamplerSettings {
  double rate_hz = 10.0;   // up to 1000
  double kept_s = 3600.0;  // how far back readings are kept; older ones are overwritten
};

struct Recording {
  std::vector<Trace> traces;      // one a source, in their order
  std::vector<GpuReadings> gpus;  // one a GPU, in their order
  std::vector<SupplyChange> supply;
  std::int64_t from_ns = 0;
  std::int64_t to_ns = 0;
  std::int64_t ticks = 0;
  std::int64_t late_ticks = 0;  // left out, since the ones before took too long
  double cpu_s = 0.0;           // that the sampling thread took; without programs that a sensor starts
};

class Sampler {
 public:
  // Reads each source once before it returns, so that what follows is covered from its begin. GPUs are asked
  // five times per second at most. The sources, GPUs and the clock must outlive the sampler, and nobody else
  // reads them meanwhile. usage for a rate or time that
  // cannot be meant, environment when there is no thread or memory to be had.
  static base::Result<Sampler> start(const std::vector<std::unique_ptr<Source>>& sources, SupplyWatch supply,
                                     const base::Clock& clock, const SamplerSettings& settings = {},
                                     std::span<const std::unique_ptr<GpuLoad>> gpus = {});
  ~Sampler();
  Sampler(Sampler&&) noexcept;
  Sampler& operator=(Sampler&&) = delete;

  // Reads each source once more and ends. Once.
  Recording stop();

 private:
  class Loop;
  explicit Sampler(std::unique_ptr<Loop> loop);
  std::unique_ptr<Loop> loop_;
};

}  // namespace bantam::energy
