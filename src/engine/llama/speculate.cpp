#include "engine/llama/speculate.hpp"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include "base/clock.hpp"
#include "base/text.hpp"
#include "engine/llama/kernels.hpp"
#include "engine/llama/properties.hpp"
#include "engine/llama/requests.hpp"
#include "engine/llama/text.hpp"
#include "engine/prompt_lookup.hpp"

namespace bantam::engine {
namespace {

using base::ErrorKind;
using base::fail;
using base::Result;
using base::Status;

// One request on the session's first sequence. Its prompt is computed as llama_generate() does.
class SessionTarget final : public SpeculationTarget {
 public:
  SessionTarget(LlamaSession& session, const GenerateOptions& options)
      : session_(session), options_(options), vocabulary_(session.vocabulary()), answer_(vocabulary_) {
    for (const std::string& stop : options.stop) longest_stop_ = std::max(longest_stop_, stop.size());
  }

  // Sets prompt_tokens and the first two stamps; gives the row after the prompt.
  Result<TopTwo> begin(const GenerateRequest& request, Generation& out) {
    const bool even = session_.streams() == 1 || options_.ignore_eos;
    TRY(session_.use(even ? CacheLayout::apart : CacheLayout::together));
    out.submitted_ns = clock_.now_ns();
    TRY_ASSIGN(out.prompt_tokens, prompt_of(session_, request, options_));
    most_tokens_ = most_tokens_behind(session_, out.prompt_tokens.size(), options_);
    if (longest_stop_ > 0) text_.reserve(most_tokens_ * 16);
    TRY(compute_prompt(out.prompt_tokens));
    session_.wait();
    out.prefill_done_ns = clock_.now_ns();
    return top(0);
  }

  Status compute(std::span<const Token> tokens, std::size_t position, bool all_rows) override {
    session_.start_batch();
    for (std::size_t i = 0; i < tokens.size(); ++i) {
      const bool wanted = all_rows || i + 1 == tokens.size();
      if (!session_.add(tokens[i], static_cast<int>(position + i), 0, 0, wanted))
        return unknown_token(tokens[i]);
    }
    first_row_ = all_rows ? 0 : static_cast<int>(tokens.size()) - 1;
    const SingleRowGuard guard;
    return session_.compute();
  }

  // llama.cpp lets a computation see the cells in steps of 256, and sums differ with their number.
  std::size_t most_at_once(std::size_t position) const override {
    constexpr std::size_t kCellStep = 256;
    return kCellStep - position % kCellStep;
  }

  Result<TopTwo> top(std::size_t row) override {
    const TopTwo best = top_two(session_.logits(first_row_ + static_cast<int>(row)));
    if (best.finite) return best;
    session_.wipe();
    return fail(ErrorKind::integrity, "logits are not finite",
                "the weights or a kernel are broken: check the file's hash, then try without repacking");
  }

  Status cut(std::size_t position) override {
    if (llama_memory_seq_rm(session_.cache(), 0, static_cast<llama_pos>(position), -1)) return {};
    return fail(ErrorKind::environment, "the engine cannot remove cells from the cache",
                "leave --draft out for this model");
  }

  bool is_end(Token token) override { return !options_.ignore_eos && llama_vocab_is_eog(vocabulary_, token); }

  bool ends_at_stop(Token token) override {
    if (longest_stop_ == 0) return false;
    const std::size_t before = text_.size();
    answer_.append(token, text_);
    const std::size_t from = before - std::min(before, longest_stop_ - 1);
    return std::ranges::any_of(options_.stop, [&](const std::string& stop) {
      return !stop.empty() && text_.find(stop, from) != std::string::npos;
    });
  }

  std::size_t most_tokens() const { return most_tokens_; }
  const base::Clock& clock() const { return clock_; }

  // Sets the text, when all tokens are there.
  void end(Generation& out) {
    for (const Token token : out.tokens) {
      if (longest_stop_ == 0) answer_.append(token, text_);
    }
    out.text = std::move(text_);
    if (out.smallest_top2_gap == std::numeric_limits<double>::infinity()) out.smallest_top2_gap = 0.0;
  }

