#include "job/out_of_memory.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>

#include "base/address_space.hpp"
#include "base/files.hpp"
#include "base/text.hpp"
#include "base/units.hpp"

namespace bantam::job {
namespace {

constexpr std::string_view kDoesNotFit = "does not fit in memory";
constexpr std::size_t kLargestFile = std::size_t{1} << 20;

// The value of the line "oom_kill N".
std::optional<std::int64_t> count_in(const std::filesystem::path& file) {
  constexpr std::string_view kKey = "oom_kill ";
  const auto text = base::read_file(file, kLargestFile);
  if (!text) return std::nullopt;
  for (const std::string& line : base::split(*text, '\n')) {
    if (line.starts_with(kKey)) return base::parse_integer(line.substr(kKey.size()));
  }
  return std::nullopt;
}

// In a container the group's folder may stand at the root of what is mounted.
std::optional<std::int64_t> count_of_group(const std::filesystem::path& mounted, const std::string& group,
                                           const char* file) {
  if (const auto count = count_in(mounted / std::filesystem::path(group).relative_path() / file))
    return count;
  return count_in(mounted / file);
}

}  // namespace

std::optional<std::int64_t> oom_kills(const std::filesystem::path& root) {
  const std::filesystem::path mounted = root / "sys/fs/cgroup";
  const std::string groups = base::read_file(root / "proc/self/cgroup", kLargestFile).value_or("");
  for (const std::string& line : base::split(groups, '\n')) {  // "4:memory:/a/b", "0::/a/b"
    const auto first = line.find(':');
    const auto second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const auto controllers = base::split(line.substr(first + 1, second - first - 1), ',');
    const std::string group = line.substr(second + 1);
    const bool is_memory = std::ranges::find(controllers, "memory") != controllers.end();
    const bool is_unified = line.starts_with("0::");
    if (!is_memory && !is_unified) continue;
    const auto count = is_memory ? count_of_group(mounted / "memory", group, "memory.oom_control")
                                 : count_of_group(mounted, group, "memory.events");
    if (count) return count;
  }
  return count_in(root / "proc/vmstat");
}

base::Error out_of_memory(std::string_view why) {
  std::string hint = "use a smaller precision, fewer or shorter requests at once, or a smaller cache type";
  if (const auto limit = base::address_space_limit()) {
    hint = fmt::format("raise the limit of the address space (ulimit -v), which is {}, or {}",
                       base::format_bytes(static_cast<double>(*limit)), hint);
  }
  return {base::ErrorKind::worker, fmt::format("{}: {}", kDoesNotFit, why), hint};
}

bool is_out_of_memory(const base::Error& error) {
  return error.message.find(kDoesNotFit) != std::string::npos;
}

bool is_lack_of_memory(const std::error_code& code) {
  return code == std::errc::resource_unavailable_try_again || code == std::errc::not_enough_memory;
}

bool tells_of_no_memory(std::string_view last_words) {
  // The last ones: ggml checks what malloc() and the making of threads gave, std::thread says this.
  constexpr std::array<std::string_view, 12> kWords{"bad_alloc",
                                                    "insufficient memory",
                                                    "failed to allocate",
                                                    "failed to reserve memory",
                                                    "out of memory",
                                                    "Cannot allocate memory",
                                                    "mem_buffer != NULL",
                                                    "GGML_ASSERT(galloc",
                                                    "hash_values != NULL",
                                                    "_allocs != NULL",
                                                    "GGML_ASSERT(rc == 0)",
                                                    "Resource temporarily unavailable"};
  return std::ranges::any_of(
      kWords, [&](std::string_view words) { return last_words.find(words) != std::string_view::npos; });
}

}  // namespace bantam::job
