#include "engine/speculation.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace bantam::engine {
namespace {

class Speculation {
 public:
  Speculation(SpeculationTarget& target, Proposer* proposer, const SpeculationLimits& limits,
              const base::Clock& clock, Generation& out)
      : target_(target),
        proposer_(proposer),
        limits_(limits),
        clock_(clock),
        out_(out),
        text_(out.prompt_tokens),
        exact_(text_.size()) {
    text_.reserve(text_.size() + limits.most_tokens);
    draft_.reserve(limits.draft_tokens);
    batch_.reserve(limits.draft_tokens + 1);
    rows_.reserve(proposer == nullptr ? limits.most_tokens : 0);
    out_.tokens.reserve(limits.most_tokens);
    out_.token_ns.reserve(limits.most_tokens);
    out_.finish = "length";
    out_.smallest_top2_gap = std::numeric_limits<double>::infinity();
  }

  base::Status run(const TopTwo& first) {
    take(first);
    while (!ended_) TRY(step());
    if (proposer_ == nullptr) return {};
    out_.drafted_tokens = drafted_;
    out_.accepted_tokens = accepted_;
    return {};
  }

  // The prompt and the output.
  const std::vector<Token>& text() const { return text_; }
  // Without proposals: those that gave the second token of the output and the ones behind it.
  const std::vector<TopTwo>& rows() const { return rows_; }

 private:
  // Computes the newest token with what is proposed behind it.
  base::Status step() {
    const std::size_t begin = text_.size() - 1;
    draft_.clear();
    // Behind those that it accepts, a step gives a token of the model's own.
    const std::size_t most = std::min({limits_.draft_tokens, limits_.most_tokens - out_.tokens.size() - 1,
                                       target_.most_at_once(begin) - 1});
    if (proposer_ != nullptr && most > 0) TRY(proposer_->propose(text_, most, draft_));
    // The row before an end token tells all that is wanted.
    draft_.erase(std::ranges::find_if(draft_, [this](Token token) { return target_.is_end(token); }),
                 draft_.end());
    drafted_ += static_cast<std::int64_t>(draft_.size());
    batch_.assign(1, text_.back());
    batch_.insert(batch_.end(), draft_.begin(), draft_.end());
    TRY(target_.compute(batch_, begin, true));
    if (draft_.empty() && exact_ == begin) exact_ = begin + 1;
    TRY(accept(begin));
    if (ended_ || text_.size() == begin + batch_.size() + 1) return {};
    return target_.cut(text_.size() - 1);
  }

  base::Status accept(std::size_t begin) {
    for (std::size_t i = 0; i < batch_.size(); ++i) {
      const std::size_t cells = begin + i + 1;
      TRY_ASSIGN(TopTwo top, target_.top(i));
      const bool unsure = exact_ < cells && top.gap < limits_.tolerance;
      if (unsure) {
        TRY_ASSIGN(top, compute_one_by_one(cells));
      } else if (proposer_ == nullptr) {
        rows_.push_back(top);
      }
      if (!take(top)) return {};
      const bool right = i < draft_.size() && draft_[i] == text_.back();
      if (right && !unsure) ++accepted_;  // what was computed again has saved nothing
      if (ended_ || !right || unsure) return {};
    }
    return {};
  }

  // All cells before `cells` as decoding one by one leaves them; gives the last one's row.
  base::Result<TopTwo> compute_one_by_one(std::size_t cells) {
    TRY(target_.cut(exact_));
    for (; exact_ < cells; ++exact_) {
      TRY(target_.compute(std::span(text_).subspan(exact_, 1), exact_, false));
    }
    return target_.top(0);
  }

  // False when the generation has ended before the token.
  bool take(const TopTwo& top) {
    const std::int64_t known_ns = clock_.now_ns();
    out_.smallest_top2_gap = std::min(out_.smallest_top2_gap, static_cast<double>(top.gap));
    const auto token = static_cast<Token>(top.index);
    if (target_.is_end(token)) {
      out_.finish = "stop";
      ended_ = true;
      return false;
    }
    text_.push_back(token);
    out_.tokens.push_back(token);
    out_.token_ns.push_back(known_ns);
    if (target_.ends_at_stop(token)) {
      out_.finish = "stop";
      ended_ = true;
    }
    if (out_.tokens.size() == limits_.most_tokens) ended_ = true;
    return true;
  }

  SpeculationTarget& target_;
  Proposer* proposer_;  // null: none
  const SpeculationLimits& limits_;
  const base::Clock& clock_;
  Generation& out_;
  std::vector<Token> text_;
  std::size_t exact_;  // cells at the start that are as decoding one by one leaves them
  std::vector<Token> draft_, batch_;
  std::vector<TopTwo> rows_;
  std::int64_t drafted_ = 0, accepted_ = 0;
  bool ended_ = false;
};

constexpr std::size_t kFewRows = 32;
constexpr double kMargin = 4.0;

// Of the two best logits that one token at a time gave: how far their difference is from the batch's.
double difference(const TopTwo& alone, const TopTwo& batched) {
  const double there = batched.index == alone.index ? batched.gap : -batched.gap;
  if (!std::isfinite(alone.gap) || !std::isfinite(there)) return 0.0;  // a vocabulary of one token
  return std::abs(static_cast<double>(alone.gap) - there);
}

}  // namespace

double BatchDifference::tolerance() const {
  return std::max(kMargin * largest, rows < kFewRows ? kUsualTolerance : 0.0);
}

base::Status speculate(SpeculationTarget& target, Proposer& proposer, const SpeculationLimits& limits,
                       const TopTwo& first, const base::Clock& clock, Generation& out) {
  return Speculation(target, &proposer, limits, clock, out).run(first);
}

base::Result<BatchDifference> decode_both_ways(SpeculationTarget& target, const SpeculationLimits& limits,
                                               const TopTwo& first, const base::Clock& clock,
                                               Generation& out) {
  Speculation alone(target, nullptr, limits, clock, out);
  TRY(alone.run(first));
  const std::span<const Token> text = alone.text();
  const std::vector<TopTwo>& rows = alone.rows();
  BatchDifference seen;
  const std::size_t prompt = out.prompt_tokens.size();
  TRY(target.cut(prompt));
  for (std::size_t size = limits.draft_tokens + 1;
       seen.rows<rows.size(); size = size> 2 ? size - 1 : limits.draft_tokens + 1) {
    const std::size_t begin = prompt + seen.rows;
    const std::size_t count = std::min({size, rows.size() - seen.rows, target.most_at_once(begin)});
    TRY(target.compute(text.subspan(begin, count), begin, true));
    for (std::size_t i = 0; i < count; ++i, ++seen.rows) {
      TRY_ASSIGN(const TopTwo top, target.top(i));
      seen.largest = std::max(seen.largest, difference(rows[seen.rows], top));
    }
  }
  return seen;
}

}  // namespace bantam::engine
