#pragma once
// The readings of a GPU -> how busy it was in one window, and over time. Pure.

#include "energy/gpu_load.hpp"
#include "energy/window_energy.hpp"
#include "record/gpu_load.hpp"

namespace bantam::energy {

// Means are those of the readings in the window. A figure is absent, with the reason, where the GPU does not
// tell it, where one of its readings cannot be, where more than 5 % of them failed, and where there are fewer
// than five readings or a gap of more than five intervals (and of 5 % of the window) between them. The trace
// covers `all`, which contains the window; it is absent without any figure.
record::GpuLoad gpu_load(const GpuReadings& told, const Window& window, const Window& all);

}  // namespace bantam::energy
