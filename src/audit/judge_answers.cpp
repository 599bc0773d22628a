// Whether what is timed is the work that was asked for: outputs, repetitions, tokens.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "audit/judges.hpp"
#include "base/text.hpp"
#include "base/units.hpp"
#include "stats/blocks.hpp"
#include "stats/order.hpp"

namespace bantam::audit {
namespace {

// The first place where both differ; absent where they do not.
std::optional<std::size_t> difference(const job::OutputFacts& output) {
  const auto [measured, answered] = std::mismatch(output.measured.begin(), output.measured.end(),
                                                  output.answered.begin(), output.answered.end());
  const bool all_answered = answered == output.answered.end();
  const bool all_measured = measured == output.measured.end();
  if (all_answered && (all_measured || output.answer_ended)) return std::nullopt;
  return static_cast<std::size_t>(measured - output.measured.begin());
}

std::string as_ratio(const stats::PairedRatio& paired) {
  if (!paired.interval) return fmt::format("{:.3f}x", paired.ratio);
  return fmt::format("{:.3f}x [{:.3f}, {:.3f}]", paired.ratio, paired.interval->low, paired.interval->high);
}

stats::PairedRatio gain(const std::vector<job::RepeatPair>& pairs, double job::RepeatPair::*other,
                        double job::RepeatPair::*same) {
  std::vector<double> logs;
  for (const job::RepeatPair& pair : pairs) {
    if (pair.*other > 0.0 && pair.*same > 0.0) logs.push_back(std::log(pair.*other / pair.*same));
  }
  return logs.empty() ? stats::PairedRatio{} : stats::paired_ratio(logs);
}

base::Json to_json(const stats::PairedRatio& paired) {
  base::Json json{{"ratio", paired.ratio}};
  if (paired.interval) json["interval"] = {paired.interval->low, paired.interval->high};
  return json;
}

std::string order_problem(const job::RequestFacts& request) {
  std::int64_t before_ns = 0;
  for (std::size_t i = 0; i < request.token_ns.size(); ++i) {
    if (request.token_ns[i] <= before_ns) {
      return i == 0 ? "the first token's stamp is not after the request was handed over"
                    : fmt::format("the stamp of token {} is not after the one before it", i + 1);
    }
    before_ns = request.token_ns[i];
  }
  if (before_ns > request.returned_ns) return "the last stamp is later than the end of the call";
  const bool prefilled =
      request.prefill_ns > 0 && !request.token_ns.empty() && request.prefill_ns <= request.token_ns.front();
  return prefilled ? std::string() : "the prompt's stamp is not between the hand-over and the first token";
}

std::string request_problem(const job::RequestFacts& request) {
  const auto tokens = std::ssize(request.tokens);
  if (tokens != request.asked_tokens)
    return fmt::format("{} tokens were asked for, {} were given", request.asked_tokens, tokens);
  if (std::ssize(request.token_ns) != tokens)
    return fmt::format("{} tokens have {} stamps", tokens, request.token_ns.size());
  for (const engine::Token token : request.tokens) {
    if (token < 0 || token >= request.vocabulary)
      return fmt::format("token {} is not in the vocabulary of {}", token, request.vocabulary);
  }
  if (std::string problem = order_problem(request); !problem.empty()) return problem;
  if (request.prompt_tokens != request.counted_prompt_tokens)
    return fmt::format("the prompt counts {} tokens, its text has {}", request.prompt_tokens,
                       request.counted_prompt_tokens);
  if (request.cached_tokens != 0)
    return fmt::format("{} prompt tokens came from a cache", request.cached_tokens);
  // Some tokenizers put a space before the first word.
  if (request.text_again && base::trim(*request.text_again) != base::trim(request.text))
    return "the text of the tokens reads otherwise after it was tokenized again";
  return {};
}

// Median over requests of the time between tokens.
std::optional<double> token_s(const std::vector<job::RequestFacts>& requests) {
  std::vector<double> times;
  for (const job::RequestFacts& request : requests) {
    if (request.token_ns.size() < 2) continue;
    times.push_back(1e-9 * static_cast<double>(request.token_ns.back() - request.token_ns.front()) /
                    static_cast<double>(request.token_ns.size() - 1));
  }
  return stats::median(times);
}

}  // namespace

Finding judge_outputs(const std::vector<job::OutputFacts>& outputs) {
  Finding finding{.check = checks::kOutputs, .figure = {}, .meaning = {}};
  finding.data = {{"prompts", outputs.size()}, {"differences", base::Json::array()}};
  if (outputs.empty()) {
    finding.figure = "no prompt was answered";
    finding.meaning = "whether speed is measured on the work of accuracy tasks is not known";
    return finding;
  }
  std::vector<std::string> texts;
  std::size_t tokens = 0;
  bool all_near = true;
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    tokens += outputs[i].measured.size();
    const auto place = difference(outputs[i]);
    if (!place) continue;
    const std::optional<double>& gap = outputs[i].gap;
    all_near = all_near && gap && *gap < kNearTie;
    texts.push_back(fmt::format(
        "prompt {} differs from token {} on{}", i + 1, *place + 1,
        gap ? fmt::format(", where the two best logits are {} apart", base::format_significant(*gap, 2))
            : ""));
    base::Json one{{"prompt", i + 1}, {"token", *place + 1}};
    base::set_if(one, "gap", gap);
    finding.data["differences"].push_back(std::move(one));
  }
  finding.standing = all_near ? Standing::passed : Standing::failed;
  const std::string equal = fmt::format("{} of {} prompts gave the same tokens, {} in all",
                                        outputs.size() - texts.size(), outputs.size(), tokens);
  finding.figure = texts.empty() ? equal : equal + "; " + base::join(texts, "; ");
  finding.meaning = texts.empty() ? "what is timed is what accuracy tasks are answered with"
                    : all_near
                        ? "they part at near ties, as rounding does when several requests share a computation"
                        : "what is timed is not what accuracy tasks are answered with";
  return finding;
}

