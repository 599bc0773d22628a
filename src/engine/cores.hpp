#pragma once
// Which CPUs and how many physical cores this process may run on. Knows nothing of frequencies or of what
// runs there.

#include <filesystem>
#include <optional>
#include <string>

namespace bantam::engine {

// Physical cores with at least one CPU in this process's affinity mask; siblings of one core count once.
// Where the topology cannot be read every allowed CPU counts as a core. At least 1.
int physical_cores(const std::filesystem::path& cpu_folder = "/sys/devices/system/cpu");

// CPUs (hardware threads) in this process's affinity mask. At least 1.
int allowed_cpus();

// As a list of the kernel ("0-3,8"): the CPUs that the first thread of this program may use, and those that
// its threads may use, all of them together. Absent when the masks cannot be read.
std::optional<std::string> cpus_of_first_thread();
std::optional<std::string> cpus_of_all_threads(const std::filesystem::path& proc = "/proc");

}  // namespace bantam::engine
