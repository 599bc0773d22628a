#pragma once
// Engine::extend() on a session of llama.cpp.

#include <optional>
#include <span>

#include "base/result.hpp"
#include "engine/llama_session.hpp"

namespace bantam::engine {

// One sequence that grows call by call.
class LlamaSequence {
 public:
  base::Status extend(LlamaSession& session, std::span<const Token> tokens, bool restart,
                      std::span<float> rows);
  // The cache was used for something else.
  void end() { length_.reset(); }

 private:
  std::optional<int> length_;  // tokens in the cache; absent when there is no sequence
};

}  // namespace bantam::engine
