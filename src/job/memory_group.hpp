#pragma once
// Control groups that limit the memory of one worker. They are made only within a group that was handed to
// bantam: the one that the environment variable BANTAM_CGROUP names, or its own where the service manager
// has delegated it (systemd's Delegate=yes). Any other group belongs to somebody else.

#include <cstdint>
#include <filesystem>
#include <optional>

#include "base/result.hpp"
#include "job/process.hpp"

namespace bantam::job {

inline constexpr const char* kGroupVariable = "BANTAM_CGROUP";

// A group within which others may be made.
struct OwnedGroup {
  std::filesystem::path folder;
  bool is_unified = true;  // version 2
  std::string method() const { return is_unified ? "cgroup_v2" : "cgroup_v1"; }
};

// environment, with the remedy, when no group was handed to bantam, or it cannot limit memory. A unified
// group must hold no process when it limits others: this process moves into a group below its own.
// `root` is where proc and sys are.
base::Result<OwnedGroup> owned_memory_group(const std::filesystem::path& root = "/");

// A group within `owner` for one worker; the destructor takes it away, which works once no process is in it.
class MemoryGroup {
 public:
  // `limit_bytes`: of memory without swap; absent: none. environment when it cannot be made.
  static base::Result<MemoryGroup> make(const OwnedGroup& owner, std::optional<std::int64_t> limit_bytes);
  ~MemoryGroup();
  MemoryGroup(MemoryGroup&& other) noexcept;
  MemoryGroup& operator=(MemoryGroup&&) = delete;
  MemoryGroup(const MemoryGroup&) = delete;
  MemoryGroup& operator=(const MemoryGroup&) = delete;

  // Its file cgroup.procs, open: for run_memory_probe().
  int entrance() const { return entrance_.number(); }
  // How many processes in it the out-of-memory killer has ended; absent when it does not tell.
  std::optional<std::int64_t> oom_kills() const;

 private:
  MemoryGroup(std::filesystem::path folder, bool is_unified)
      : folder_(std::move(folder)), is_unified_(is_unified) {}

  std::filesystem::path folder_;
  bool is_unified_;
  Descriptor entrance_;
};

}  // namespace bantam::job
