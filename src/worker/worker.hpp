#pragma once
// The worker process: receives one job, does it with the engine, sends back what it finds.

namespace bantam::worker {

// The body of `bantam worker`. Returns the exit status: 0 when the parent was told how it ended.
int run_worker_main();

}  // namespace bantam::worker
