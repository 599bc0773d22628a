#pragma once
// How long this process has computed.

namespace bantam::base {

// Seconds of CPU time of all its threads. 0 where the system does not tell.
double own_cpu_s();

}  // namespace bantam::base
