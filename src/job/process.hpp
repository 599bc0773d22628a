#pragma once
// Starting the worker process: pipes, limits, and a memory page with the heartbeat that both processes see.

#include <sys/types.h>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "base/json.hpp"
#include "base/result.hpp"
#include "engine/engine.hpp"
#include "job/interrupts.hpp"

namespace bantam::job {

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

// The parent's end of a worker: a child process of the same binary that runs one job and streams messages
// back, one JSON object a line. Knows nothing of what the messages say, except for the acknowledgement they
// ask for.

// How a worker ended.
struct WorkerEnd {
  std::optional<base::Json> result;   // its "done" message
  std::optional<base::Error> error;   // its "failed" message, or what the parent made of its death
  std::optional<std::string> signal;  // "SIGSEGV" when a signal ended it
  bool stopped = false;               // ended early because the parent asked it to (interrupt)
  std::string stderr_tail;            // the last lines it wrote there
};

struct WorkerOptions {
  double hang_timeout_s = 300.0;
  bool busy_is_alive = false;  // using CPU time counts as progress (for jobs that compute no tokens)
  std::function<void()> on_interrupt =
      {};                          // the first interrupt came; the worker is asked to stop at the next item
  bool kill_on_interrupt = false;  // the first interrupt ends it: nothing of the job would be kept
};

// Called for every message but "done" and "failed". An error stops the worker and becomes its end.
using MessageSink = std::function<base::Status(const base::Json&)>;
// Called with the worker's process id as soon as it runs.
using StartSink = std::function<void(pid_t)>;

// Runs `job` in a worker until it ends. A message with "ack": true is answered after `on_message` returned:
// "go", or "stop" once an interrupt came. A second interrupt kills the worker. `interrupts` may be null.
WorkerEnd run_worker(const base::Json& job, const WorkerOptions& options, Interrupts* interrupts,
                     const MessageSink& on_message, const StartSink& on_start = {});

// "SIGSEGV" for 11; "signal 99" for a number without a name.
std::string signal_name(int number);

}  // namespace bantam::job