 private:
  Status compute_prompt(std::span<const Token> prompt) {
    const auto most = static_cast<std::size_t>(session_.batch_tokens());
    for (std::size_t done = 0; done < prompt.size(); done += most) {
      const auto now = prompt.subspan(done, std::min(most, prompt.size() - done));
      session_.start_batch();
      for (std::size_t i = 0; i < now.size(); ++i) {
        const bool last = done + i + 1 == prompt.size();
        if (!session_.add(now[i], static_cast<int>(done + i), 0, 0, last)) return unknown_token(now[i]);
      }
      TRY(session_.compute());
      first_row_ = static_cast<int>(now.size()) - 1;
    }
    return {};
  }

  LlamaSession& session_;
  const GenerateOptions& options_;
  const llama_vocab* vocabulary_;
  AnswerText answer_;
  std::string text_;
  base::MonotonicClock clock_;
  std::size_t longest_stop_ = 0;
  std::size_t most_tokens_ = 0;
  int first_row_ = 0;  // of the batch computed last: its place in the batch
};

}  // namespace

Result<std::unique_ptr<LlamaSpeculation>> LlamaSpeculation::open(LlamaSession& target, const Draft& draft,
                                                                 Capacity capacity, Heartbeat* heartbeat) {
  TRY(check_cache_can_be_cut(target));
  std::unique_ptr<LlamaSpeculation> speculation(new LlamaSpeculation(draft));
  capacity.streams = 1;
  if (draft.model) {
    TRY_ASSIGN(speculation->model_, DraftModel::open(*draft.model, target, capacity, heartbeat));
  }
  return speculation;
}

Result<Generation> LlamaSpeculation::generate(LlamaSession& target, const GenerateRequest& request,
                                              const GenerateOptions& options) {
  Generation out;
  SessionTarget sequence(target, options);
  if (model_) TRY(model_->forget());
  TRY_ASSIGN(const TopTwo first, sequence.begin(request, out));
  PromptLookup lookup;
  Proposer& proposer = model_ ? static_cast<Proposer&>(*model_) : lookup;
  // A batch holds the newest token, too.
  const auto most = std::min(draft_tokens_, static_cast<std::size_t>(target.batch_tokens()) - 1);
  const SpeculationLimits limits{most, sequence.most_tokens(), tolerance_};
  if (limits.most_tokens > 0) TRY(speculate(sequence, proposer, limits, first, sequence.clock(), out));
  sequence.end(out);
  return out;
}

Result<PlainRun> LlamaSpeculation::generate_without_draft(LlamaSession& target,
                                                          const GenerateRequest& request,
                                                          const GenerateOptions& options) {
  PlainRun run;
  SessionTarget sequence(target, options);
  TRY_ASSIGN(const TopTwo first, sequence.begin(request, run.generation));
  const auto most = std::min(draft_tokens_, static_cast<std::size_t>(target.batch_tokens()) - 1);
  const SpeculationLimits limits{most, sequence.most_tokens(), 0.0};
  if (limits.most_tokens > 0) {
    TRY_ASSIGN(run.difference, decode_both_ways(sequence, limits, first, sequence.clock(), run.generation));
  }
  tolerance_ = run.difference.tolerance();
  sequence.end(run.generation);
  return run;
}

base::Json LlamaSpeculation::details() const {
  base::Json json{{"draft_tokens", draft_tokens_}, {"method", model_ ? "draft model" : "prompt lookup"}};
  if (!model_) return json;
  const Properties properties = session_properties(model_->session());
  json["architecture"] = properties.architecture;
  json["parameters"] = properties.parameters;
  json["weight_bytes"] = properties.weight_bytes;
  return json;
}

MemoryUse LlamaSpeculation::memory() const {
  return model_ ? session_memory(model_->session()) : MemoryUse{};
}

}  // namespace bantam::engine
