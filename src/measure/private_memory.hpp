#pragma once
// The private memory of another program, sampled from outside while it works. Knows nothing of what the
// program does.

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <stop_token>
#include <thread>

#include "base/result.hpp"

namespace bantam::measure {

struct PrivateMemory {
  std::optional<std::int64_t> peak_bytes;  // absent without samples
  std::int64_t samples = 0;
};

// Reads RssAnon + RssShmem of one program again and again from a thread of its own; stops by itself when the
// program has ended. A peak shorter than the period can be missed. About 30 microseconds a sample.
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

}  // namespace bantam::measure
