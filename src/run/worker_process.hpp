#pragma once
// The parent's end of a worker: a child process of the same binary that runs one job and streams messages
// back, one JSON object a line. Knows nothing of what the messages say, except for the acknowledgement they
// ask for.

#include <sys/types.h>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "base/json.hpp"
#include "base/result.hpp"
#include "engine/engine.hpp"
#include "run/interrupts.hpp"

namespace bantam::run {

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

}  // namespace bantam::run
