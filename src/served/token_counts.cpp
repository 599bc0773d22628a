#include "served/token_counts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace bantam::served {
namespace {

using Series = std::vector<std::int64_t>;

constexpr std::int64_t kCompletesCharacter = 3;
constexpr std::int64_t kLongestToken = 256;  // bytes; the longest of vocabularies in use, of spaces, have 128

std::int64_t sum(const Series& series) {
  std::int64_t total = 0;
  for (const std::int64_t count : series) total += count;
  return total;
}

// The tokens of each arrival by a member that tells those of its own events. Absent unless all with output
// have it.
std::optional<Series> own_counts(const std::vector<Evidence>& evidence,
                                 std::optional<std::int64_t> Evidence::*member) {
  Series series;
  bool is_told = false;
  for (const Evidence& one : evidence) {
    const auto& count = one.*member;
    if (one.has_output && !count) return std::nullopt;
    is_told = is_told || count;
    series.push_back(count.value_or(0));
  }
  return is_told ? std::optional(std::move(series)) : std::nullopt;
}

// The same from running totals. Absent where one goes back.
std::optional<Series> steps(const std::vector<Evidence>& evidence) {
  Series series;
  std::int64_t before = 0;
  bool is_told = false;
  for (const Evidence& one : evidence) {
    const auto& now = one.tokens_so_far;
    if ((one.has_output && !now) || (now && *now < before)) return std::nullopt;
    is_told = is_told || now;
    series.push_back(now.value_or(before) - before);
    before = now.value_or(before);
  }
  return is_told ? std::optional(std::move(series)) : std::nullopt;
}

bool ended_by_itself(const AnswerFacts& facts) {
  return facts.finish && *facts.finish != "length";
}

// Whether `seen` tokens can be all of `total`.
bool agree(std::int64_t seen, std::int64_t total, const AnswerFacts& facts) {
  return seen == total || (ended_by_itself(facts) && seen + 1 == total);
}

std::optional<std::int64_t> used(const AnswerFacts& facts) {
  return facts.usage ? facts.usage->completion_tokens : std::nullopt;
}

std::optional<std::int64_t> predicted(const AnswerFacts& facts) {
  return facts.timings ? facts.timings->predicted_n : std::nullopt;
}

TokenCount counted(std::int64_t value, CountSource source) {
  return {value, source, {}};
}

// By the source that tells the most: what the engine counted itself, then usage, then ids and
// log-probabilities.
TokenCount total_of(const AnswerFacts& facts, const std::optional<Series>& ids,
                    const std::optional<Series>& logprobs) {
  if (const auto count = used(facts)) return counted(*count, CountSource::usage);
  if (const auto count = predicted(facts)) return counted(*count, CountSource::timings);
  if (ids) return counted(sum(*ids), CountSource::token_ids);
  if (logprobs) return counted(sum(*logprobs), CountSource::logprobs);
  return {std::nullopt, CountSource::usage, "the server told no number of tokens"};
}

struct Check {
  const AnswerFacts& facts;
  std::int64_t total;
  std::vector<std::string>& contradictions;

