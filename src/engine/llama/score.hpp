#pragma once
// Log-likelihoods of continuations. Models whose sequences cannot share cells (recurrent, hybrid, sliding
// window) compute every path from an empty cache.

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "engine/engine.hpp"
#include "engine/llama/session.hpp"

namespace bantam::engine {

class LlamaScorer {
 public:
  // The engine's functions of these names.
  base::Result<std::vector<Score>> score(LlamaSession& session, std::span<const ScoreRequest> requests);
  base::Status hold(LlamaSession& session, std::span<const Token> prefix);
  bool set_sharing(const LlamaSession& session, bool wanted);
  std::string use_own_kernels(bool wanted);

  const ScoreWork& work() const { return work_; }

 private:
  bool shares(const LlamaSession& session) const { return wanted_ && session.can_share(); }
  // Computes the held prefix unless it is in the cache; nothing else is in the cache afterwards.
  base::Status restore(LlamaSession& session);

  bool wanted_ = true;
  bool own_kernels_ = false;
  std::vector<Token> held_;
  std::uint64_t held_since_ =
      0;  // the session's times_emptied() when the prefix had been computed; 0: it has not
  ScoreWork work_;
};

}  // namespace bantam::engine
