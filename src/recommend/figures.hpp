#pragma once
// The figures of configurations as they are, without intervals: for pictures and efficiency, never for a
// choice. A configuration with a failed or invalid cell has none.

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "analyze/analysis.hpp"
#include "recommend/recommend.hpp"

namespace bantam::recommend {

// Metrics that stand for one thing: the first of which any configuration has a value is taken for all.
inline constexpr std::array<std::string_view, 5> kLatencies{"e2e_latency_s", "amortized_latency_s",
                                                            "sequence_latency_s", "tpot_s", "ttft_s"};
inline constexpr std::array<std::string_view, 1> kEnergies{"energy_per_request_j"};
inline constexpr std::array<std::string_view, 2> kSizes{"file_bytes", "weight_bytes"};
inline constexpr std::array<std::string_view, 4> kSpeeds{"decode_tokens_per_s", "sequences_per_s",
                                                         "batch_output_tokens_per_s", "tg_tokens_per_s"};

// `objective`: kQuality, kMemory or a metric; in base units. Absent where there is no value.
std::optional<double> figure_by(std::string_view objective, const analyze::Analysis& analysis,
                                const Recommendation& recommendation, std::size_t index);

// How that figure came about: of the quality the weakest of its tasks' scores.
record::Evidence evidence_by(std::string_view objective, const analyze::Analysis& analysis,
                             const Recommendation& recommendation, std::size_t index);

// Absent where no configuration has any of them.
std::optional<std::string> first_known(const analyze::Analysis& analysis,
                                       const Recommendation& recommendation,
                                       std::span<const std::string_view> metrics);

}  // namespace bantam::recommend
