// Board, operating system, disk and accelerators: /etc, /proc and /sys.

#include <sys/statvfs.h>
#if defined(__GLIBC__)
#include <gnu/libc-version.h>
#endif

#include <algorithm>
#include <string_view>

#include <fmt/format.h>

#include "base/hash.hpp"
#include "base/text.hpp"
#include "device/facts_parts.hpp"
#include "device/kernel_files.hpp"

namespace bantam::device {
namespace fs = std::filesystem;
namespace {

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
std::optional<Mount> mount_of(const fs::path& path, const fs::path& root) {
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

}  // namespace

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
  if (const auto mount = mount_of(disk.path, root)) {
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

}  // namespace bantam::device
