// Memory, and what of memory and processors this program may use: /proc/meminfo, /sys and the cgroup files.

#include <unistd.h>

#include <algorithm>
#include <string_view>

#include "base/text.hpp"
#include "device/facts_parts.hpp"
#include "device/kernel_files.hpp"

namespace bantam::device {
namespace fs = std::filesystem;
namespace {

std::optional<std::int64_t> meminfo_bytes(std::string_view meminfo, std::string_view key) {
  const auto kibibytes = integer_field(meminfo, key);
  if (!kibibytes) return std::nullopt;
  return *kibibytes * 1024;
}

// The word in brackets of "always [madvise] never".
std::optional<std::string> chosen_word(const std::optional<std::string>& text) {
  if (!text) return std::nullopt;
  const std::size_t open = text->find('[');
  const std::size_t close = text->find(']');
  if (open == std::string::npos || close == std::string::npos || close < open) return std::nullopt;
  return text->substr(open + 1, close - open - 1);
}

std::optional<std::int64_t> count_nodes(const fs::path& root) {
  const auto names = names_in(root / "sys/devices/system/node");
  const auto count = std::ranges::count_if(names, [](const std::string& name) {
    return name.starts_with("node") && base::parse_integer(name.substr(4)).has_value();
  });
  if (count == 0) return std::nullopt;
  return static_cast<std::int64_t>(count);
}

template <typename T>
void keep_smaller(std::optional<T>& kept, const std::optional<T>& other) {
  if (other) kept = std::min(kept.value_or(*other), *other);
}

// A cgroup and its parents up to the controller's mount, innermost first. Inside a container the path may be
// that of the host and lead nowhere: then only the mount itself counts.
std::vector<fs::path> with_parents(const fs::path& mount, std::string_view group) {
  std::vector<fs::path> folders;
  for (fs::path inside = fs::path(group).relative_path(); !inside.empty(); inside = inside.parent_path()) {
    folders.push_back(mount / inside);
  }
  folders.push_back(mount);
  return folders;
}

void read_unified(const fs::path& folder, Limits& limits) {
  keep_smaller(limits.memory_bytes, read_integer(folder / "memory.max"));  // "max" is no integer: no limit
  const auto quota = read_text(folder / "cpu.max");
  if (!quota) return;
  const auto parts = words(*quota);
  if (parts.size() != 2) return;
  const auto allowed = base::parse_number(parts[0]);
  const auto period = base::parse_number(parts[1]);
  if (allowed && period && *period > 0.0) keep_smaller(limits.cpus, std::optional(*allowed / *period));
}

void read_legacy_memory(const fs::path& folder, Limits& limits) {
  constexpr std::int64_t kNoLimit = std::int64_t{1} << 60;  // the kernel writes a number near 2^63 for "none"
  const auto bytes = read_integer(folder / "memory.limit_in_bytes");
  if (bytes && *bytes < kNoLimit) keep_smaller(limits.memory_bytes, bytes);
}

void read_legacy_cpu(const fs::path& folder, Limits& limits) {
  const auto quota = read_integer(folder / "cpu.cfs_quota_us");
  const auto period = read_integer(folder / "cpu.cfs_period_us");
  if (!quota || !period || *quota <= 0 || *period <= 0) return;
  keep_smaller(limits.cpus, std::optional(static_cast<double>(*quota) / static_cast<double>(*period)));
}

// One line of /proc/self/cgroup: number:controllers:path; controllers are empty in cgroup version 2.
void read_group(const fs::path& mounts, std::string_view line, Limits& limits) {
  const auto parts = base::split(line, ':');
  if (parts.size() < 3) return;
  const std::string_view group = line.substr(parts[0].size() + parts[1].size() + 2);
  if (parts[1].empty()) {
    for (const auto& folder : with_parents(mounts, group)) read_unified(folder, limits);
    return;
  }
  for (const std::string& controller : base::split(parts[1], ',')) {
    for (const auto& folder : with_parents(mounts / controller, group)) {
      if (controller == "memory") read_legacy_memory(folder, limits);
      if (controller == "cpu") read_legacy_cpu(folder, limits);
    }
  }
}

}  // namespace

Memory read_memory(const fs::path& root, Absent& absent) {
  const std::string meminfo = read_text(root / "proc/meminfo").value_or("");
  Memory memory;
  memory.total_bytes = meminfo_bytes(meminfo, "MemTotal");
  memory.available_bytes = meminfo_bytes(meminfo, "MemAvailable");
  memory.swap_bytes = meminfo_bytes(meminfo, "SwapTotal");
  memory.page_bytes = ::sysconf(_SC_PAGESIZE);
  memory.huge_page_bytes = meminfo_bytes(meminfo, "Hugepagesize");
  memory.huge_pages = integer_field(meminfo, "HugePages_Total");
  memory.transparent_huge_pages = chosen_word(read_text(root / "sys/kernel/mm/transparent_hugepage/enabled"));
  memory.numa_nodes = count_nodes(root);
  const std::string untold = "/proc/meminfo does not tell";
  note_if_absent(memory.total_bytes, "memory.total_bytes", untold, absent);
  note_if_absent(memory.available_bytes, "memory.available_bytes", untold, absent);
  note_if_absent(memory.swap_bytes, "memory.swap_bytes", untold, absent);
  note_if_absent(memory.huge_page_bytes, "memory.huge_page_bytes", untold, absent);
  note_if_absent(memory.huge_pages, "memory.huge_pages", untold, absent);
  note_if_absent(memory.transparent_huge_pages, "memory.transparent_huge_pages",
                 "the kernel has no transparent huge pages", absent);
  note_if_absent(memory.numa_nodes, "memory.numa_nodes", "no /sys/devices/system/node", absent);
  return memory;
}

Limits read_limits(const fs::path& root, Absent& absent) {
  Limits limits;
  const auto groups = read_text(root / "proc/self/cgroup");
  for (const std::string& line : base::split(groups.value_or(""), '\n')) {
    read_group(root / "sys/fs/cgroup", line, limits);
  }
  limits.allowed_cpus = field(read_text(root / "proc/self/status").value_or(""), "Cpus_allowed_list");
  const std::string none = groups ? "no cgroup limit is set" : "no /proc/self/cgroup";
  note_if_absent(limits.memory_bytes, "limits.memory_bytes", none, absent);
  note_if_absent(limits.cpus, "limits.cpus", none, absent);
  note_if_absent(limits.allowed_cpus, "limits.allowed_cpus", "/proc/self/status does not tell", absent);
  return limits;
}

}  // namespace bantam::device
