#pragma once
// One writing run per store. The operating system drops the lock when its holder ends, however it ends, so
// none is ever stale. Knows nothing of what is in the store.

#include <filesystem>

#include "base/result.hpp"

namespace bantam::store {

class RunnerLock {
 public:
  // Locks `<store>.lock`, a small file that stays behind. environment, naming the other process, when another
  // run holds it; storage when the file cannot be made.
  static base::Result<RunnerLock> take(const std::filesystem::path& store);
  ~RunnerLock();
  RunnerLock(RunnerLock&& other) noexcept : descriptor_(other.descriptor_) { other.descriptor_ = -1; }
  RunnerLock(const RunnerLock&) = delete;
  RunnerLock& operator=(const RunnerLock&) = delete;
  RunnerLock& operator=(RunnerLock&&) = delete;

 private:
  explicit RunnerLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;  // -1 when moved from
};

}  // namespace bantam::store
