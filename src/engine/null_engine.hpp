#pragma once
// The engine that computes nothing: what is measured with it is the tool's own cost. Its tokens are bytes.

#include <memory>

#include "engine/engine.hpp"

namespace bantam::engine {

// Every generated token is a letter that follows from its place alone; every token of a continuation has the
// probability 1 / vocabulary; a speed test takes as long as reading the clock twice. `heartbeat` may be null.
std::unique_ptr<Engine> open_null(Capacity capacity, Heartbeat* heartbeat);

}  // namespace bantam::engine
