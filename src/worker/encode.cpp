// An item's texts cut into tokens as a run asks for them.
#include <algorithm>
#include <utility>

#include "engine/llama/tokenizer.hpp"
#include "evaluate/tokens.hpp"
#include "worker/bodies.hpp"

namespace bantam::worker {
namespace {

using base::Result;
using job::TokenLists;

// No text is cut to a context here.
constexpr int kNoLimit = 1 << 30;

}  // namespace

Result<job::EncodedItem> work_on(const job::EncodeJob& job, const Desk&) {
  TRY_ASSIGN(const auto vocabulary, engine::open_vocabulary(job.gguf));
  TRY_ASSIGN(evaluate::PromptTokenizer tokenizer, evaluate::PromptTokenizer::make(*vocabulary, kNoLimit));
  TokenLists contexts(job.contexts.size());
  TokenLists continuations;
  for (std::size_t i = 0; i < job.continuations.size(); ++i) {
    const std::size_t context = std::min(i, job.contexts.size() - 1);
    TRY_ASSIGN(auto pair, tokenizer.pair(job.contexts[context], job.continuations[i]));
    contexts[context] = std::move(pair.request.context);
    continuations.push_back(std::move(pair.request.continuation));
  }
  for (std::size_t i = 0; i < job.contexts.size() && job.continuations.empty(); ++i) {
    TRY_ASSIGN(auto prompt, tokenizer.prompt(job.contexts[i], 0));
    contexts[i] = std::move(prompt.tokens);
  }
  return job::EncodedItem{std::move(contexts), std::move(continuations)};
}

}  // namespace bantam::worker
