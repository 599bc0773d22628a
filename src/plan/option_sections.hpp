#pragma once
// The parts of the table of options that stand in files of their own; each appends its options in the order
// of --help.

#include <vector>

namespace bantam::plan {

struct OptionEntry;

void add_performance(std::vector<OptionEntry>& all);
void add_energy(std::vector<OptionEntry>& all);
void add_load(std::vector<OptionEntry>& all);
void add_served(std::vector<OptionEntry>& all);
void add_tracking(std::vector<OptionEntry>& all);

}  // namespace bantam::plan
