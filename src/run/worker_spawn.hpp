#pragma once
// Starting the worker process: pipes, limits, and a memory page with the heartbeat that both processes see.

#include <sys/types.h>

#include "base/result.hpp"
#include "engine/engine.hpp"

namespace bantam::run {

// Descriptors that a worker finds open beside stdin (job and acknowledgements), stdout (/dev/null) and
// stderr.
inline constexpr int kMessageDescriptor = 3;
inline constexpr int kHeartbeatDescriptor = 4;

class SpawnedWorker {
 public:
  static base::Result<SpawnedWorker> spawn();
  ~SpawnedWorker();  // kills and reaps a worker that still runs
  SpawnedWorker(SpawnedWorker&& other) noexcept;
  SpawnedWorker& operator=(SpawnedWorker&&) = delete;
  SpawnedWorker(const SpawnedWorker&) = delete;
  SpawnedWorker& operator=(const SpawnedWorker&) = delete;

  pid_t pid() const { return pid_; }
  int input() const { return input_; }        // we write
  int messages() const { return messages_; }  // we read, non-blocking
  int errors() const { return errors_; }      // we read, non-blocking
  std::uint64_t heartbeat() const;
  void kill_now() const;
  void close_input();
  // The wait status; blocks until the worker is gone.
  int reap();

 private:
  SpawnedWorker() = default;
  pid_t pid_ = -1;
  int input_ = -1;
  int messages_ = -1;
  int errors_ = -1;
  engine::Heartbeat* heartbeat_ = nullptr;
};

// In the worker: maps the page behind kHeartbeatDescriptor; null when there is none.
engine::Heartbeat* map_heartbeat();

}  // namespace bantam::run
