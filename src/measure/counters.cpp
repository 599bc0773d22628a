#include "measure/counters.hpp"

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/text.hpp"
#include "device/kernel_files.hpp"
#include "engine/cores.hpp"
#include "measure/differences.hpp"

namespace bantam::measure {
namespace {

std::filesystem::path proc_folder(std::optional<pid_t> pid, const std::filesystem::path& proc) {
  return proc / (pid ? fmt::format("{}", *pid) : "self");
}

std::optional<std::int64_t> bytes_field(std::string_view text, std::string_view key) {
  const auto kibibytes = device::integer_field(text, key);
  if (!kibibytes) return std::nullopt;
  return *kibibytes * 1024;
}

void read_status(const std::filesystem::path& folder, Counters& counters) {
  const std::string status = device::read_text(folder / "status").value_or("");
  counters.rss_anon_bytes = bytes_field(status, "RssAnon");
  counters.rss_shmem_bytes = bytes_field(status, "RssShmem");
  counters.rss_file_bytes = bytes_field(status, "RssFile");
  counters.rss_peak_bytes = bytes_field(status, "VmHWM");
  counters.voluntary_switches = device::integer_field(status, "voluntary_ctxt_switches");
  counters.involuntary_switches = device::integer_field(status, "nonvoluntary_ctxt_switches");
}

// Faults and CPU time of proc/PID/stat; see proc(5) for the numbering of its columns.
void read_stat(const std::filesystem::path& folder, Counters& counters) {
  const std::string stat = device::read_text(folder / "stat").value_or("");
  const std::size_t name_end = stat.rfind(')');  // the program's name may hold blanks and brackets
  if (name_end == std::string::npos) return;
  const auto columns = device::words(std::string_view(stat).substr(name_end + 1));  // the first is column 3
  const auto column = [&](std::size_t number) -> std::optional<std::int64_t> {
    return number - 3 < columns.size() ? base::parse_integer(columns[number - 3]) : std::nullopt;
  };
  const double ticks_per_s = static_cast<double>(::sysconf(_SC_CLK_TCK));
  counters.minor_faults = column(10);
  counters.major_faults = column(12);
  if (const auto ticks = column(14)) counters.user_s = static_cast<double>(*ticks) / ticks_per_s;
  if (const auto ticks = column(15)) counters.system_s = static_cast<double>(*ticks) / ticks_per_s;
}

// Our own CPU time to the microsecond instead of the clock tick.
void refine_own_times(Counters& counters) {
  rusage usage{};
  if (::getrusage(RUSAGE_SELF, &usage) != 0) return;
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
  };
  counters.user_s = seconds(usage.ru_utime);
  counters.system_s = seconds(usage.ru_stime);
}

std::atomic<pid_t> counted_program{0};

// What one of the two does not tell is not known of both.
void add(Counters& sum, const Counters& other) {
  const auto add_one = [](auto& to, const auto& from) {
    to = to && from ? std::optional(*to + *from) : std::nullopt;
  };
  add_one(sum.rss_anon_bytes, other.rss_anon_bytes);
  add_one(sum.rss_shmem_bytes, other.rss_shmem_bytes);
  add_one(sum.rss_file_bytes, other.rss_file_bytes);
  add_one(sum.rss_peak_bytes, other.rss_peak_bytes);
  add_one(sum.minor_faults, other.minor_faults);
  add_one(sum.major_faults, other.major_faults);
  add_one(sum.user_s, other.user_s);
  add_one(sum.system_s, other.system_s);
  add_one(sum.voluntary_switches, other.voluntary_switches);
  add_one(sum.involuntary_switches, other.involuntary_switches);
}

template <typename T>
void set(base::Json& json, const char* key, const std::optional<T>& value) {
  if (value) json[key] = *value;
}

}  // namespace

Counters read_counters(std::optional<pid_t> pid, const std::filesystem::path& proc) {
  const std::filesystem::path folder = proc_folder(pid, proc);
  Counters counters;
  read_status(folder, counters);
  read_stat(folder, counters);
  if (pid || proc != "/proc") return counters;
  refine_own_times(counters);
  if (const pid_t other = counted_program.load(); other > 0) add(counters, read_counters(other, proc));
  return counters;
}

void count_program(std::optional<pid_t> pid) {
  counted_program = pid.value_or(0);
}

std::optional<std::int64_t> read_pss_bytes(std::optional<pid_t> pid, const std::filesystem::path& proc) {
  if (const pid_t other = counted_program.load(); other > 0 && !pid) {
    const auto own = read_pss_bytes(::getpid(), proc);
    const auto others = read_pss_bytes(other, proc);
    return own && others ? std::optional(*own + *others) : std::nullopt;
  }
  return bytes_field(device::read_text(proc_folder(pid, proc) / "smaps_rollup").value_or(""), "Pss");
}

std::optional<std::int64_t> private_bytes(const Counters& counters) {
  if (!counters.rss_anon_bytes || !counters.rss_shmem_bytes) return std::nullopt;
  return *counters.rss_anon_bytes + *counters.rss_shmem_bytes;
}

base::Json cpu_counters() {
  base::Json json = base::Json::object();
  set(json, kCpusKey, engine::cpus_of_all_threads());
  const bool bound = std::getenv("OMP_PROC_BIND") != nullptr || std::getenv("GOMP_CPU_AFFINITY") != nullptr;
  if (!bound) set(json, kFirstThreadCpusKey, engine::cpus_of_first_thread());
  return json;
}

base::Json counters_between(const Counters& before, const Counters& after) {
  base::Json json = base::Json::object();
  set(json, "rss_anon_bytes", after.rss_anon_bytes);
  set(json, "rss_shmem_bytes", after.rss_shmem_bytes);
  set(json, "rss_file_bytes", after.rss_file_bytes);
  set(json, "rss_peak_bytes", after.rss_peak_bytes);
  set_difference(json, "minor_faults", before.minor_faults, after.minor_faults);
  set_difference(json, "major_faults", before.major_faults, after.major_faults);
  set_difference(json, "user_s", before.user_s, after.user_s);
  set_difference(json, "system_s", before.system_s, after.system_s);
  set_difference(json, "voluntary_switches", before.voluntary_switches, after.voluntary_switches);
  set_difference(json, "involuntary_switches", before.involuntary_switches, after.involuntary_switches);
  return json;
}

}  // namespace bantam::measure
