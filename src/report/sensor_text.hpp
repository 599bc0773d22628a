#pragma once
// What a figure of energy was measured by, in words.

#include <optional>
#include <string>

#include "analyze/configuration.hpp"
#include "record/record.hpp"

namespace bantam::report {

// "intel-rapl:package-0 (package, grade B)"; of another tool's figures "of slim-eval, not told". Absent where
// the record tells neither. Not escaped.
std::optional<std::string> sensor_text(const record::Record& record);
// Of its energy cell.
std::optional<std::string> sensor_text(const analyze::Configuration& configuration);

}  // namespace bantam::report
