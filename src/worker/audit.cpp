// The facts of an audit that only the engine's own process can gather.
#include <algorithm>
#include <limits>
#include <memory>

#include "base/clock.hpp"
#include "engine/llama/engine.hpp"
#include "measure/workload.hpp"
#include "worker/audit_facts.hpp"
#include "worker/bodies.hpp"

namespace bantam::worker {
namespace {

using base::Result;
using base::Status;

constexpr std::int64_t kClockReadings = 1'000'000;
constexpr int kAnswerStreams = 4;

class AuditWork {
 public:
  AuditWork(const job::AuditJob& job, const Desk& desk) : job_(job), desk_(desk) {}

  Result<job::AuditFacts> run() {
    if (job_.clock) {
      TRY(begin("reading the clock"));
      facts_.clock = observe_clock(clock_, kClockReadings);
      if (const auto back = drilled_number("audit/clock_back"))
        facts_.clock->backward_steps = static_cast<std::int64_t>(*back);
    }
    if (job_.own_cost) {
      TRY(begin("the null engine"));
      TRY_ASSIGN(facts_.own_cost,
                 observe_own_cost(clock_, desk_.heartbeat, [this](const record::Trial& trial) {
                   return desk_.channel.send_and_wait(job::TrialDone{trial});
                 }));
    }
    if (job_.outputs || job_.repeats) TRY(ask_model());
    return std::move(facts_);
  }

 private:
  Status begin(const char* what) { return desk_.channel.send_and_wait(job::PhaseBegun{.name = what}); }

  Status ask_model() {
    TRY(begin("loading"));
    TRY(size_requests());
    if (job_.repeats) {
      TRY(open(std::max(kRepeatPromptTokens, most_) + kRepeatNewTokens, 1));
      TRY(begin("one sample repeated"));
      const std::size_t special = first_.size() > 1 ? 1 : 0;  // the first token may be one
      const auto sample = measure::of_length(first_, static_cast<std::size_t>(repeat_tokens_), special);
      TRY_ASSIGN(facts_.repeats, observe_repeats(*engine_, sample, job_.repeat_s, clock_));
      drill_repeats(*facts_.repeats);
    }
    if (!job_.outputs) return {};
    TRY(open(most_ + new_tokens_, 1));
    TRY(begin("requests as they are measured"));
    TRY_ASSIGN(auto measured, measure_requests(*engine_, job_.prompts, new_tokens_, clock_));
    TRY(open(most_ + new_tokens_ + 1, kAnswerStreams));
    TRY(begin("the same as answers"));
    TRY_ASSIGN(facts_.outputs, compare_answers(*engine_, job_.prompts, new_tokens_, measured));
    for (MeasuredRequest& one : measured) facts_.requests.push_back(std::move(one.facts));
    return {};
  }

  // What fits into the model's context.
  Status size_requests() {
    TRY(open(kSmallestCapacity.tokens_per_stream, 1));
    const engine::Properties& properties = engine_->properties();
    for (const std::string& prompt : job_.prompts) {
      TRY_ASSIGN(auto tokens, engine_->tokenize(prompt, false));
      if (properties.adds_bos && properties.bos) tokens.insert(tokens.begin(), *properties.bos);
      most_ = std::max(most_, static_cast<int>(tokens.size()));
      if (first_.empty()) first_ = std::move(tokens);
    }
    const int trained = properties.context_train.value_or(std::numeric_limits<int>::max());
    const int context = std::min(trained, job_.engine.max_model_len.value_or(trained));
    new_tokens_ = std::min(job_.new_tokens, context - most_ - 1);
    repeat_tokens_ = std::min(kRepeatPromptTokens, context - kRepeatNewTokens);
    if (first_.size() >= 3 && new_tokens_ >= 1 && repeat_tokens_ >= 8) return {};
    return base::fail(base::ErrorKind::bad_input,
                      "the model's context or vocabulary is too small for the requests of an audit",
                      "audit another model: bantam audit embedded:nano");
  }

  Status open(int tokens, int streams) {
    engine_.reset();
    const engine::Capacity capacity{tokens, streams};
    TRY(check_cache_fits(job_.model, job_.engine, capacity));
    TRY_ASSIGN(engine_, engine::open_llama(job_.model, job_.engine, capacity, desk_.heartbeat));
    return {};
  }

  // Stands for an engine that knows the request that is repeated.
  static void drill_repeats(job::RepeatFacts& repeats) {
    const auto factor = drilled_number("audit/repeat");
    if (!factor) return;
    for (job::RepeatPair& pair : repeats.pairs) {
      pair.same_ttft_s = *factor * pair.other_ttft_s;
      pair.same_e2e_s = *factor * pair.other_e2e_s;
    }
  }

  const job::AuditJob& job_;
  const Desk& desk_;
  base::MonotonicClock clock_;
  std::unique_ptr<engine::Engine> engine_;
  std::vector<engine::Token> first_;  // of the first prompt
  int most_ = 0;                      // tokens of a prompt
  int new_tokens_ = 0;
  int repeat_tokens_ = 0;
  job::AuditFacts facts_;
};

}  // namespace

Result<job::AuditFacts> work_on(const job::AuditJob& job, const Desk& desk) {
  return AuditWork(job, desk).run();
}

}  // namespace bantam::worker
