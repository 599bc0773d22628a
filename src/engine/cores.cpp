#include "engine/cores.hpp"

#include <sched.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <string>
#include <vector>

namespace bantam::engine {
namespace {

// Empty when the mask cannot be read.
std::vector<int> cpus_in_mask() {
  std::vector<int> cpus;
  cpu_set_t mask;
  CPU_ZERO(&mask);
  if (sched_getaffinity(0, sizeof mask, &mask) != 0) return cpus;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(static_cast<std::size_t>(cpu), &mask)) cpus.push_back(cpu);
  }
  return cpus;
}

std::string first_line(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

}  // namespace

int allowed_cpus() {
  return std::max(1, static_cast<int>(cpus_in_mask().size()));
}

int physical_cores(const std::filesystem::path& cpu_folder) {
  std::set<std::string> cores;
  for (const int cpu : cpus_in_mask()) {
    const std::string name = "cpu" + std::to_string(cpu);
    // The list of the core's siblings ("0,4") names the core.
    const std::string siblings = first_line(cpu_folder / name / "topology" / "thread_siblings_list");
    cores.insert(siblings.empty() ? name : siblings);
  }
  return std::max(1, static_cast<int>(cores.size()));
}

}  // namespace bantam::engine
