#pragma once
// The fixed facts of this machine, as the kernel tells them. What it does not tell is absent with a reason.
// Knows nothing of models or measurements; reading never fails and changes nothing.

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "device/power_mode.hpp"

namespace bantam::device {

struct Cache {
  std::string name;        // L1d, L1i, L2, L3
  std::int64_t bytes = 0;  // of one instance
  std::int64_t count = 1;  // instances in the machine
};

struct Cpu {
  std::optional<std::string> model;
  std::optional<std::string> vendor;
  std::string architecture;  // x86_64, aarch64, ...
  std::optional<std::int64_t> sockets;
  std::optional<std::int64_t> physical_cores;
  std::optional<std::int64_t> logical_cpus;  // online
  std::vector<Cache> caches;
  std::vector<std::string> features;  // of those that matter for matrix kernels: avx2, avx512_vnni, neon, ...
  std::optional<double> min_hz, base_hz, max_hz;  // over all CPUs
  std::optional<std::string> governor;
  std::optional<bool> virtualized;  // a hypervisor shows itself
};

struct Memory {
  std::optional<std::int64_t> total_bytes;
  std::optional<std::int64_t> available_bytes;  // without swapping, when the facts were read
  std::optional<std::int64_t> swap_bytes;       // 0: no swap
  std::int64_t page_bytes = 4096;
  std::optional<std::int64_t> huge_page_bytes;
  std::optional<std::int64_t> huge_pages;             // reserved
  std::optional<std::string> transparent_huge_pages;  // always, madvise, never
  std::optional<std::int64_t> numa_nodes;
};

struct System {
  std::optional<std::string> board;  // device tree or DMI: "Raspberry Pi 5 Model B Rev 1.0"
  std::optional<std::string> os;
  std::optional<std::string> kernel;
  std::optional<std::string> libc;
  std::optional<std::string> machine_hash;  // of the machine id or the host name; neither can be read from it
};

// What this program may use of the machine.
struct Limits {
  std::optional<std::int64_t> memory_bytes;  // the tightest cgroup limit; absent: none
  std::optional<double> cpus;                // cgroup quota in CPUs; absent: none
  std::optional<std::string> allowed_cpus;   // affinity and cpuset, as "0-3,8"
};

struct Disk {
  std::string path;  // that was asked about
  std::optional<std::string> file_system;
  std::optional<std::string> source;  // /dev/nvme0n1p2
  std::optional<std::string> model;
  std::optional<bool> rotational;
  std::optional<std::int64_t> total_bytes;
  std::optional<std::int64_t> free_bytes;  // for this user
};

struct Accelerator {
  std::string name;  // the driver's name of it, else PCI vendor:device
  std::optional<std::string> driver;
  std::optional<std::string> bus;  // PCI address
};

struct Facts {
  Cpu cpu;
  Memory memory;
  System system;
  Limits limits;
  PowerMode power;
  Disk disk;
  std::vector<Accelerator> accelerators;
  std::map<std::string, std::string> absent;  // "cpu.governor" -> why it is not known
};

// `storage_path` is where models and results lie. `root` stands before /proc, /sys and /etc.
Facts read_facts(const std::filesystem::path& storage_path, const std::filesystem::path& root = "/");

base::Json to_json(const Facts& facts);

// Twelve hexadecimal digits of what makes two timings comparable: processor, cores, memory in whole GiB and
// the machine itself. Stable over reboots; changes with the machine.
std::string identity(const Facts& facts);

}  // namespace bantam::device
