#pragma once
// What `bantam device --calibrate` shows, and the list of machines that come with bantam. Prints nothing.

#include <string>
#include <vector>

#include "predict/device_rates.hpp"
#include "table/render.hpp"

namespace bantam::report {

// There is no CSV of it. JSON is the file that predictions take.
std::string calibration_page(const predict::DeviceRates& rates, table::Format format,
                             const table::TerminalStyle& style);

// `bantam predict --device list`: JSON has the whole files, by name.
std::string known_devices_page(const std::vector<predict::FoundDevice>& devices, table::Format format,
                               const table::TerminalStyle& style);

}  // namespace bantam::report
