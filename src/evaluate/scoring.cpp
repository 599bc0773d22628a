#include "evaluate/scoring.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace bantam::evaluate {
namespace {

using engine::ScoreRequest;
using engine::Token;
using Tokens = std::vector<Token>;

// A shorter prefix costs less than keeping it.
constexpr std::size_t kShortestPrefix = 16;

// All tokens but the last, which is only predicted.
Tokens inputs_of(const ScoreRequest& request) {
  Tokens inputs = request.context;
  inputs.insert(inputs.end(), request.continuation.begin(), request.continuation.end() - 1);
  return inputs;
}

std::size_t common(std::span<const Token> a, std::span<const Token> b) {
  const auto [end, unused] = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
  return static_cast<std::size_t>(end - a.begin());
}

Tokens common_prefix(std::span<const Requests> items) {
  if (items.empty()) return {};
  Tokens prefix = items.front().front().context;
  for (const Requests& item : items) {
    for (const ScoreRequest& request : item) {
      const std::size_t own = common(prefix, request.context);
      prefix.resize(std::min(own, request.context.size() - 1));
    }
  }
  if (prefix.size() < kShortestPrefix) prefix.clear();
  return prefix;
}

std::int64_t distinct_tokens(std::span<const Requests> items) {
  std::vector<Tokens> all;
  for (const Requests& item : items) {
    for (const ScoreRequest& request : item) all.push_back(inputs_of(request));
  }
  std::sort(all.begin(), all.end());
  std::size_t count = 0;
  for (std::size_t i = 0; i < all.size(); ++i)
    count += all[i].size() - (i == 0 ? 0 : common(all[i - 1], all[i]));
  return static_cast<std::int64_t>(count);
}

// Tokens that an item adds after the request before it, as neighbours share them.
std::size_t added_tokens(const Requests& item, std::size_t prefix, Tokens& before) {
  std::size_t added = 0;
  for (const ScoreRequest& request : item) {
    Tokens inputs = inputs_of(request);
    added += inputs.size() - std::max(std::min(prefix, inputs.size()), common(before, inputs));
    before = std::move(inputs);
  }
  return added;
}

// The first requests of an item, cut to a few tokens.
Requests sample_of(const Requests& item) {
  constexpr std::size_t kRequests = 4;
  constexpr std::size_t kContext = 32;
  constexpr std::size_t kContinuation = 4;
  Requests sample;
  for (std::size_t i = 0; i < std::min(kRequests, item.size()); ++i) {
    ScoreRequest request = item[i];
    request.context.resize(std::min(kContext, request.context.size()));
    request.continuation.resize(std::min(kContinuation, request.continuation.size()));
    sample.push_back(std::move(request));
  }
  // A branch inside the context.
  ScoreRequest shorter = sample.front();
  if (shorter.context.size() > 2) {
    shorter.context.resize(shorter.context.size() - 2);
    sample.push_back(std::move(shorter));
  }
  return sample;
}

}  // namespace

ScoringLayout lay_out(std::span<const Requests> items, const UnitLimits& limits) {
  ScoringLayout layout;
  layout.prefix = common_prefix(items);
  layout.distinct_tokens = distinct_tokens(items);
  std::vector<std::size_t> order(items.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::vector<Tokens> firsts;
  for (const Requests& item : items) firsts.push_back(inputs_of(item.front()));
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return firsts[a] < firsts[b]; });
  std::size_t tokens = 0;
  Tokens before;
  for (const std::size_t item : order) {
    const std::size_t added = added_tokens(items[item], layout.prefix.size(), before);
    const bool full = !layout.units.empty() &&
                      (tokens + added > limits.tokens || layout.units.back().size() >= limits.items);
    if (layout.units.empty() || full) {
      layout.units.emplace_back();
      tokens = 0;
    }
    layout.units.back().push_back(item);
    tokens += added;
  }
  return layout;
}

base::Result<ScoringFacts> check_sharing(engine::Engine& engine, const Requests& item) {
  ScoringFacts facts;
  facts.shared = engine.set_sharing(true);
  if (!facts.shared) {
    facts.why_unshared = "the engine cannot share prefixes of this model";
    return facts;
  }
  const std::int64_t before = engine.score_work().computed_tokens;
  const Requests sample = sample_of(item);
  const std::vector<Requests> one{sample};
  const Tokens prefix = common_prefix(one);
  TRY(engine.hold(std::span(prefix).first(prefix.size() / 2)));
  TRY_ASSIGN(const auto shared, engine.score(sample));
  engine.set_sharing(false);
  double excess = 0.0;
  facts.largest_difference = 0.0;
  for (std::size_t i = 0; i < sample.size(); ++i) {
    TRY_ASSIGN(const auto alone, engine.score(std::span(sample).subspan(i, 1)));
    const double difference = std::abs(shared[i].log_likelihood - alone.front().log_likelihood);
    facts.largest_difference = std::max(*facts.largest_difference, difference);
    excess = std::max(excess, difference - 0.05 - 0.005 * std::abs(alone.front().log_likelihood));
  }
  facts.check_tokens = engine.score_work().computed_tokens - before;
  facts.shared = excess <= 0.0 && engine.set_sharing(true);
  if (!facts.shared) {
    facts.why_unshared = fmt::format(
        "with shared prefixes a log-likelihood came out {:.3g} away from its own", *facts.largest_difference);
  }
  return facts;
}

}  // namespace bantam::evaluate
