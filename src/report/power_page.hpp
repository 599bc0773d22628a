#pragma once
// What `bantam device --power` shows: what each source of energy and power gave while nothing was asked of
// the machine, and why others gave nothing. Prints nothing.

#include <cstdint>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "energy/judged.hpp"
#include "energy/source.hpp"
#include "table/render.hpp"

namespace bantam::report {

struct PowerPage {
  std::vector<energy::Judged> judged;
  std::vector<energy::AbsentSource> absent;
  // Of the sampling itself; 0 where there was nothing to sample.
  double window_s = 0.0;
  double rate_hz = 0.0;
  std::int64_t ticks = 0;
  std::int64_t late_ticks = 0;
  double sampler_cpu_s = 0.0;
};

base::Json to_json(const PowerPage& page);
// There is no CSV of it.
std::string power_page(const PowerPage& page, table::Format format, const table::TerminalStyle& style);

}  // namespace bantam::report
