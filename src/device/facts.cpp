#include "device/facts.hpp"

#include <fmt/format.h>
#include <gnu/libc-version.h>
#include <sys/statvfs.h>
#include <sys/utsname.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <set>
#include <string_view>
#include <tuple>
#include <utility>

#include "base/hash.hpp"
#include "base/text.hpp"
#include "device/kernel_files.hpp"

namespace bantam::device {

namespace {

namespace fs = std::filesystem;

// What could not be found, and why.
using Absent = std::map<std::string, std::string>;

template <typename T>
void note_if_absent(const std::optional<T>& value, const char* fact, const std::string& reason,
                    Absent& absent) {
  if (!value) absent[fact] = reason;
}

base::Json to_json(const Cpu& cpu) {
  base::Json json = base::Json::object();
  base::set_if(json, "model", cpu.model);
  base::set_if(json, "vendor", cpu.vendor);
  json["architecture"] = cpu.architecture;
  base::set_if(json, "sockets", cpu.sockets);
  base::set_if(json, "physical_cores", cpu.physical_cores);
  base::set_if(json, "logical_cpus", cpu.logical_cpus);
  base::Json caches = base::Json::array();
  for (const Cache& cache : cpu.caches) {
    caches.push_back({{"name", cache.name}, {"bytes", cache.bytes}, {"count", cache.count}});
  }
  json["caches"] = std::move(caches);
  json["features"] = cpu.features;
  base::set_if(json, "min_hz", cpu.min_hz);
  base::set_if(json, "base_hz", cpu.base_hz);
  base::set_if(json, "max_hz", cpu.max_hz);
  base::set_if(json, "governor", cpu.governor);
  base::set_if(json, "virtualized", cpu.virtualized);
  return json;
}

base::Json to_json(const Memory& memory) {
  base::Json json = base::Json::object();
  base::set_if(json, "total_bytes", memory.total_bytes);
  base::set_if(json, "available_bytes", memory.available_bytes);
  base::set_if(json, "swap_bytes", memory.swap_bytes);
  json["page_bytes"] = memory.page_bytes;
  base::set_if(json, "huge_page_bytes", memory.huge_page_bytes);
  base::set_if(json, "huge_pages", memory.huge_pages);
  base::set_if(json, "transparent_huge_pages", memory.transparent_huge_pages);
  base::set_if(json, "numa_nodes", memory.numa_nodes);
  return json;
}

base::Json to_json(const System& system) {
  base::Json json = base::Json::object();
  base::set_if(json, "board", system.board);
  base::set_if(json, "os", system.os);
  base::set_if(json, "kernel", system.kernel);
  base::set_if(json, "libc", system.libc);
  base::set_if(json, "machine_hash", system.machine_hash);
  return json;
}

base::Json to_json(const Limits& limits) {
  base::Json json = base::Json::object();
  base::set_if(json, "memory_bytes", limits.memory_bytes);
  base::set_if(json, "cpus", limits.cpus);
  base::set_if(json, "allowed_cpus", limits.allowed_cpus);
  return json;
}

base::Json to_json(const Disk& disk) {
  base::Json json = base::Json::object();
  base::set_if(json, "file_system", disk.file_system);
  base::set_if(json, "source", disk.source);
  base::set_if(json, "model", disk.model);
  base::set_if(json, "rotational", disk.rotational);
  base::set_if(json, "total_bytes", disk.total_bytes);
  base::set_if(json, "free_bytes", disk.free_bytes);
  return json;
}

base::Json to_json(const Accelerator& accelerator) {
  base::Json json = {{"name", accelerator.name}};
  base::set_if(json, "driver", accelerator.driver);
  base::set_if(json, "bus", accelerator.bus);
  return json;
}

std::string text_or_unknown(const std::optional<std::int64_t>& value) {
  return value ? fmt::format("{}", *value) : "unknown";
}

// The processor: /proc/cpuinfo and /sys/devices/system/cpu.

// Kernel's word -> ours, of the features that matrix kernels are chosen by.
constexpr auto kFeatures = std::to_array<std::pair<std::string_view, std::string_view>>({
    {"sse4_2", "sse4_2"},
    {"avx", "avx"},
    {"f16c", "f16c"},
    {"fma", "fma"},
    {"avx2", "avx2"},
    {"avx_vnni", "avx_vnni"},
    {"avx512f", "avx512f"},
    {"avx512bw", "avx512bw"},
    {"avx512vl", "avx512vl"},
    {"avx512vbmi", "avx512vbmi"},
    {"avx512_vnni", "avx512_vnni"},
    {"avx512_bf16", "avx512_bf16"},
    {"avx512_fp16", "avx512_fp16"},
    {"amx_tile", "amx_tile"},
    {"amx_int8", "amx_int8"},
    {"amx_bf16", "amx_bf16"},
    {"neon", "neon"},
    {"asimd", "neon"},
    {"asimdhp", "fp16"},
    {"asimddp", "dotprod"},
    {"i8mm", "i8mm"},
    {"bf16", "bf16"},
    {"sve", "sve"},
    {"sve2", "sve2"},
    {"sme", "sme"},
    {"v", "rvv"},
});

// Arm's part numbers (implementer 0x41) that edge boards and servers carry.
constexpr auto kArmParts = std::to_array<std::pair<std::string_view, std::string_view>>({
    {"0xd03", "Cortex-A53"},   {"0xd04", "Cortex-A35"},  {"0xd05", "Cortex-A55"},  {"0xd07", "Cortex-A57"},
    {"0xd08", "Cortex-A72"},   {"0xd09", "Cortex-A73"},  {"0xd0a", "Cortex-A75"},  {"0xd0b", "Cortex-A76"},
    {"0xd0c", "Neoverse-N1"},  {"0xd0d", "Cortex-A77"},  {"0xd40", "Neoverse-V1"}, {"0xd41", "Cortex-A78"},
    {"0xd42", "Cortex-A78AE"}, {"0xd44", "Cortex-X1"},   {"0xd46", "Cortex-A510"}, {"0xd47", "Cortex-A710"},
    {"0xd48", "Cortex-X2"},    {"0xd49", "Neoverse-N2"}, {"0xd4d", "Cortex-A715"}, {"0xd4e", "Cortex-X3"},
    {"0xd4f", "Neoverse-V2"},  {"0xd80", "Cortex-A520"}, {"0xd81", "Cortex-A720"}, {"0xd82", "Cortex-X4"},
});

// "Cortex-A76" or, on big.LITTLE, "Cortex-A76 + Cortex-A55"; absent when cpuinfo names no part that we know.
std::optional<std::string> arm_model(std::string_view cpuinfo) {
  if (field(cpuinfo, "CPU implementer") != "0x41") return std::nullopt;
  std::vector<std::string> cores;
  for (const std::string& line : base::split(cpuinfo, '\n')) {
    const auto part = field(line, "CPU part");
    if (!part) continue;
    const auto known =
        std::ranges::find(kArmParts, *part, &std::pair<std::string_view, std::string_view>::first);
    const std::string core =
        known == kArmParts.end() ? fmt::format("Arm part {}", *part) : std::string(known->second);
    if (std::ranges::find(cores, core) == cores.end()) cores.push_back(core);
  }
  if (cores.empty()) return std::nullopt;
  return base::join(cores, " + ");
}

std::vector<std::string> features_in(std::string_view cpuinfo) {
  std::string listed = field(cpuinfo, "flags").value_or("");
  if (listed.empty()) listed = field(cpuinfo, "Features").value_or("");
  const auto present = words(listed);
  std::vector<std::string> features;
  for (const auto& [kernel_name, name] : kFeatures) {
    if (std::ranges::find(present, kernel_name) == present.end()) continue;
    if (std::ranges::find(features, name) == features.end()) features.emplace_back(name);
  }
  return features;
}

std::vector<fs::path> online_cpu_folders(const fs::path& root) {
  const fs::path folder = root / "sys/devices/system/cpu";
  std::vector<fs::path> folders;
  for (const int cpu :
       parse_cpu_list(read_text(folder / "online").value_or("")).value_or(std::vector<int>())) {
    folders.push_back(folder / fmt::format("cpu{}", cpu));
  }
  return folders;
}

void count_cores(const std::vector<fs::path>& folders, Cpu& cpu) {
  std::set<std::int64_t> packages;
  std::set<std::pair<std::int64_t, std::int64_t>> cores;
  for (const fs::path& folder : folders) {
    const auto package = read_integer(folder / "topology/physical_package_id");
    const auto core = read_integer(folder / "topology/core_id");
    if (!package || !core) return;
    packages.insert(*package);
    cores.insert({*package, *core});
  }
  if (folders.empty()) return;
  cpu.sockets = static_cast<std::int64_t>(packages.size());
  cpu.physical_cores = static_cast<std::int64_t>(cores.size());
}

// "48K", "2048K", "260M".
std::optional<std::int64_t> parse_cache_size(std::string_view text) {
  if (text.empty()) return std::nullopt;
  const std::int64_t unit = text.back() == 'K' ? 1024 : text.back() == 'M' ? 1024 * 1024 : 1;
  if (unit != 1) text.remove_suffix(1);
  const auto number = base::parse_integer(text);
  if (!number) return std::nullopt;
  return *number * unit;
}

// Instances are told apart by the CPUs that share them; those of one name are taken to be of one size.
std::vector<Cache> read_caches(const std::vector<fs::path>& folders) {
  std::vector<Cache> caches;
  std::set<std::tuple<std::string, std::string>> seen;
  for (const fs::path& folder : folders) {
    for (const std::string& index : names_in(folder / "cache")) {
      if (!index.starts_with("index")) continue;
      const auto level = read_text(folder / "cache" / index / "level");
      const auto bytes = parse_cache_size(read_text(folder / "cache" / index / "size").value_or(""));
      const std::string type = read_text(folder / "cache" / index / "type").value_or("");
      if (!level || !bytes) continue;
      const std::string suffix = type == "Data" ? "d" : type == "Instruction" ? "i" : "";
      const std::string name = fmt::format("L{}{}", *level, suffix);
      const auto sharers = read_text(folder / "cache" / index / "shared_cpu_list").value_or(folder.string());
      if (!seen.insert({name, sharers}).second) continue;
      const auto known = std::ranges::find(caches, name, &Cache::name);
      if (known != caches.end()) {
        ++known->count;
      } else {
        caches.push_back({name, *bytes, 1});
      }
    }
  }
  return caches;
}

// Kilohertz in the files. Over all CPUs, as big and little cores differ.
void read_frequencies(const std::vector<fs::path>& folders, Cpu& cpu) {
  const auto take = [](std::optional<double>& kept, const std::optional<std::int64_t>& kilohertz,
                       auto better) {
    if (!kilohertz) return;
    const double hertz = static_cast<double>(*kilohertz) * 1000.0;
    kept = kept ? better(*kept, hertz) : hertz;
  };
  const auto higher = [](double a, double b) { return std::max(a, b); };
  const auto lower = [](double a, double b) { return std::min(a, b); };
  for (const fs::path& folder : folders) {
    take(cpu.min_hz, read_integer(folder / "cpufreq/cpuinfo_min_freq"), lower);
    take(cpu.base_hz, read_integer(folder / "cpufreq/base_frequency"), higher);
    take(cpu.max_hz, read_integer(folder / "cpufreq/cpuinfo_max_freq"), higher);
    if (!cpu.governor) cpu.governor = read_text(folder / "cpufreq/scaling_governor");
  }
}

std::optional<bool> shows_hypervisor(const fs::path& root, std::string_view cpuinfo) {
  if (const auto flags = field(cpuinfo, "flags")) {
    const auto listed = words(*flags);
    return std::ranges::find(listed, "hypervisor") != listed.end();
  }
  if (read_text(root / "sys/hypervisor/type")) return true;
  if (read_text(root / "proc/device-tree/hypervisor/compatible")) return true;
  return std::nullopt;
}

Cpu read_cpu(const fs::path& root, Absent& absent) {
  const std::string cpuinfo = read_text(root / "proc/cpuinfo").value_or("");
  const auto folders = online_cpu_folders(root);
  Cpu cpu;
  utsname names{};
  if (::uname(&names) == 0) cpu.architecture = names.machine;
  cpu.model = field(cpuinfo, "model name");
  if (!cpu.model) cpu.model = arm_model(cpuinfo);
  cpu.vendor = field(cpuinfo, "vendor_id");
  if (!cpu.vendor && field(cpuinfo, "CPU implementer") == "0x41") cpu.vendor = "Arm";
  if (!folders.empty()) cpu.logical_cpus = static_cast<std::int64_t>(folders.size());
  count_cores(folders, cpu);
  cpu.caches = read_caches(folders);
  cpu.features = features_in(cpuinfo);
  read_frequencies(folders, cpu);
  cpu.virtualized = shows_hypervisor(root, cpuinfo);
  note_if_absent(cpu.model, "cpu.model", "/proc/cpuinfo names none", absent);
  note_if_absent(cpu.vendor, "cpu.vendor", "/proc/cpuinfo names none", absent);
  note_if_absent(cpu.logical_cpus, "cpu.logical_cpus", "no /sys/devices/system/cpu/online", absent);
  note_if_absent(cpu.physical_cores, "cpu.physical_cores", "no topology under /sys/devices/system/cpu",
                 absent);
  note_if_absent(cpu.sockets, "cpu.sockets", "no topology under /sys/devices/system/cpu", absent);
  const std::string no_cpufreq = "no cpufreq under /sys/devices/system/cpu (common in virtual machines)";
  note_if_absent(cpu.min_hz, "cpu.min_hz", no_cpufreq, absent);
  note_if_absent(cpu.max_hz, "cpu.max_hz", no_cpufreq, absent);
  note_if_absent(cpu.governor, "cpu.governor", no_cpufreq, absent);
  note_if_absent(cpu.base_hz, "cpu.base_hz", cpu.max_hz ? "the cpufreq driver does not tell" : no_cpufreq,
                 absent);
  note_if_absent(cpu.virtualized, "cpu.virtualized", "this architecture has no sign of it", absent);
  if (cpu.caches.empty()) absent["cpu.caches"] = "no cache folders under /sys/devices/system/cpu";
  return cpu;
}

// Memory, and what of memory and processors this program may use: /proc/meminfo, /sys and the cgroup files.

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

// Board, operating system, disk and accelerators: /etc, /proc and /sys.

// Device tree texts end with a zero byte.
std::optional<std::string> without_zero_bytes(std::optional<std::string> text) {
  if (text) std::erase(*text, '\0');
  return text;
}

// The value of NAME="value" in /etc/os-release.
std::optional<std::string> os_release_value(std::string_view content, std::string_view name) {
  for (const std::string& line : base::split(content, '\n')) {
    if (!line.starts_with(name) || line.substr(name.size(), 1) != "=") continue;
    std::string value = line.substr(name.size() + 1);
    std::erase(value, '"');
    return value;
  }
  return std::nullopt;
}

// Neither the machine id nor the host name leaves the machine: only this hash does.
std::optional<std::string> hash_of_machine(const fs::path& root) {
  for (const char* file : {"etc/machine-id", "proc/sys/kernel/hostname"}) {
    const auto content = read_text(root / file);
    if (content && !content->empty()) return base::sha256("bantam machine " + *content).substr(0, 16);
  }
  return std::nullopt;
}

struct Mount {
  std::string device;  // "major:minor"
  std::string point;
  std::string file_system;
  std::string source;
};

// One line of mountinfo: id parent major:minor root point options [tags...] - type source options.
std::optional<Mount> parse_mount(std::string_view line) {
  const auto columns = words(line);
  const auto dash = std::ranges::find(columns, "-");
  if (columns.size() < 6 || columns.end() - dash < 3) return std::nullopt;
  return Mount{std::string(columns[2]), base::replace_all(std::string(columns[4]), "\\040", " "),
               std::string(*(dash + 1)), std::string(*(dash + 2))};
}

bool is_below(const fs::path& path, const fs::path& folder) {
  const auto [end, unused] = std::mismatch(folder.begin(), folder.end(), path.begin(), path.end());
  return end == folder.end();
}

// The mount that holds `path`: the deepest mount point above it, the last one of equals.
std::optional<Mount> find_mount(const fs::path& path, const fs::path& root) {
  std::optional<Mount> best;
  for (const std::string& line : base::split(read_text(root / "proc/self/mountinfo").value_or(""), '\n')) {
    auto mount = parse_mount(line);
    if (!mount || !is_below(path, mount->point)) continue;
    if (!best || mount->point.size() >= best->point.size()) best = std::move(mount);
  }
  return best;
}

// What the block device of a mount tells; a partition's queue and model are its parent's.
void read_block_device(const fs::path& root, const std::string& device, Disk& disk) {
  const fs::path folder = root / "sys/dev/block" / device;
  for (const fs::path& owner : {folder, folder / ".."}) {
    if (!disk.rotational) {
      if (const auto flag = read_integer(owner / "queue/rotational")) disk.rotational = *flag != 0;
    }
    if (!disk.model) disk.model = read_text(owner / "device/model");
  }
}

std::optional<std::string> uevent_value(const fs::path& device, std::string_view name) {
  for (const std::string& line : base::split(read_text(device / "uevent").value_or(""), '\n')) {
    if (line.starts_with(name) && line.substr(name.size(), 1) == "=") return line.substr(name.size() + 1);
  }
  return std::nullopt;
}

// NVIDIA's own driver, which may be there without a display device.
void read_nvidia(const fs::path& root, std::vector<Accelerator>& found) {
  const fs::path folder = root / "proc/driver/nvidia/gpus";
  for (const std::string& bus : names_in(folder)) {
    const auto model = field(read_text(folder / bus / "information").value_or(""), "Model");
    found.push_back({model.value_or("NVIDIA GPU"), "nvidia", bus});
  }
}

// Display and compute devices of the kernel: card0, card1 (not card0-HDMI-A-1), accel0.
void read_class(const fs::path& folder, std::string_view prefix, std::vector<Accelerator>& found) {
  for (const std::string& name : names_in(folder)) {
    if (!name.starts_with(prefix) || !base::parse_integer(name.substr(prefix.size()))) continue;
    const fs::path device = folder / name / "device";
    const auto bus = uevent_value(device, "PCI_SLOT_NAME");
    const bool known = bus && std::ranges::find(found, bus, &Accelerator::bus) != found.end();
    if (known) continue;
    const auto vendor = read_text(device / "vendor");
    const auto model = read_text(device / "device");
    const auto compatible = uevent_value(device, "OF_COMPATIBLE_0");
    const std::string title =
        vendor && model ? fmt::format("PCI {}:{}", *vendor, *model) : compatible.value_or(name);
    found.push_back({title, uevent_value(device, "DRIVER"), bus});
  }
}

System read_system(const fs::path& root, Absent& absent) {
  System system;
  system.board = without_zero_bytes(read_text(root / "proc/device-tree/model"));
  if (!system.board) system.board = read_text(root / "sys/class/dmi/id/product_name");
  system.os = os_release_value(read_text(root / "etc/os-release").value_or(""), "PRETTY_NAME");
  system.kernel = read_text(root / "proc/sys/kernel/osrelease");
#if defined(__GLIBC__)
  system.libc = fmt::format("glibc {}", ::gnu_get_libc_version());
#endif
  system.machine_hash = hash_of_machine(root);
  note_if_absent(system.board, "system.board", "neither a device tree nor DMI names one", absent);
  note_if_absent(system.os, "system.os", "no PRETTY_NAME in /etc/os-release", absent);
  note_if_absent(system.kernel, "system.kernel", "no /proc/sys/kernel/osrelease", absent);
  note_if_absent(system.libc, "system.libc", "the C library does not tell its version", absent);
  note_if_absent(system.machine_hash, "system.machine_hash", "no machine id and no host name", absent);
  return system;
}

Disk read_disk(const fs::path& storage_path, const fs::path& root, Absent& absent) {
  Disk disk;
  std::error_code error;
  const fs::path path = fs::weakly_canonical(storage_path, error);
  disk.path = (error ? storage_path : path).string();
  if (const auto mount = find_mount(disk.path, root)) {
    disk.file_system = mount->file_system;
    disk.source = mount->source;
    read_block_device(root, mount->device, disk);
  }
  struct statvfs space {};
  if (::statvfs(disk.path.c_str(), &space) == 0) {
    disk.total_bytes = static_cast<std::int64_t>(space.f_blocks * space.f_frsize);
    disk.free_bytes = static_cast<std::int64_t>(space.f_bavail * space.f_frsize);
  }
  note_if_absent(disk.file_system, "disk.file_system", "no mount holds the path", absent);
  note_if_absent(disk.source, "disk.source", "no mount holds the path", absent);
  note_if_absent(disk.model, "disk.model", "the block device names none", absent);
  note_if_absent(disk.rotational, "disk.rotational", "no block device behind the path", absent);
  note_if_absent(disk.total_bytes, "disk.total_bytes", "the file system does not tell", absent);
  note_if_absent(disk.free_bytes, "disk.free_bytes", "the file system does not tell", absent);
  return disk;
}

std::vector<Accelerator> read_accelerators(const fs::path& root, Absent& absent) {
  std::vector<Accelerator> found;
  read_nvidia(root, found);
  read_class(root / "sys/class/drm", "card", found);
  read_class(root / "sys/class/accel", "accel", found);
  if (found.empty()) {
    absent["accelerators"] = "no device in /sys/class/drm, /sys/class/accel or /proc/driver/nvidia/gpus";
  }
  return found;
}

}  // namespace

Facts read_facts(const std::filesystem::path& storage_path, const std::filesystem::path& root) {
  Facts facts;
  facts.cpu = read_cpu(root, facts.absent);
  facts.memory = read_memory(root, facts.absent);
  facts.system = read_system(root, facts.absent);
  facts.limits = read_limits(root, facts.absent);
  facts.power = read_power_mode(root, facts.absent);
  facts.disk = read_disk(storage_path, root, facts.absent);
  facts.accelerators = read_accelerators(root, facts.absent);
  return facts;
}

base::Json to_json(const Facts& facts) {
  base::Json accelerators = base::Json::array();
  for (const Accelerator& accelerator : facts.accelerators) accelerators.push_back(to_json(accelerator));
  return {{"identity", identity(facts)},     {"cpu", to_json(facts.cpu)},
          {"memory", to_json(facts.memory)}, {"system", to_json(facts.system)},
          {"limits", to_json(facts.limits)}, {"power", to_json(facts.power)},
          {"disk", to_json(facts.disk)},     {"accelerators", std::move(accelerators)},
          {"absent", facts.absent}};
}

std::string identity(const Facts& facts) {
  constexpr double kGibibyte = 1024.0 * 1024.0 * 1024.0;
  const std::string gibibytes =
      facts.memory.total_bytes
          ? fmt::format("{:.0f}", static_cast<double>(*facts.memory.total_bytes) / kGibibyte)
          : "unknown";
  const std::string content =
      fmt::format("{}\n{}\n{}\n{}\n{}\n{}", facts.cpu.model.value_or("unknown"), facts.cpu.architecture,
                  text_or_unknown(facts.cpu.physical_cores), text_or_unknown(facts.cpu.logical_cpus),
                  gibibytes, facts.system.machine_hash.value_or("unknown"));
  return base::sha256(content).substr(0, 12);
}

}  // namespace bantam::device
