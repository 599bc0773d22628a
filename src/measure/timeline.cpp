#include "measure/timeline.hpp"

#include <cstddef>

#include "base/clock.hpp"

namespace bantam::measure {

std::optional<double> ttft_s(const record::Stream& stream) {
  if (stream.token_ns.empty()) return std::nullopt;
  return base::seconds(stream.token_ns.front());
}

std::optional<double> e2e_latency_s(const record::Stream& stream) {
  if (stream.token_ns.empty()) return std::nullopt;
  return base::seconds(stream.token_ns.back());
}

std::optional<double> tpot_s(const record::Stream& stream) {
  if (stream.token_ns.size() < 2) return std::nullopt;
  return base::seconds(stream.token_ns.back() - stream.token_ns.front()) /
         static_cast<double>(stream.token_ns.size() - 1);
}

std::optional<double> decode_tokens_per_s(const record::Stream& stream) {
  const auto gap_s = tpot_s(stream);
  if (!gap_s || *gap_s <= 0.0) return std::nullopt;
  return 1.0 / *gap_s;
}

std::optional<double> prefill_tokens_per_s(const record::Stream& stream) {
  if (stream.prompt_tokens <= 0 || stream.prefill_ns <= 0) return std::nullopt;
  return static_cast<double>(stream.prompt_tokens) / base::seconds(stream.prefill_ns);
}

std::optional<double> prompt_tokens(const record::Stream& stream) {
  return static_cast<double>(stream.prompt_tokens);
}

std::optional<double> output_tokens(const record::Stream& stream) {
  return static_cast<double>(stream.token_ns.size());
}

std::optional<double> cached_tokens(const record::Stream& stream) {
  return static_cast<double>(stream.cached_tokens);
}

void append_gaps_s(const record::Stream& stream, std::vector<double>& gaps) {
  for (std::size_t i = 1; i < stream.token_ns.size(); ++i) {
    gaps.push_back(base::seconds(stream.token_ns[i] - stream.token_ns[i - 1]));
  }
}

}  // namespace bantam::measure
