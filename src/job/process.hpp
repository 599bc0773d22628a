#pragma once
// The parent's end of a worker: a child process of the same binary that runs one job and streams messages
// back, one JSON object per line. Starting it: pipes, limits, and a memory page with the heartbeat that both
// processes see.

#include <sys/types.h>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "base/descriptor.hpp"
#include "base/json.hpp"
#include "base/result.hpp"
#include "engine/engine.hpp"
#include "job/interrupts.hpp"
#include "job/jobs.hpp"
#include "job/messages.hpp"

namespace bantam::job {

// Descriptors that a worker finds open beside stdin (job and acknowledgements), stdout (/dev/null) and
// stderr.
inline constexpr int kMessageDescriptor = 3;
inline constexpr int kHeartbeatDescriptor = 4;

using base::Descriptor;

class SpawnedWorker {
 public:
  // The child has become the worker's program when this returns, so that its memory is its own.
  static base::Result<SpawnedWorker> spawn();
  ~SpawnedWorker();  // kills and reaps a worker that still runs
  SpawnedWorker(SpawnedWorker&& other) noexcept;
  SpawnedWorker& operator=(SpawnedWorker&&) = delete;
  SpawnedWorker(const SpawnedWorker&) = delete;
  SpawnedWorker& operator=(const SpawnedWorker&) = delete;

  pid_t pid() const { return pid_; }
  int input() const { return input_.number(); }        // we write
  int messages() const { return messages_.number(); }  // we read, non-blocking
  int errors() const { return errors_.number(); }      // we read, non-blocking
  std::uint64_t heartbeat() const;
  void kill_now() const;
  // The wait status; blocks until the worker is gone.
  int reap();

 private:
  SpawnedWorker() = default;
  pid_t pid_ = -1;
  Descriptor input_;
  Descriptor messages_;
  Descriptor errors_;
  engine::Heartbeat* heartbeat_ = nullptr;
};

// Whether this process has the descriptors of a worker; one that was started by hand has not.
bool has_worker_descriptors();

// In the worker: maps the page behind kHeartbeatDescriptor; null when there is none.
engine::Heartbeat* map_heartbeat();

struct WorkerOptions {
  double hang_timeout_s = 300.0;
  bool busy_is_alive = false;      // using CPU time counts as progress (for jobs that compute no tokens)
  bool kill_on_interrupt = false;  // the first interrupt ends it: nothing of the job would be kept
  // The first interrupt came; the worker is asked to stop at its next acknowledged message.
  std::function<void()> on_interrupt = {};
  // Several times a second while the worker works, on the caller's thread.
  std::function<void()> on_tick = {};
};

// An error stops the worker and becomes its end.
using MessageSink = std::function<base::Status(const Message&)>;
inline base::Status ignore_message(const Message&) {
  return {};
}
// Called with the worker's process id as soon as it runs.
using StartSink = std::function<void(pid_t)>;

// Runs a job (job/jobs.hpp) in a worker until it ends, and gives its answer. A message that asks for it is
// acknowledged after `on_message` returned: "go", or "stop" once an interrupt came. A second interrupt kills
// the worker. `interrupts` may be null.
//
// interrupted: it was stopped before it had an answer. worker, with the signal's name where one ended it: it
// died, hung or ended without an answer. Else its own error, or that of `on_message`.
base::Result<base::Json> run_worker(const base::Json& job, const WorkerOptions& options,
                                    Interrupts* interrupts, const MessageSink& on_message,
                                    const StartSink& on_start = {});
template <typename Job>
base::Result<typename Job::Answer> run_worker(const Job& job, const WorkerOptions& options,
                                              Interrupts* interrupts,
                                              const MessageSink& on_message = ignore_message,
                                              const StartSink& on_start = {}) {
  TRY_ASSIGN(const base::Json answer, run_worker(to_json(job), options, interrupts, on_message, on_start));
  return answer_from<typename Job::Answer>(answer);
}

// "SIGSEGV" for 11; "signal 99" for a number without a name.
std::string signal_name(int number);

}  // namespace bantam::job
