#include "engine/cores.hpp"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <set>
#include <string>
#include <system_error>
#include <vector>

namespace bantam::engine {
namespace {

// Of a thread, 0 being the calling one. Empty when the mask cannot be read.
std::vector<int> cpus_in_mask(pid_t thread = 0) {
  std::vector<int> cpus;
  cpu_set_t mask;
  CPU_ZERO(&mask);
  if (sched_getaffinity(thread, sizeof mask, &mask) != 0) return cpus;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(static_cast<std::size_t>(cpu), &mask)) cpus.push_back(cpu);
  }
  return cpus;
}

// {0, 1, 2, 5} is "0-2,5"; absent for no CPUs.
std::optional<std::string> list_text(const std::set<int>& cpus) {
  std::string text;
  for (auto begin = cpus.begin(); begin != cpus.end();) {
    auto end = begin;
    int last = *begin;
    while (++end != cpus.end() && *end == last + 1) last = *end;
    text += (text.empty() ? "" : ",") + std::to_string(*begin);
    if (last > *begin) text += "-" + std::to_string(last);
    begin = end;
  }
  if (text.empty()) return std::nullopt;
  return text;
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

std::optional<std::string> cpus_of_first_thread() {
  const std::vector<int> cpus = cpus_in_mask(::getpid());
  return list_text({cpus.begin(), cpus.end()});
}

std::optional<std::string> cpus_of_all_threads(const std::filesystem::path& proc) {
  const std::vector<int> own = cpus_in_mask(::getpid());
  std::set<int> all(own.begin(), own.end());
  std::error_code error;
  for (std::filesystem::directory_iterator task(proc / "self" / "task", error), end; !error && task != end;
       task.increment(error)) {
    const std::vector<int> cpus = cpus_in_mask(std::atoi(task->path().filename().c_str()));
    all.insert(cpus.begin(), cpus.end());
  }
  return list_text(all);
}

}  // namespace bantam::engine
