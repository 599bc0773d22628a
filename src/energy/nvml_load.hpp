#pragma once
// How busy an NVIDIA GPU is, by NVML.

#include <memory>
#include <string>

#include "base/clock.hpp"
#include "energy/gpu_load.hpp"
#include "energy/nvml_library.hpp"

namespace bantam::energy::nvml {

// Asks for each figure once, to know which ones there are. The clock must outlive it.
std::unique_ptr<GpuLoad> watch_gpu(std::shared_ptr<Library> library, Device gpu, std::string name,
                                   std::string product, const base::Clock& clock);

}  // namespace bantam::energy::nvml
