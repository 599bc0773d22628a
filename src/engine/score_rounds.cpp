#include "engine/score_rounds.hpp"

#include <algorithm>

namespace bantam::engine {
namespace {

// A shorter common prefix is computed again: keeping it would cost more than it saves.
constexpr std::size_t kFewestKept = 16;
// The row of a token that is kept from the round before.
constexpr int kKeptRow = -1;

Token input_at(const ScoreRequest& request, std::size_t position) {
  const std::size_t context = request.context.size();
  return position < context ? request.context[position] : request.continuation[position - context];
}

class Planner {
 public:
  Planner(const ScoreLimits& limits, std::span<const Token> held)
      : limits_(limits), held_(held.size()), path_(held.begin(), held.end()) {}

  void add(std::size_t index, const ScoreRequest& request) {
    const std::size_t shared = shared_with_path(request);
    if (rounds_.empty() || !fits(request, shared)) {
      start_round(request, shared);
    } else {
      join(request, shared);
    }
    read_scores(index, request);
  }

  std::vector<ScoreRound> take() {
    for (ScoreRound& round : rounds_) {
      std::stable_sort(round.targets.begin(), round.targets.end(),
                       [](const ScoreTarget& a, const ScoreTarget& b) { return a.row < b.row; });
    }
    return std::move(rounds_);
  }

 private:
  // Length of the common prefix of the request's inputs and the path.
  std::size_t shared_with_path(const ScoreRequest& request) const {
    const std::size_t longest = std::min(path_.size(), score_inputs(request));
    std::size_t shared = 0;
    while (shared < longest && path_[shared] == input_at(request, shared)) ++shared;
    return shared;
  }

  bool fits(const ScoreRequest& request, std::size_t shared) const {
    const ScoreRound& round = rounds_.back();
    const std::size_t added = score_inputs(request) - shared;
    const bool forks = added > 0 && shared < path_.size();
    // Kept tokens have no logits in this round, and the last token of the context needs them.
    if (std::min(shared, kept_on_path_) >= request.context.size()) return false;
    if (forks && (!limits_.share || round.kept_by_branch.size() >= limits_.branches)) return false;
    if (outputs_ + added_outputs(request, shared) > limits_.outputs) return false;
    const std::size_t cells = static_cast<std::size_t>(round.kept) + round.rows.size() + added;
    return round.rows.size() + added <= limits_.rows && cells <= limits_.cells;
  }

  // Rows that have no logits yet and must have them for this request.
  std::size_t added_outputs(const ScoreRequest& request, std::size_t shared) const {
    std::size_t count = 0;
    for (std::size_t at = request.context.size() - 1; at < score_inputs(request); ++at) {
      const bool there = at < shared && rounds_.back().rows[static_cast<std::size_t>(path_rows_[at])].logits;
      count += there ? 0 : 1;
    }
    return count;
  }

  void start_round(const ScoreRequest& request, std::size_t shared) {
    outputs_ = 0;
    std::size_t kept = limits_.share ? std::min(shared, request.context.size() - 1) : 0;
    if (kept < kFewestKept) kept = held_;
    rounds_.emplace_back();
    rounds_.back().kept = static_cast<int>(kept);
    rounds_.back().kept_by_branch.push_back(static_cast<int>(kept));
    path_.resize(kept);
    path_rows_.assign(kept, kKeptRow);
    kept_on_path_ = kept;
    extend_path(request);
  }

  void join(const ScoreRequest& request, std::size_t shared) {
    if (score_inputs(request) == shared) return;  // nothing new to compute
    if (shared < path_.size()) fork(shared);
    extend_path(request);
  }

  // A new branch that has the first `shared` tokens of the path.
  void fork(std::size_t shared) {
    ScoreRound& round = rounds_.back();
    path_.resize(shared);
    path_rows_.resize(shared);
    kept_on_path_ = std::min(kept_on_path_, shared);
    const int branch = static_cast<int>(round.kept_by_branch.size());
    round.kept_by_branch.push_back(static_cast<int>(kept_on_path_));
    for (std::size_t at = kept_on_path_; at < shared; ++at) {
      round.rows[static_cast<std::size_t>(path_rows_[at])].last_branch = branch;
    }
  }

  void extend_path(const ScoreRequest& request) {
    ScoreRound& round = rounds_.back();
    const int branch = static_cast<int>(round.kept_by_branch.size()) - 1;
    for (std::size_t at = path_.size(); at < score_inputs(request); ++at) {
      path_.push_back(input_at(request, at));
      path_rows_.push_back(static_cast<int>(round.rows.size()));
      round.rows.push_back({path_.back(), static_cast<int>(at), branch, branch, false});
    }
  }

  void read_scores(std::size_t index, const ScoreRequest& request) {
    ScoreRound& round = rounds_.back();
    for (std::size_t i = 0; i < request.continuation.size(); ++i) {
      const auto row = static_cast<std::size_t>(path_rows_[request.context.size() - 1 + i]);
      outputs_ += round.rows[row].logits ? 0U : 1U;
      round.rows[row].logits = true;
      round.targets.push_back({row, request.continuation[i], index});
    }
  }

  ScoreLimits limits_;
  std::size_t held_;  // tokens at the start of all paths, in the cache from the beginning
  std::vector<ScoreRound> rounds_;
  std::vector<Token> path_;     // inputs of the newest branch
  std::vector<int> path_rows_;  // their rows in the current round
  std::size_t kept_on_path_ = 0;
  std::size_t outputs_ = 0;  // rows with logits in the current round
};

}  // namespace

std::size_t score_inputs(const ScoreRequest& request) {
  return request.context.size() + request.continuation.size() - 1;
}

std::vector<ScoreRound> plan_score_rounds(std::span<const ScoreRequest> requests, const ScoreLimits& limits,
                                          std::span<const Token> held) {
  Planner planner(limits, held);
  for (std::size_t i = 0; i < requests.size(); ++i) planner.add(i, requests[i]);
  return planner.take();
}

}  // namespace bantam::engine
