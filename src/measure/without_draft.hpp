#pragma once
// With speculative decoding: the request that is measured, once without. Its tokens are those that every
// request must give, and from it the engine learns how the sums of batches differ (engine/speculation.hpp).

#include <cstdint>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "engine/engine.hpp"
#include "measure/figures.hpp"
#include "measure/scenario.hpp"
#include "measure/validity.hpp"
#include "plan/plan.hpp"

namespace bantam::measure {

// Name of its trial, which is a warm-up. Its counters:
inline constexpr const char* kWithoutDraft = "without_draft";
inline constexpr const char* kGapDifferenceKey = "draft_gap_difference";  // BatchDifference::largest
inline constexpr const char* kGapToleranceKey = "draft_gap_tolerance";    // BatchDifference::tolerance()

// Hands the trial to the sink; does nothing when the engine does not speculate, or no scenario has requests
// that run alone. Errors: the engine's and the sink's.
base::Status request_without_draft(engine::Engine& engine, const plan::PerformanceSettings& settings,
                                   const engine::GenerateRequest& request, const base::Clock& clock,
                                   std::int64_t origin_ns, TrialSink& sink);

// A reason where requests with a draft gave other tokens than the one without.
void judge_drafts(Validity& validity, const Trials& trials);

}  // namespace bantam::measure
