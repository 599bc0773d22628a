#include "measure/figures.hpp"

#include "base/clock.hpp"
#include "measure/validity.hpp"
#include "stats/order.hpp"

namespace bantam::measure {
namespace {

bool counts(const record::Trial& trial, std::string_view scenario) {
  return !trial.warmup && trial.scenario == scenario && !disturbance(trial);
}

std::optional<double> as_number(const std::optional<std::int64_t>& count) {
  return count ? std::optional(static_cast<double>(*count)) : std::nullopt;
}

// Tokens, of which a server may not tell.
std::optional<std::int64_t> tokens_of(const record::Stream& stream) {
  return stream.told ? stream.told->output_tokens : std::optional(std::ssize(stream.token_ns));
}

}  // namespace

bool has_token_stamps(const record::Stream& stream) {
  return !stream.told || stream.told->is_stamped;
}

std::optional<double> ttft_s(const record::Stream& stream) {
  if (stream.token_ns.empty()) return std::nullopt;
  return base::seconds(stream.token_ns.front());
}

std::optional<double> e2e_latency_s(const record::Stream& stream) {
  if (stream.token_ns.empty()) return std::nullopt;
  return base::seconds(stream.token_ns.back());
}

std::optional<double> tpot_s(const record::Stream& stream) {
  const auto tokens = tokens_of(stream);
  if (!tokens || *tokens < 2 || stream.token_ns.size() < 2) return std::nullopt;
  const std::int64_t span_ns = stream.token_ns.back() - stream.token_ns.front();
  if (stream.told && span_ns <= 0) return std::nullopt;  // it does not stream
  return base::seconds(span_ns) / static_cast<double>(*tokens - 1);
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
  return stream.told ? as_number(stream.told->prompt_tokens) : as_number(stream.prompt_tokens);
}

std::optional<double> output_tokens(const record::Stream& stream) {
  return as_number(tokens_of(stream));
}

std::optional<double> cached_tokens(const record::Stream& stream) {
  return stream.told ? as_number(stream.told->cached_tokens) : as_number(stream.cached_tokens);
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
  if (!has_token_stamps(stream)) return;
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
    std::int64_t tokens = 0;
    bool is_known = true;  // of all streams
    for (const auto& stream : trial->streams) {
      const auto own = tokens_of(stream);
      is_known = is_known && own;
      tokens += own.value_or(0);
    }
    if (is_known && tokens > 0 && trial->wall_s > 0.0)
      samples.push_back(static_cast<double>(tokens) / trial->wall_s);
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
