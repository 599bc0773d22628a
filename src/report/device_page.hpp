#pragma once
// What `bantam device` shows. Prints nothing.

#include <string>
#include <vector>

#include "base/json.hpp"
#include "device/facts.hpp"
#include "device/sensors.hpp"
#include "run/kernels.hpp"
#include "table/render.hpp"

namespace bantam::report {

struct DevicePage {
  device::Facts facts;
  std::vector<device::Sensor> sensors;  // of energy and power first
  base::Json engine;  // engine::engine_facts()
  run::KernelVerdicts kernels;
};

base::Json to_json(const DevicePage& page);
// There is no CSV of it.
std::string device_page(const DevicePage& page, table::Format format, const table::TerminalStyle& style);

}  // namespace bantam::report