Finding judge_repeats(const job::RepeatFacts& facts) {
  Finding finding{.check = checks::kRepeats, .figure = {}, .meaning = {}};
  const auto ttft = gain(facts.pairs, &job::RepeatPair::other_ttft_s, &job::RepeatPair::same_ttft_s);
  const auto whole = gain(facts.pairs, &job::RepeatPair::other_e2e_s, &job::RepeatPair::same_e2e_s);
  finding.data = {{"pairs", facts.pairs.size()},
                  {"prompt_tokens", facts.prompt_tokens},
                  {"cached_tokens", facts.cached_tokens},
                  {"ttft", to_json(ttft)},
                  {"e2e", to_json(whole)},
                  {"limit", kMostGain}};
  finding.figure = fmt::format(
      "a new request takes {} to its first token and {} in all of what a repeated one takes, "
      "{} pairs of {} tokens, {} from a cache",
      as_ratio(ttft), as_ratio(whole), facts.pairs.size(), facts.prompt_tokens, facts.cached_tokens);
  const auto any = [&](const std::function<bool(const stats::Interval&)>& is) {
    return std::ranges::any_of(std::array{ttft, whole},
                               [&](const auto& one) { return one.interval && is(*one.interval); });
  };
  if (facts.cached_tokens > 0) {
    finding.standing = Standing::failed;
    finding.meaning = "prompt tokens that are not computed are timed as if they were";
  } else if (any([](const stats::Interval& interval) { return interval.low > kMostGain; })) {
    finding.standing = Standing::failed;
    finding.meaning = "repeating one sample is faster: something is remembered, and speeds are too good";
  } else if (!ttft.interval || !whole.interval ||
             any([](const stats::Interval& interval) { return interval.high > kMostGain; })) {
    finding.meaning = "too unsteady here to tell; give a larger --time-budget or stop other programs";
  } else {
    finding.standing = Standing::passed;
    finding.meaning = "repeating one sample is not faster";
  }
  return finding;
}

Finding judge_tokens(const std::vector<job::RequestFacts>& requests, const MemoryBound& bound) {
  Finding finding{.check = checks::kTokens, .figure = {}, .meaning = {}};
  const auto time_s = token_s(requests);
  std::int64_t tokens = 0, unread = 0;
  std::string problem;
  for (std::size_t i = 0; i < requests.size(); ++i) {
    tokens += std::ssize(requests[i].tokens);
    unread += requests[i].text_again ? 0 : 1;
    if (!problem.empty()) continue;
    problem = request_problem(requests[i]);
    if (!problem.empty()) problem = fmt::format("request {}: {}", i + 1, problem);
  }
  finding.data = {{"requests", requests.size()}, {"tokens", tokens}};
  base::set_if(finding.data, "token_s", time_s);
  if (requests.empty()) {
    finding.figure = "no request was made";
    finding.meaning = "whether token counts are real is not known";
    return finding;
  }
  std::string limit = bound.why_not.empty() ? "" : "; " + bound.why_not;
  if (time_s && bound.token_bytes && bound.read_bytes_per_s) {
    const double least_s = *bound.token_bytes / *bound.read_bytes_per_s;
    finding.data["least_token_s"] = least_s;
    limit = fmt::format("; {} a token, reading the weights alone takes {}", base::format_seconds(*time_s),
                        base::format_seconds(least_s));
    if (problem.empty() && *time_s * kBandwidthAllowance < least_s)
      problem = "tokens come faster than memory gives the weights";
  }
  if (unread > 0) limit += fmt::format("; the text of {} cannot be tokenized again", unread);
  finding.standing = problem.empty() ? Standing::passed : Standing::failed;
  finding.figure = problem.empty()
                       ? fmt::format(
                             "{} requests gave the {} tokens that were asked for, stamps in order, "
                             "text read back alike{}",
                             requests.size(), tokens, limit)
                       : problem + limit;
  finding.meaning =
      problem.empty() ? "token counts are those of the engine" : "token counts or their times are not real";
  return finding;
}

}  // namespace bantam::audit
