#pragma once
// Running Python functions of task files in unit tests, where this machine can.

#include <cstdlib>
#include <optional>

#include "support/task_folder.hpp"
#include "taskcode/runner.hpp"

namespace bantam::support {

// The runner's program and the rows that it makes go into a cache folder of the test's own.
class TaskCodeTest : public TaskFolderTest {
 protected:
  TaskCodeTest() { ::setenv("BANTAM_CACHE", cache_.path().c_str(), 1); }

  // Absent, with the test skipped and the reason told, where there is no Python or no isolation.
  std::optional<taskcode::Runner> runner() {
    auto started = taskcode::Runner::start();
    if (started) return std::move(*started);
    skip(started.error().message);
    return std::nullopt;
  }

  // The task of the folder's file of this name, with its code.
  task::Task coded(const std::string& name) {
    task::TaskLibrary tasks = library();
    tasks.allow_code();
    auto found = tasks.find(name);
    EXPECT_TRUE(found) << (found ? "" : found.error().message);
    return found ? found->leaves.front() : task::Task();
  }

 private:
  static void skip(const std::string& reason) { GTEST_SKIP() << reason; }

  TempDir cache_;
};

}  // namespace bantam::support
