#pragma once
// The figures of one request, from its time line. Absent where the request gave too few tokens. Knows nothing
// of trials.

#include <optional>
#include <vector>

#include "record/record.hpp"

namespace bantam::measure {

// First token. Absent without tokens.
std::optional<double> ttft_s(const record::Stream& stream);
// Last token = ttft_s + the sum of all gaps. Absent without tokens.
std::optional<double> e2e_latency_s(const record::Stream& stream);
// Mean gap, (e2e - ttft) / (tokens - 1). Absent below two tokens.
std::optional<double> tpot_s(const record::Stream& stream);
// 1 / tpot_s. Absent below two tokens, and when they came at the same instant.
std::optional<double> decode_tokens_per_s(const record::Stream& stream);
// Prompt tokens by the time until the prompt was computed. Absent without prompt or stamp.
std::optional<double> prefill_tokens_per_s(const record::Stream& stream);
std::optional<double> prompt_tokens(const record::Stream& stream);
std::optional<double> output_tokens(const record::Stream& stream);
std::optional<double> cached_tokens(const record::Stream& stream);

// Appends every gap between neighbouring tokens.
void append_gaps_s(const record::Stream& stream, std::vector<double>& gaps);

}  // namespace bantam::measure
