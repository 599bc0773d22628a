#pragma once
// Failure drills: lets a test see what becomes of a worker that dies at a given place. Does nothing unless
// the environment variable BANTAM_DRILL asks for it, as "PLACE=SIGNAL", e.g. "self_test/q8_0/fast=SIGILL".

#include <string_view>

namespace bantam::worker {

// Raises the signal when BANTAM_DRILL names this place.
void drill(std::string_view place);

// The worker process: receives one job, does it with the engine, sends back what it finds.

// The body of `bantam worker`. Returns the exit status: 0 when the parent was told how it ended.
int run_worker_main();

}  // namespace bantam::worker
