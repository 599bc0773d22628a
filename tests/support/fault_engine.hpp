#pragma once
// Failure drills: an engine that works until a given call, and then fails in a given way.

#include <memory>
#include <string>

#include "base/json.hpp"
#include "base/result.hpp"
#include "engine/engine.hpp"

namespace bantam::engine {

struct Fault {
  int at = 1;  // the call of score, generate, time_prompt or time_generation at which it strikes, from 1 on
  std::string act;  // a signal ("SIGSEGV"), "hang", "error", "nan" or "does_not_fit"
};

// From {"at": 3, "act": "SIGSEGV"}. usage, listing what can be acted, otherwise.
base::Result<Fault> fault_from(const base::Json& json);

// "hang" sleeps for ever. "error" is bad_input, "nan" integrity and "does_not_fit" environment, worded as the
// llama engine does. Calls after the struck one work again.
std::unique_ptr<Engine> with_fault(std::unique_ptr<Engine> engine, Fault fault);

}  // namespace bantam::engine
