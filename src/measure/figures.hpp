#pragma once
// The figures of one request, from its time line, and samples of them over many trials. Pure.

#include <optional>
#include <string_view>
#include <vector>

#include "record/record.hpp"

namespace bantam::measure {

// Of a server's answer a count is absent that it does not tell (record::ToldByServer).

// Whether Stream::token_ns has a stamp for each token.
bool has_token_stamps(const record::Stream& stream);
// First token. Absent without tokens.
std::optional<double> ttft_s(const record::Stream& stream);
// Last token = ttft_s + the sum of all gaps. Absent without tokens.
std::optional<double> e2e_latency_s(const record::Stream& stream);
// Mean gap, (e2e - ttft) / (tokens - 1). Absent below two tokens, and of a server's answer where all came at
// one instant.
std::optional<double> tpot_s(const record::Stream& stream);
// 1 / tpot_s. Absent below two tokens, and when they came at the same instant.
std::optional<double> decode_tokens_per_s(const record::Stream& stream);
// Prompt tokens by the time until the prompt was computed. Absent without prompt or stamp.
std::optional<double> prefill_tokens_per_s(const record::Stream& stream);
std::optional<double> prompt_tokens(const record::Stream& stream);
std::optional<double> output_tokens(const record::Stream& stream);
std::optional<double> cached_tokens(const record::Stream& stream);

// Accepted / drafted tokens. Absent without speculative decoding, and when nothing was drafted.
std::optional<double> draft_acceptance_rate(const record::Stream& stream);
// Accepted tokens / computations of the model after the prompt. Absent without speculative decoding, and
// below two output tokens. The first token comes from the prompt; each further computation gives one of its
// own.
std::optional<double> accepted_tokens_per_step(const record::Stream& stream);

// Appends every gap between neighbouring tokens; none of a server's answer without stamps of its tokens.
void append_gaps_s(const record::Stream& stream, std::vector<double>& gaps);

using Trials = std::vector<const record::Trial*>;

// The trials of a scenario that count: no warm-ups, none that was disturbed.
Trials counted(const std::vector<record::Trial>& trials, std::string_view scenario);
Trials counted(const Trials& trials, std::string_view scenario);

using OfStream = std::optional<double> (*)(const record::Stream&);
// One sample per trial: the median of the figure over the trial's streams that have it.
std::vector<double> per_trial(const Trials& trials, OfStream figure);
// All tokens of a trial's streams by its wall time; none of a trial with a stream whose count is not known.
std::vector<double> output_rates(const Trials& trials);
std::vector<double> wall_times(const Trials& trials);
// Streams by wall time.
std::vector<double> sequence_rates(const Trials& trials);
// Trial::tokens by wall time.
std::vector<double> token_rates(const Trials& trials);

}  // namespace bantam::measure
