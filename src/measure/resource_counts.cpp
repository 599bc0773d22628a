#include "measure/resource_counts.hpp"

#include <linux/perf_event.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <string>
#include <string_view>

#include "base/text.hpp"
#include "device/kernel_files.hpp"
#include "measure/differences.hpp"

namespace bantam::measure {
namespace {

// A counter of the processor, of this thread and its children; absent where it does not open.
std::optional<int> open_event(std::uint64_t event) {
  perf_event_attr request{};
  request.type = PERF_TYPE_HARDWARE;
  request.size = sizeof request;
  request.config = event;
  request.inherit = 1;
  request.exclude_kernel = 1;
  request.exclude_hv = 1;
  const long descriptor = ::syscall(SYS_perf_event_open, &request, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
  return descriptor < 0 ? std::nullopt : std::optional(static_cast<int>(descriptor));
}

std::optional<std::int64_t> read_event(const std::optional<int>& descriptor) {
  std::uint64_t count = 0;
  if (!descriptor || ::read(*descriptor, &count, sizeof count) != static_cast<ssize_t>(sizeof count))
    return std::nullopt;
  return static_cast<std::int64_t>(count);
}

// Of proc/pressure/RESOURCE: "some avg10=0.00 avg60=0.00 avg300=0.00 total=12345", in microseconds.
std::optional<double> stall_s(const std::filesystem::path& file) {
  constexpr std::string_view kTotal = "total=";
  const auto text = device::read_text(file);
  if (!text || !text->starts_with("some ")) return std::nullopt;
  const std::string_view line = std::string_view(*text).substr(0, text->find('\n'));
  const auto at = line.find(kTotal);
  if (at == line.npos) return std::nullopt;
  const auto microseconds = base::parse_integer(base::trim(line.substr(at + kTotal.size())));
  return microseconds ? std::optional(1e-6 * static_cast<double>(*microseconds)) : std::nullopt;
}

// Open as long as the program runs.
struct Watched {
  bool is_on = false;
  std::filesystem::path proc;
  std::optional<int> cycles, instructions, cache_misses;
};

Watched& watched() {
  static Watched all;
  return all;
}

}  // namespace

void count_resources(const std::filesystem::path& proc) {
  Watched& all = watched();
  all.is_on = true;
  all.proc = proc;
  all.cycles = open_event(PERF_COUNT_HW_CPU_CYCLES);
  all.instructions = open_event(PERF_COUNT_HW_INSTRUCTIONS);
  all.cache_misses = open_event(PERF_COUNT_HW_CACHE_MISSES);
}

ResourceCounts read_resources() {
  const Watched& all = watched();
  ResourceCounts counts;
  if (!all.is_on) return counts;
  counts.disk_read_bytes =
      device::integer_field(device::read_text(all.proc / "self/io").value_or(""), "read_bytes");
  counts.cpu_stall_s = stall_s(all.proc / "pressure/cpu");
  counts.memory_stall_s = stall_s(all.proc / "pressure/memory");
  counts.io_stall_s = stall_s(all.proc / "pressure/io");
  counts.cycles = read_event(all.cycles);
  counts.instructions = read_event(all.instructions);
  counts.cache_misses = read_event(all.cache_misses);
  return counts;
}

base::Json resources_between(const ResourceCounts& before, const ResourceCounts& after) {
  base::Json json = base::Json::object();
  set_difference(json, "disk_read_bytes", before.disk_read_bytes, after.disk_read_bytes);
  set_difference(json, "cpu_stall_s", before.cpu_stall_s, after.cpu_stall_s);
  set_difference(json, "memory_stall_s", before.memory_stall_s, after.memory_stall_s);
  set_difference(json, "io_stall_s", before.io_stall_s, after.io_stall_s);
  set_difference(json, "cycles", before.cycles, after.cycles);
  set_difference(json, "instructions", before.instructions, after.instructions);
  set_difference(json, "cache_misses", before.cache_misses, after.cache_misses);
  return json;
}

}  // namespace bantam::measure
