#pragma once
// How many physical cores this process may run on. Knows nothing of frequencies or of what runs there.

#include <filesystem>

namespace bantam::engine {

// Physical cores with at least one CPU in this process's affinity mask; siblings of one core count once.
// Where the topology cannot be read every allowed CPU counts as a core. At least 1.
int physical_cores(const std::filesystem::path& cpu_folder = "/sys/devices/system/cpu");

// CPUs (hardware threads) in this process's affinity mask. At least 1.
int allowed_cpus();

}  // namespace bantam::engine
