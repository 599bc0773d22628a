#pragma once
// Failure drills: lets a test see what becomes of a worker that dies at a given place. Does nothing unless
// the environment variable BANTAM_DRILL asks for it, as "PLACE=SIGNAL", e.g. "self_test/q8_0/fast=SIGILL".

#include <string_view>

namespace bantam::run {

// Raises the signal when BANTAM_DRILL names this place.
void drill(std::string_view place);

}  // namespace bantam::run
