// The processor: /proc/cpuinfo and /sys/devices/system/cpu.

#include <sys/utsname.h>

#include <algorithm>
#include <array>
#include <set>
#include <string_view>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "base/text.hpp"
#include "device/facts_parts.hpp"
#include "device/kernel_files.hpp"

namespace bantam::device {
namespace fs = std::filesystem;
namespace {

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

}  // namespace

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

}  // namespace bantam::device
