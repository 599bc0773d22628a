#pragma once
// The store's file before SQLite sees it: whether it can be one, and that one run at a time writes to it.
// Knows nothing of what is in it.

#include <filesystem>

#include "base/result.hpp"

namespace bantam::store {

// Refuses at once, without waiting and without changing anything, what cannot hold a store: usage for an
// empty name; storage for a folder, a pipe, a device, a file of another kind, and for a name that is too
// long. A missing or empty file is fine, and so is one whose making was interrupted.
base::Status check_place(const std::filesystem::path& store);

// One writing run per store, whatever name it is reached by: the lock lies on the file itself. The operating
// system drops it when its holder ends, however it ends, so none is ever stale.
class RunnerLock {
 public:
  // Makes the file when it is missing. environment, naming the other process, when another run holds the
  // lock; storage when the file cannot be opened or locked.
  static base::Result<RunnerLock> take(const std::filesystem::path& store);
  // Whether somebody holds it now; false where that cannot be told. SQLite of this process must not have the
  // file open meanwhile: it would lose its locks.
  static bool is_taken(const std::filesystem::path& store);
  ~RunnerLock();
  RunnerLock(RunnerLock&& other) noexcept : descriptor_(other.descriptor_) { other.descriptor_ = -1; }
  RunnerLock(const RunnerLock&) = delete;
  RunnerLock& operator=(const RunnerLock&) = delete;
  RunnerLock& operator=(RunnerLock&&) = delete;

  // From now on others are told this process's number. To be called when SQLite has the file open: until then
  // it drops all locks of the process whenever it needs none itself.
  void show_holder() const;
  // storage when the name no longer leads to the locked file: what is written now would be lost.
  base::Status check_still_at(const std::filesystem::path& store) const;

 private:
  explicit RunnerLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;  // -1 when moved from
};

}  // namespace bantam::store
