#pragma once
// How a configuration is put to use: where its file comes from, and llama.cpp's command
// with the settings that it was measured with. Prints nothing.

#include <string>
#include <vector>

#include "analyze/configuration.hpp"

namespace bantam::report {

// The record whose settings, reference and machine stand for the configuration: that of speeds, else any;
// null when it has no cell.
const record::Record* leading_cell(const analyze::Configuration& configuration);

// Whether that record is of a measurement by bantam.
bool is_measured_here(const analyze::Configuration& configuration);

// As one word of a POSIX shell.
std::string shell_word(const std::string& text);

// One command a line: that makes the file, where the precision is not the reference's own, and that serves
// it. Of what was not measured here, that which measures it.
std::vector<std::string> deploy_commands(const analyze::Configuration& configuration);

// The command that measures it again with the usual settings; empty for what was imported, and for the point
// of a sweep.
std::string reproduce_command(const analyze::Configuration& configuration);
// With the settings of each cell: one for all precisions of a reference, and for all cells, that were
// measured with the same.
std::vector<std::string> reproduce_commands(const std::vector<analyze::Configuration>& configurations);

}  // namespace bantam::report
