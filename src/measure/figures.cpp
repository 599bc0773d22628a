#include "measure/figures.hpp"

#include "base/clock.hpp"
#include "measure/validity.hpp"
#include "stats/order.hpp"

namespace bantam::measure {
namespace {

bool counts(const record::Trial& trial, std::string_view scenario) {
  return !trial.warmup && trial.scenario == scenario && !disturbance(trial);
}

}  // namespace

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

std::optional<double> draft_acceptance_rate(const record::Stream& stream) {
  if (stream.drafted_tokens.value_or(0) <= 0 || !stream.accepted_tokens) return std::nullopt;
  return static_cast<double>(*stream.accepted_tokens) / static_cast<double>(*stream.drafted_tokens);
}

std::optional<double> accepted_tokens_per_step(const record::Stream& stream) {
  if (!stream.accepted_tokens) return std::nullopt;
  const std::int64_t steps = std::ssize(stream.token_ns) - 1 - *stream.accepted_tokens;
  if (steps <= 0) return std::nullopt;
  return static_cast<double>(*stream.accepted_tokens) / static_cast<double>(steps);
}

void append_gaps_s(const record::Stream& stream, std::vector<double>& gaps) {
  for (std::size_t i = 1; i < stream.token_ns.size(); ++i) {
    gaps.push_back(base::seconds(stream.token_ns[i] - stream.token_ns[i - 1]));
  }
}

Trials counted(const std::vector<record::Trial>& trials, std::string_view scenario) {
  Trials chosen;
  for (const auto& trial : trials) {
    if (counts(trial, scenario)) chosen.push_back(&trial);
  }
  return chosen;
}

Trials counted(const Trials& trials, std::string_view scenario) {
  Trials chosen;
  for (const auto* trial : trials) {
    if (counts(*trial, scenario)) chosen.push_back(trial);
  }
  return chosen;
}

std::vector<double> per_trial(const Trials& trials, OfStream figure) {
  std::vector<double> samples;
  for (const auto* trial : trials) {
    std::vector<double> within;
    for (const auto& stream : trial->streams) {
      if (const auto value = figure(stream)) within.push_back(*value);
    }
    if (const auto middle = stats::median(within)) samples.push_back(*middle);
  }
  return samples;
}

std::vector<double> output_rates(const Trials& trials) {
  std::vector<double> samples;
  for (const auto* trial : trials) {
    std::size_t tokens = 0;
    for (const auto& stream : trial->streams) tokens += stream.token_ns.size();
    if (tokens > 0 && trial->wall_s > 0.0) samples.push_back(static_cast<double>(tokens) / trial->wall_s);
  }
  return samples;
}

std::vector<double> wall_times(const Trials& trials) {
  std::vector<double> samples;
  for (const auto* trial : trials) samples.push_back(trial->wall_s);
  return samples;
}

std::vector<double> sequence_rates(const Trials& trials) {
  std::vector<double> samples;
  for (const auto* trial : trials) {
    if (trial->wall_s > 0.0) samples.push_back(static_cast<double>(trial->streams.size()) / trial->wall_s);
  }
  return samples;
}

std::vector<double> token_rates(const Trials& trials) {
  std::vector<double> samples;
  for (const auto* trial : trials) {
    if (trial->wall_s > 0.0) samples.push_back(static_cast<double>(trial->tokens) / trial->wall_s);
  }
  return samples;
}

}  // namespace bantam::measure
