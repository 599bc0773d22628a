#include "audit/audit.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "audit/judges.hpp"
#include "audit/kept.hpp"
#include "audit/observe.hpp"
#include "base/clock.hpp"
#include "job/process.hpp"

namespace bantam::audit {
namespace {

using base::Result;
using base::Status;

// Shares of the time budget, within bounds; the rest is for equal models.
constexpr double kRepeatShare = 0.12;
constexpr double kWatchingShare = 0.08;
constexpr double kSensorsShare = 0.08;
constexpr double kLongestPart_s = 20.0;
constexpr double kLeastEqual_s = 2.0;

class Auditing {
 public:
  Auditing(const AuditRequest& request, job::Interrupts& interrupts, const AuditHooks& hooks)
      : request_(request), interrupts_(interrupts), hooks_(hooks) {}

  Result<Audit> run() {
    audit_.started_at = base::utc_timestamp();
    const std::int64_t begin_ns = clock_.now_ns();
    hooks_.on_phase("looking for the model");
    TRY_ASSIGN(subject_, prepare_subject(request_, interrupts_, hooks_));
    audit_.model = subject_.plan.models.front().reference;
    audit_.precision = subject_.plan.precisions.front();
    audit_.device_identity = subject_.machine.device_identity;
    TRY(gather());
    TRY(judge_facts());
    if (wants(checks::kEqualModels)) {
      const double left_s = request_.time_budget_s - base::seconds(clock_.now_ns() - begin_ns);
      TRY(compare_equals(std::max(left_s, kLeastEqual_s)));
    }
    return finish();
  }

 private:
  bool wants(std::string_view check) const { return request_.only.empty() || request_.only.contains(check); }

  double part_s(double share) const { return std::min(share * request_.time_budget_s, kLongestPart_s); }

  void add(Finding finding) {
    hooks_.on_finding(finding);
    audit_.findings.push_back(std::move(finding));
  }

  Status gather() {
    job::AuditJob job;
    job.model = subject_.file;
    job.engine = subject_.engine;
    job.clock = wants(checks::kClock);
    job.own_cost = wants(checks::kOwnCost);
    job.outputs = wants(checks::kOutputs) || wants(checks::kTokens);
    job.repeats = wants(checks::kRepeats);
    job.prompts = {plan::kDefaultPrompt};
    for (const std::string& prompt : plan::SimilaritySettings{}.prompts) job.prompts.push_back(prompt);
    job.prompts.emplace_back("1 2 3 4 5 6 7 8");
    job.repeat_s = part_s(kRepeatShare);
    if (!job.clock && !job.own_cost && !job.outputs && !job.repeats) return {};
    job::WorkerOptions options;
    options.hang_timeout_s = subject_.plan.hang_timeout_s;
    options.kill_on_interrupt = true;
    TRY_ASSIGN(facts_, job::run_worker(job, options, &interrupts_, [this](const job::Message& message) {
                 if (const auto* phase = std::get_if<job::PhaseBegun>(&message)) hooks_.on_phase(phase->name);
                 return Status();
               }));
    return {};
  }

  Status judge_facts() {
    if (facts_.clock) add(judge_clock(*facts_.clock));
    if (facts_.own_cost) add(judge_own_cost(*facts_.own_cost));
    if (wants(checks::kWatching)) {
      hooks_.on_phase("watching a worker");
      TRY_ASSIGN(const auto watching, observe_watching(subject_, part_s(kWatchingShare), interrupts_));
      add(judge_watching(watching));
    }
    if (wants(checks::kSensors)) {
      hooks_.on_phase("reading sensors");
      TRY_ASSIGN(const auto sensors, observe_sensors(subject_.plan, part_s(kSensorsShare), interrupts_));
      add(judge_sensors(sensors));
    }
    if (wants(checks::kOutputs)) add(judge_outputs(facts_.outputs));
    if (facts_.repeats) add(judge_repeats(*facts_.repeats));
    if (wants(checks::kTokens)) {
      hooks_.on_phase("what memory allows");
      TRY_ASSIGN(const auto bound, find_memory_bound(subject_, hooks_));
      add(judge_tokens(facts_.requests, bound));
    }
    return {};
  }

  // A call that chance may have made is made again on fresh rounds.
  Status compare_equals(double seconds) {
    TRY_ASSIGN(equal_, observe_equal_models(subject_, seconds, interrupts_, hooks_));
    std::optional<EqualModels> again;
    if (calls_any_different(*equal_)) {
      TRY_ASSIGN(again, observe_equal_models(subject_, seconds, interrupts_, hooks_));
    }
    add(judge_equal_models(*equal_, again));
    return {};
  }

  Result<Audit> finish() {
    audit_.finished_at = base::utc_timestamp();
    audit_.verdict = verdict(audit_.findings);
    if (!request_.only.empty()) return std::move(audit_);
    Outcome outcome;
    outcome.verdict = audit_.verdict;
    outcome.finished_at = audit_.finished_at;
    outcome.held_in = circumstances_now();
    outcome.model = audit_.model;
    outcome.precision = audit_.precision;
    for (const Finding& finding : audit_.findings) {
      if (finding.standing != Standing::passed) outcome.not_passed.emplace_back(finding.check);
    }
    if (equal_) outcome.equal_half_width = equal_half_width(*equal_);
    if (facts_.own_cost && facts_.own_cost->tokens > 0) outcome.own_cost_s = facts_.own_cost->timed_token_s;
    TRY(keep(outcome, audit_.device_identity));
    return std::move(audit_);
  }

  const AuditRequest& request_;
  job::Interrupts& interrupts_;
  const AuditHooks& hooks_;
  base::MonotonicClock clock_;
  Subject subject_;
  job::AuditFacts facts_;
  std::optional<EqualModels> equal_;
  Audit audit_;
};

}  // namespace

Result<Audit> run_audit(const AuditRequest& request, job::Interrupts& interrupts, const AuditHooks& hooks) {
  return Auditing(request, interrupts, hooks).run();
}

base::Json to_json(const Audit& audit) {
  base::Json json{{"generator", "bantam " BANTAM_VERSION},
                  {"model", audit.model},
                  {"precision", audit.precision},
                  {"started_at", audit.started_at},
                  {"finished_at", audit.finished_at},
                  {"device", audit.device_identity},
                  {"verdict", std::string(name(audit.verdict))},
                  {"checks", base::Json::array()}};
  for (const Finding& finding : audit.findings) {
    json["checks"].push_back({{"check", std::string(finding.check)},
                              {"standing", std::string(name(finding.standing))},
                              {"figure", finding.figure},
                              {"meaning", finding.meaning},
                              {"data", finding.data}});
  }
  return json;
}

}  // namespace bantam::audit
