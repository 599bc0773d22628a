#pragma once
// Speculative decoding of one request on a session.

#include <memory>
#include <optional>
#include <span>

#include "base/result.hpp"
#include "engine/llama/draft_model.hpp"
#include "engine/llama/engine.hpp"
#include "engine/llama/session.hpp"
#include "engine/speculation.hpp"

namespace bantam::engine {

class LlamaSpeculation {
 public:
  // `target` must outlive it. The errors of DraftModel::open(), also for the target's cache.
  static base::Result<std::unique_ptr<LlamaSpeculation>> open(LlamaSession& target, const Draft& draft,
                                                              Capacity capacity, Heartbeat* heartbeat);

  base::Result<Generation> generate(LlamaSession& target, const GenerateRequest& request,
                                    const GenerateOptions& options);
  // Speculator::generate_without_draft().
  base::Result<PlainRun> generate_without_draft(LlamaSession& target, const GenerateRequest& request,
                                                const GenerateOptions& options);

  // What takes part in the computation beside the target: for Properties::details.
  base::Json details() const;
  // Of the draft model; nothing without one.
  MemoryUse memory() const;

 private:
  explicit LlamaSpeculation(const Draft& draft) : draft_tokens_(static_cast<std::size_t>(draft.tokens)) {}

  std::size_t draft_tokens_;
  double tolerance_ = kUsualTolerance;
  std::unique_ptr<DraftModel> model_;  // null: prompt lookup
};

}  // namespace bantam::engine
