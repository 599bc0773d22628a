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
Tokens input_tokens(const ScoreRequest& request) {
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
    for (const ScoreRequest& request : item) all.push_back(input_tokens(request));
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
    Tokens inputs = input_tokens(request);
    added += inputs.size() - std::max(std::min(prefix, inputs.size()), common(before, inputs));
    before = std::move(inputs);
  }
  return added;
}

// The first requests of an item, cut to a few tokens.
Requests shortened_requests(const Requests& item) {
  constexpr std::size_t kRequests = 4;
  constexpr std::size_t kContext = 64;
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

using Scores = std::vector<engine::Score>;

base::Result<Scores> score_alone(engine::Engine& engine, const Requests& sample) {
  Scores scores;
  for (std::size_t i = 0; i < sample.size(); ++i) {
    TRY_ASSIGN(const auto alone, engine.score(std::span(sample).subspan(i, 1)));
    scores.push_back(alone.front());
  }
  return scores;
}

base::Result<Scores> score_shared(engine::Engine& engine, const Requests& sample) {
  const std::vector<Requests> one{sample};
  const Tokens prefix = common_prefix(one);
  TRY(engine.hold(std::span(prefix).first(prefix.size() / 2)));
  return engine.score(sample);
}

struct Differences {
  double largest = 0.0;    // in nats
  bool acceptable = true;  // none above 0.05 + 0.5 %
};

Differences differences(const Scores& plain, const Scores& other) {
  Differences found;
  for (std::size_t i = 0; i < plain.size(); ++i) {
    const double difference = std::abs(plain[i].log_likelihood - other[i].log_likelihood);
    found.largest = std::max(found.largest, difference);
    // Written so that a NaN is not acceptable.
    if (!(difference <= 0.05 + 0.005 * std::abs(plain[i].log_likelihood))) found.acceptable = false;
  }
  return found;
}

base::Status check_kernels(engine::Engine& engine, const Requests& sample, const Scores& plain,
                           ScoringFacts& facts) {
  facts.own_kernels = engine.use_own_kernels(true);
  if (facts.own_kernels.empty()) return {};
  TRY_ASSIGN(const Scores scores, score_alone(engine, sample));
  const Differences found = differences(plain, scores);
  facts.largest_kernel_difference = found.largest;
  if (found.acceptable) return {};
  facts.why_engine_kernels = fmt::format("with {} a log-likelihood came out {:.3g} away from the engine's",
                                         facts.own_kernels, found.largest);
  facts.own_kernels = engine.use_own_kernels(false);
  return {};
}

base::Status check_sharing(engine::Engine& engine, const Requests& sample, const Scores& plain,
                           ScoringFacts& facts) {
  facts.shared = engine.set_sharing(true);
  if (!facts.shared) {
    facts.why_unshared = "the engine cannot share prefixes of this model";
    return {};
  }
  TRY_ASSIGN(const Scores scores, score_shared(engine, sample));
  const Differences found = differences(plain, scores);
  facts.largest_difference = found.largest;
  if (found.acceptable) return {};
  facts.why_unshared =
      fmt::format("with shared prefixes a log-likelihood came out {:.3g} away from its own", found.largest);
  engine.set_sharing(false);
  facts.shared = false;
  return {};
}

}  // namespace

ScoringLayout lay_out(std::span<const Requests> items, const UnitLimits& limits) {
  ScoringLayout layout;
  layout.prefix = common_prefix(items);
  layout.distinct_tokens = distinct_tokens(items);
  std::vector<std::size_t> order(items.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::vector<Tokens> firsts;
  for (const Requests& item : items) firsts.push_back(input_tokens(item.front()));
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

base::Result<ScoringFacts> check_shortcuts(engine::Engine& engine, const Requests& item,
                                           bool want_own_kernels) {
  ScoringFacts facts;
  const std::int64_t before = engine.score_work().computed_tokens;
  const Requests sample = shortened_requests(item);
  engine.set_sharing(false);
  engine.use_own_kernels(false);
  TRY_ASSIGN(const Scores plain, score_alone(engine, sample));
  if (want_own_kernels) TRY(check_kernels(engine, sample, plain, facts));
  TRY(check_sharing(engine, sample, plain, facts));
  facts.check_tokens = engine.score_work().computed_tokens - before;
  return facts;
}

}  // namespace bantam::evaluate
