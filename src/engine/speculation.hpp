#pragma once
// Speculative decoding (Leviathan et al., arXiv:2211.17192, in its greedy form): something cheap proposes the
// next tokens, the model computes all of them at once and keeps those that it would have chosen itself. Knows
// nothing of llama.cpp.
//
// The tokens are those of decoding one by one. Sums of a batch differ from sums of single tokens in the last
// bits, so two logits that lie close may change places. Therefore a row whose two best logits are closer than
// a tolerance decides nothing: all that was computed in batches up to there is computed again, one by one.
// The tolerance follows from the differences that were seen on a generation computed both ways.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "engine/engine.hpp"
#include "engine/logits.hpp"

namespace bantam::engine {

// The model whose tokens are wanted, with the KV cells of one sequence. Positions count from 0.
class SpeculationTarget {
 public:
  virtual ~SpeculationTarget() = default;

  // Computes the tokens, in one batch, behind the cells up to `position`. With `all_rows` top() then tells of
  // each of them, else of the last one only, as row 0.
  virtual base::Status compute(std::span<const Token> tokens, std::size_t position, bool all_rows) = 0;
  // The most tokens of a computation that begins at `position`; at least one.
  virtual std::size_t most_at_once(std::size_t position) const = 0;
  // integrity when the row's logits are not finite.
  virtual base::Result<TopTwo> top(std::size_t row) = 0;
  // Removes the cells from `position` on.
  virtual base::Status cut(std::size_t position) = 0;
  // The token ends a generation and is no part of it.
  virtual bool is_end(Token token) = 0;
  // The next token of the output; true when a stop string ends in it.
  virtual bool ends_at_stop(Token token) = 0;
};

class Proposer {
 public:
  virtual ~Proposer() = default;
  // Puts at most `most` tokens into `draft`, which is empty and has room for them: what may follow `text`,
  // the prompt and the output so far. None is fine.
  virtual base::Status propose(std::span<const Token> text, std::size_t most, std::vector<Token>& draft) = 0;
};

struct SpeculationLimits {
  std::size_t draft_tokens = 8;  // proposed at once, at most
  std::size_t most_tokens = 0;   // of the output; at least one
  double tolerance = 0.0;        // of the gap between the two best logits
};

// Until differences were seen, and where few were.
inline constexpr double kUsualTolerance = 0.05;

// The prompt's cells are there, `first` is the row after its last token. Fills tokens, stamps, finish and the
// counts of `out`, which has its prompt; everything that is written to while tokens come is reserved before.
// A token's stamp is the moment at which it was known: those of one batch follow each other at once.
base::Status speculate(SpeculationTarget& target, Proposer& proposer, const SpeculationLimits& limits,
                       const TopTwo& first, const base::Clock& clock, Generation& out);

// How the sums of batches differ from those of single tokens.
struct BatchDifference {
  double largest = 0.0;      // difference of the gap between the same two logits; 0: all bits are equal
  std::size_t rows = 0;      // that were compared
  double tolerance() const;  // four times the largest; where few rows were compared at least the usual one
};

// The same generation one token after the other, without proposals; then its tokens again in batches of all
// sizes that proposals may give.
base::Result<BatchDifference> decode_both_ways(SpeculationTarget& target, const SpeculationLimits& limits,
                                               const TopTwo& first, const base::Clock& clock,
                                               Generation& out);

// What a generation without proposals was, and what was learnt from it.
struct PlainRun {
  Generation generation;
  BatchDifference difference;
};

// An engine that was opened to speculate: generate() with one request does.
class Speculator {
 public:
  virtual ~Speculator() = default;
  // The tokens that generate() must give, from the same model without proposals. The requests that follow
  // keep to the tolerance that was learnt from it. The errors of generate().
  virtual base::Result<PlainRun> generate_without_draft(const GenerateRequest& request,
                                                        const GenerateOptions& options) = 0;
};

}  // namespace bantam::engine
