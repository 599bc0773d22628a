#pragma once
// Whether there is memory for the KV cache that a worker is about to make: told from the model's head before
// anything is loaded, since the system would rather kill the process than refuse.

#include <filesystem>

#include "base/result.hpp"
#include "engine/engine.hpp"
#include "plan/plan.hpp"

namespace bantam::worker {

// environment, with the estimate and what is free, when the cache alone takes more than is free here. Passes
// where either is unknown, and where an accelerator may hold the cache.
base::Status check_cache_fits(const std::filesystem::path& model, const plan::EngineSettings& settings,
                              engine::Capacity capacity);

}  // namespace bantam::worker
