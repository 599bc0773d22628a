#pragma once
// One function a kind of source: adds what is there, or why nothing is. Each is in the file of its name.

#include "base/clock.hpp"
#include "base/result.hpp"
#include "energy/find.hpp"
#include "energy/source.hpp"

namespace bantam::energy {

// RAPL by powercap: a counter for each package, its parts, its memory and the platform (psys). Where a zone
// is there twice (intel-rapl and intel-rapl-mmio) the first one counts.
void find_rapl(const Request& request, const base::Clock& clock, Found& found);

// NVIDIA GPUs: the energy counter where the GPU has one, else its power; and how busy each of them is.
void find_nvml(const Request& request, const base::Clock& clock, Found& found);

// Power monitors of Linux: INA3221 (the total rail of a Jetson by its label), INA2xx, ACPI power meters,
// amdgpu, and the energy counters of Intel GPUs.
void find_hwmon(const Request& request, const base::Clock& clock, Found& found);

// The power chip of a Raspberry Pi 5: the sum of voltage times current over its rails.
void find_pmic(const Request& request, const base::Clock& clock, Found& found);

// Batteries of Linux and Android: what the gauge says is left, and the present power.
void find_batteries(const Request& request, const base::Clock& clock, Found& found);

// The external meter that was named. usage where it can be none; of an address as find_http_meter().
base::Status find_meter(const Request& request, const base::Clock& clock, Found& found);

// The estimate that was asked for. usage where the power is not above 0.
base::Status find_tdp(const Request& request, const base::Clock& clock, Found& found);

}  // namespace bantam::energy
