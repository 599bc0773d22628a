#pragma once
// Raw trials -> the metrics of a performance record, with intervals, and the verdict on them; and the figures
// of one request, from its time line. Pure: reads no clock, no file, no counter. Knows nothing of how the
// trials were made or where the record goes.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/engine.hpp"
#include "measure/validity.hpp"
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

// All that was seen of one cell.
struct Observed {
  bool encoder = false;  // the trials are of an encoder: sequences in place of requests
  std::vector<record::Trial> trials;
  std::optional<engine::MemoryUse> engine_memory;      // as the engine accounts for it
  std::optional<std::int64_t> private_peak_bytes;      // PrivateMemorySampler, seen from the parent
  std::optional<std::int64_t> weights_resident_bytes;  // resident_bytes of the model file, after the trials
  std::optional<std::string>
      cpus_before;  // the list of CPUs that could be used before the worker was started
  std::map<std::string, std::string> absent;  // metric -> why it could not be measured ("load_cold_s": ...)
};

// Members of record::Record, ready to be moved there.
struct Summary {
  std::map<std::string, record::Value> metrics;  // catalogue names
  std::map<std::string, std::string> absent;     // each speed and memory metric that is not above, and why
  std::vector<std::string> reasons;              // why the measurement is invalid; none: it is valid
  std::vector<std::string> warnings;
};

// Warm-up trials are left out, and those that are disturbed. Every figure is a median over trials with its
// exact 95 % order-statistic interval where there are at least six; one of a batch is first a median over the
// batch's requests, as those are not independent. An encoder has figures of sequences in place of those of
// requests and tokens. Percentiles of gaps pool the gaps of all single-stream trials and appear only above
// their floors. Invalid: prompt tokens came from a cache; a gate with invalid_above was passed; a scenario
// ended because too many of its trials were disturbed; the CPUs that could be used changed. Warning: trials
// were repeated; outputs differ between repetitions; a gate was passed; the engine's buffers are larger than
// the private peak.
Summary summarize(const Observed& observed, const Gates& gates = {});

}  // namespace bantam::measure
