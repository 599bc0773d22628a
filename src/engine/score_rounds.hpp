#pragma once
// How a list of score requests is laid out for one engine with a key-value cache: each prefix that
// neighbouring requests have in common is computed once. Pure planning; knows nothing of llama.cpp.
//
// A request needs the logits at the last token of its context and at all tokens of its continuation but the
// last, so its row of inputs is context + continuation without the last token. The inputs of neighbours form
// a tree. A branch is one path of that tree, held in the cache as one sequence; a token that lies on several
// paths is one row that belongs to several branches. Requests whose inputs are a prefix of their neighbour's
// (one-token answers after one question) need no branch of their own.

#include <cstddef>
#include <span>
#include <vector>

#include "engine/engine.hpp"

namespace bantam::engine {

struct ScoreLimits {
  std::size_t rows = 512;      // new tokens of one round; a single request may be longer
  std::size_t cells = 512;     // tokens in the cache at once; no request is longer
  std::size_t branches = 255;  // sequences in one round
  std::size_t outputs = 4096;  // rows with logits in one round; a single request may have more
  bool share = true;           // false: one path per round, started from an empty cache (recurrent models)
};

// One token to compute.
struct ScoreRow {
  Token token = 0;
  int position = 0;
  int first_branch = 0;  // it belongs to all branches from first_branch to last_branch
  int last_branch = 0;
  bool logits = false;
};

// One log-probability to read off a row's logits and add to a request's score.
struct ScoreTarget {
  std::size_t row = 0;
  Token token = 0;
  std::size_t request = 0;
};

// What is computed from one state of the cache, in the order of the rows.
struct ScoreRound {
  // The first `kept` tokens of the previous round's last branch stay in the cache, everything else leaves it.
  int kept = 0;
  std::vector<int> kept_by_branch;  // how many of the kept tokens each branch of this round begins with
  std::vector<ScoreRow> rows;
  std::vector<ScoreTarget> targets;  // in the order of their rows
};

// Requests must have at least one token of context and of continuation, and at most `cells` inputs. `held` is
// in the cache already, as the branch before the first round; every context must begin with it and go on.
std::vector<ScoreRound> plan_score_rounds(std::span<const ScoreRequest> requests, const ScoreLimits& limits,
                                          std::span<const Token> held = {});

// Inputs of a request: all tokens but the last.
std::size_t score_inputs(const ScoreRequest& request);

}  // namespace bantam::engine
