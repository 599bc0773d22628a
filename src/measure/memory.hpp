#pragma once
// Memory seen from outside: that of another program while it works, and how much of a file is
// in the page cache, filled or emptied at will. Knows nothing of models or of what the program does.

#include <sys/types.h>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <stop_token>
#include <thread>
#include <vector>

#include "base/result.hpp"
#include "record/memory_line.hpp"

namespace bantam::measure {

struct PrivateMemory {
  std::optional<std::int64_t> peak_bytes;  // absent without samples
  std::int64_t samples = 0;
  // The samples, thinned where they are many (measure/memory_line.hpp), since start(). The peak is among
  // them.
  std::vector<record::MemoryPoint> points = {};
  std::int64_t within_bytes = 0;  // by which a sample that was left out differs at most from its point
};

// Reads RssAnon + RssShmem of one program, and its RSS, again and again from a thread of its own; stops by
// itself when the program has ended. It looks once per period while the peak grows, and less and less often,
// down to every fourth period, while it does not: a shorter peak can be missed. About 50 microseconds per
// sample. Allocates nothing after start().
class PrivateMemorySampler {
 public:
  explicit PrivateMemorySampler(std::chrono::milliseconds period = std::chrono::milliseconds(25),
                                std::filesystem::path proc = "/proc");
  ~PrivateMemorySampler();
  PrivateMemorySampler(const PrivateMemorySampler&) = delete;
  PrivateMemorySampler& operator=(const PrivateMemorySampler&) = delete;

  // Ends a sampling that still runs. environment when the program's status cannot be read.
  base::Status start(pid_t pid);
  // What was seen since start(). Without one: no samples.
  PrivateMemory stop();

 private:
  void sample_until(const std::stop_token& asked_to_stop, int status_file);

  std::chrono::milliseconds period_;
  std::filesystem::path proc_;
  PrivateMemory seen_;  // the thread's while it runs, else the owner's
  std::jthread thread_;
};

// Bytes of a regular file that are in memory now (mincore on a mapping of it), in whole pages: of a model
// file, its resident weights. bad_input when the file cannot be opened; environment when the kernel would not
// tell the truth: it does so only to the file's owner and to those who may write it.
base::Result<std::int64_t> resident_bytes(const std::filesystem::path& file);

// Writes the file's dirty pages back, asks the kernel to drop all of them, and checks with mincore that at
// most a thousandth is left. environment, with what is left, when they stay: mapped or locked by a program,
// or a file system without a disk behind it.
base::Status evict(const std::filesystem::path& file);

// Reads the whole file, so that its pages are in memory, and checks with mincore, where the kernel tells,
// that at least 99 % stay. environment, with what stayed, when they do not; bad_input when the file cannot be
// read.
base::Status make_resident(const std::filesystem::path& file);

}  // namespace bantam::measure
