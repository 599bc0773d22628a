#pragma once
// How lm-evaluation-harness 0.4.13 names models, folders and files. Pure functions; know nothing of results.

#include <string>
#include <string_view>

#include "analyze/configuration.hpp"

namespace bantam::exchange {

// lm-eval's model_name: "MODEL/PRECISION".
std::string model_name_of(const analyze::Configuration& configuration);

// lm-eval's sanitize_model_name: runs of "<>:/|\?*[] become "__". What is left is no path; a name of dots
// alone becomes "__".
std::string sanitized(std::string_view name);

// "2026-01-31T12-00-00.000000" of a time stamp, as in lm-eval's file names.
std::string file_date(std::string_view utc_timestamp);

}  // namespace bantam::exchange
