#pragma once
// A smaller model with the same tokens that proposes what comes next: its own greedy continuation.

#include <memory>
#include <vector>

#include "base/result.hpp"
#include "engine/llama/session.hpp"
#include "engine/speculation.hpp"

namespace bantam::engine {

class DraftModel final : public Proposer {
 public:
  // Computes in the threads of `target`, which must outlive it. bad_input when it has other tokens than the
  // target, or a cache that cannot be cut; the errors of LlamaSession::open().
  static base::Result<std::unique_ptr<DraftModel>> open(const ModelFile& file, LlamaSession& target,
                                                        Capacity capacity, Heartbeat* heartbeat);

  // The next text has nothing in common with those before: an empty cache.
  base::Status forget();
  // Ends with a token that ends a generation, and at the end of its context.
  base::Status propose(std::span<const Token> text, std::size_t most, std::vector<Token>& draft) override;

  const LlamaSession& session() const { return *session_; }

 private:
  DraftModel(std::unique_ptr<LlamaSession> session, int tokens_of_target)
      : session_(std::move(session)), tokens_of_target_(tokens_of_target) {}
  base::Status keep_common(std::span<const Token> text);
  base::Status compute(std::span<const Token> tokens);

  std::unique_ptr<LlamaSession> session_;
  int tokens_of_target_;       // vocabulary
  std::vector<Token> cached_;  // those whose cells are in the cache
  int last_row_ = 0;           // of the batch computed last: the place of its last token
};

// Whether cells behind a position can be removed: not so where a state takes the place of cells. bad_input
// otherwise, naming the file.
base::Status check_cache_can_be_cut(const LlamaSession& session);

// What llama.cpp asks for (common/speculative.cpp), and that no token differs: the same kind of vocabulary
// and the same texts of the tokens that both have; padding may make one of them up to 128 tokens longer.
bool have_same_tokens(const llama_vocab* one, const llama_vocab* other);

}  // namespace bantam::engine
