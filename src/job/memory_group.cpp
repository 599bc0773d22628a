#include "job/memory_group.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <string>
#include <system_error>
#include <utility>

#include "base/files.hpp"
#include "base/text.hpp"

namespace bantam::job {
namespace {

namespace fs = std::filesystem;
using base::ErrorKind;
using base::fail;
using base::Result;
using base::Status;

constexpr std::size_t kLargestFile = std::size_t{1} << 20;
constexpr const char* kRemedy =
    "start bantam as `systemd-run --user --scope -p Delegate=yes bantam run ...`, or name an empty control "
    "group of yours in BANTAM_CGROUP";

// Files of the kernel take one write.
Status write_to(const fs::path& file, const std::string& text) {
  const Descriptor opened(::open(file.c_str(), O_WRONLY | O_CLOEXEC));
  const auto size = static_cast<ssize_t>(text.size());
  if (opened.number() >= 0 && ::write(opened.number(), text.data(), text.size()) == size) return {};
  return fail(ErrorKind::environment,
              fmt::format("cannot write '{}' to {}: {}", text, file.string(), base::errno_text(errno)));
}

std::vector<std::string> lines_of(const fs::path& file) {
  return base::split(base::read_file(file, kLargestFile).value_or(""), '\n');
}

bool names_memory(const fs::path& file) {
  for (const std::string& line : lines_of(file)) {
    const auto names = base::split(line, ' ');
    if (std::ranges::find(names, "memory") != names.end()) return true;
  }
  return false;
}

bool holds_processes(const fs::path& group) {
  return std::ranges::any_of(lines_of(group / "cgroup.procs"),
                             [](const std::string& line) { return !line.empty(); });
}

// systemd marks a group that it has handed over.
bool is_delegated(const fs::path& group) {
  return std::ranges::any_of(std::array{"user.delegate", "trusted.delegate"}, [&](const char* mark) {
    char value = 0;
    return ::getxattr(group.c_str(), mark, &value, 1) == 1 && value == '1';
  });
}

// Of the hierarchy with all controllers; absent where there is none.
std::optional<fs::path> own_unified_group(const fs::path& root) {
  for (const std::string& line : lines_of(root / "proc/self/cgroup")) {
    if (!line.starts_with("0::/")) continue;
    const fs::path group = root / "sys/fs/cgroup" / line.substr(4);
    if (fs::exists(group / "cgroup.procs")) return group.lexically_normal();
  }
  return std::nullopt;
}

// Groups below can limit memory from then on.
Status hand_memory_down(const fs::path& group) {
  if (!names_memory(group / "cgroup.controllers")) {
    return fail(ErrorKind::environment,
                fmt::format("the control group {} cannot limit memory", group.string()),
                "on a Raspberry Pi add cgroup_enable=memory to the kernel's command line");
  }
  if (names_memory(group / "cgroup.subtree_control")) return {};
  return write_to(group / "cgroup.subtree_control", "+memory");
}

Result<OwnedGroup> named_group(const fs::path& group) {
  if (fs::exists(group / "memory.limit_in_bytes")) return OwnedGroup{group, false};
  if (!fs::exists(group / "cgroup.controllers")) {
    return fail(ErrorKind::environment,
                fmt::format("{}: {} is no control group", kGroupVariable, group.string()), kRemedy);
  }
  if (holds_processes(group)) {
    return fail(ErrorKind::environment,
                fmt::format("{}: the control group {} holds processes", kGroupVariable, group.string()),
                "name an empty group of yours");
  }
  TRY(hand_memory_down(group));
  return OwnedGroup{group, true};
}

Result<OwnedGroup> delegated_group(const fs::path& group) {
  const fs::path own = group / "bantam";  // a group with limited ones below it holds no process itself
  std::error_code failed;
  fs::create_directory(own, failed);
  if (failed) {
    return fail(ErrorKind::environment, fmt::format("cannot make {}: {}", own.string(), failed.message()));
  }
  TRY(write_to(own / "cgroup.procs", "0"));
  TRY(hand_memory_down(group));
  return OwnedGroup{group, true};
}

}  // namespace

Result<OwnedGroup> owned_memory_group(const fs::path& root) {
  if (const char* named = std::getenv(kGroupVariable); named != nullptr && *named != '\0') {
    return named_group(named);
  }
  auto own = own_unified_group(root);
  if (own && own->filename() == "bantam" && is_delegated(own->parent_path())) {  // moved there before
    own = own->parent_path();
    TRY(hand_memory_down(*own));
    return OwnedGroup{*own, true};
  }
  if (own && is_delegated(*own)) return delegated_group(*own);
  return fail(ErrorKind::environment, "no control group was handed to bantam", kRemedy);
}

Result<MemoryGroup> MemoryGroup::make(const OwnedGroup& owner, std::optional<std::int64_t> limit_bytes) {
  static std::atomic<int> number = 0;
  const fs::path folder = owner.folder / fmt::format("bantam-worker-{}-{}", ::getpid(), ++number);
  if (::mkdir(folder.c_str(), 0755) != 0) {
    return fail(ErrorKind::environment, fmt::format("cannot make the control group {}: {}", folder.string(),
                                                    base::errno_text(errno)));
  }
  MemoryGroup group(folder, owner.is_unified);
  if (limit_bytes) {
    const std::string bytes = fmt::format("{}", *limit_bytes);
    TRY(write_to(folder / (owner.is_unified ? "memory.max" : "memory.limit_in_bytes"), bytes));
    // Without swap; kernels without swap have no such files.
    static_cast<void>(owner.is_unified ? write_to(folder / "memory.swap.max", "0")
                                       : write_to(folder / "memory.memsw.limit_in_bytes", bytes));
  }
  group.entrance_ = Descriptor(::open((folder / "cgroup.procs").c_str(), O_WRONLY | O_CLOEXEC));
  if (group.entrance() < 0) {
    return fail(ErrorKind::environment,
                fmt::format("cannot open {}/cgroup.procs: {}", folder.string(), base::errno_text(errno)));
  }
  return group;
}

MemoryGroup::MemoryGroup(MemoryGroup&& other) noexcept
    : folder_(std::exchange(other.folder_, {})),
      is_unified_(other.is_unified_),
      entrance_(std::move(other.entrance_)) {}

MemoryGroup::~MemoryGroup() {
  if (!folder_.empty()) ::rmdir(folder_.c_str());
}

std::optional<std::int64_t> MemoryGroup::oom_kills() const {
  constexpr std::string_view kKey = "oom_kill ";
  for (const std::string& line : lines_of(folder_ / (is_unified_ ? "memory.events" : "memory.oom_control"))) {
    if (line.starts_with(kKey)) return base::parse_integer(line.substr(kKey.size()));
  }
  return std::nullopt;
}

}  // namespace bantam::job