  void parts(const std::optional<Series>& ids, const std::optional<Series>& logprobs) {
    if (ids && !agree(sum(*ids), total, facts))
      say(fmt::format("it counts {} tokens and sent {} token ids", total, sum(*ids)));
    if (!logprobs || agree(sum(*logprobs), total, facts)) return;
    const bool holds_back = predicted(facts) == total && sum(*logprobs) < total;
    if (!holds_back)
      say(fmt::format("it counts {} tokens and sent log-probabilities of {}", total, sum(*logprobs)));
  }
  void whole() {
    if (predicted(facts) && *predicted(facts) != total)
      say(fmt::format("usage says {} tokens, timings {}", total, *predicted(facts)));
    if (total > facts.max_tokens + kCompletesCharacter)
      say(fmt::format("it counts {} tokens, and at most {} were asked for", total, facts.max_tokens));
    if (facts.bytes / kLongestToken > total || (total == 0 && facts.bytes > 0))
      say(fmt::format("it counts {} tokens for {} bytes of text", total, facts.bytes));
    const auto reasoning = facts.usage ? facts.usage->reasoning_tokens : std::nullopt;
    if (reasoning && *reasoning > total)
      say(fmt::format("it counts {} tokens, and {} of reasoning among them", total, *reasoning));
  }
  void say(std::string words) {
    contradictions.push_back("the server contradicts itself: " + std::move(words));
  }
};

std::optional<std::int64_t> computed_prompt(const AnswerFacts& facts) {
  if (!facts.timings || !facts.timings->prompt_n) return std::nullopt;
  return *facts.timings->prompt_n + facts.timings->cache_n.value_or(0);
}

void count_prompt(const AnswerFacts& facts, Counts& counts) {
  const auto told = facts.usage ? facts.usage->prompt_tokens : std::nullopt;
  const auto computed = computed_prompt(facts);
  if (told && computed && *told != *computed) {
    counts.prompt_tokens.reason =
        fmt::format("usage says {} tokens of the prompt, timings {}", *told, *computed);
  } else if (told) {
    counts.prompt_tokens = counted(*told, CountSource::usage);
  } else if (computed) {
    counts.prompt_tokens = counted(*computed, CountSource::timings);
  } else {
    counts.prompt_tokens.reason = "the server told no number of tokens of the prompt";
  }
  const auto cached = facts.usage ? facts.usage->cached_tokens : std::nullopt;
  const auto kept = facts.timings ? facts.timings->cache_n : std::nullopt;
  if (cached && kept && *cached != *kept) {
    counts.cached_tokens.reason = fmt::format("usage says {} cached tokens, timings {}", *cached, *kept);
  } else if (cached) {
    counts.cached_tokens = counted(*cached, CountSource::usage);
  } else if (kept) {
    counts.cached_tokens = counted(*kept, CountSource::timings);
  } else {
    counts.cached_tokens.reason = "the server does not tell what it used again";
  }
}

// The first of the series that gives every token its arrival. The end that nothing shows came with the end.
std::optional<Series> parts_of(const std::vector<std::optional<Series>>& candidates,
                               const std::vector<Evidence>& evidence, std::int64_t total,
                               const AnswerFacts& facts) {
  for (const auto& candidate : candidates) {
    if (!candidate || !agree(sum(*candidate), total, facts)) continue;
    Series series = *candidate;
    const auto end =
        std::find_if(evidence.begin(), evidence.end(), [](const Evidence& one) { return one.has_end; });
    if (sum(series) < total && end != evidence.end())
      series[static_cast<std::size_t>(end - evidence.begin())] += 1;
    if (sum(series) == total) return series;
  }
  return std::nullopt;
}

}  // namespace

std::string_view name(CountSource source) {
  switch (source) {
    case CountSource::usage:
      return "usage";
    case CountSource::logprobs:
      return "logprobs";
    case CountSource::token_ids:
      return "token_ids";
    case CountSource::timings:
      break;
  }
  return "timings";
}

Counts count_tokens(const std::vector<Evidence>& evidence, const AnswerFacts& facts) {
  const auto ids = own_counts(evidence, &Evidence::token_ids);
  const auto logprobs = own_counts(evidence, &Evidence::logprobs);
  Counts counts;
  count_prompt(facts, counts);
  for (const Evidence& one : evidence)
    counts.arrivals.push_back({one.at_ns, one.has_output, one.has_end, {}});
  counts.output_tokens = total_of(facts, ids, logprobs);
  if (!counts.output_tokens.value) {
    counts.no_parts_reason = counts.output_tokens.reason;
    return counts;
  }
  const std::int64_t total = *counts.output_tokens.value;
  Check check{facts, total, counts.contradictions};
  check.parts(ids, logprobs);
  check.whole();
  if (!counts.contradictions.empty()) {
    counts.output_tokens = {std::nullopt, CountSource::usage, counts.contradictions.front()};
    counts.no_parts_reason = counts.contradictions.front();
    return counts;
  }
  const auto parts = parts_of({ids, steps(evidence), logprobs}, evidence, total, facts);
  if (!parts) {
    counts.no_parts_reason = "the server does not tell how many tokens each of its events has";
    return counts;
  }
  for (std::size_t i = 0; i < parts->size(); ++i) counts.arrivals[i].tokens = (*parts)[i];
  return counts;
}

}  // namespace bantam::served
