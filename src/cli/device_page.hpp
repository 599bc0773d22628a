#pragma once
// What `bantam device` shows.

#include <string>
#include <vector>

#include "base/json.hpp"
#include "device/facts.hpp"
#include "device/sensors.hpp"
#include "run/kernels.hpp"

namespace bantam::cli {

struct DevicePage {
  device::Facts facts;
  std::vector<device::Sensor> sensors;
  base::Json engine;  // engine::engine_facts()
  run::KernelVerdicts kernels;
};

base::Json to_json(const DevicePage& page);
std::string device_table(const DevicePage& page);

}  // namespace bantam::cli
