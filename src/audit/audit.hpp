#pragma once
// Makes the checks of an audit one after the other: the engine's work in workers, as a run does it.

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "audit/finding.hpp"
#include "base/result.hpp"
#include "hub/download.hpp"
#include "job/interrupts.hpp"
#include "plan/plan.hpp"

namespace bantam::audit {

struct AuditRequest {
  plan::Plan plan;                       // one model, engine settings, limits of disturbance
  std::optional<std::string> precision;  // absent: the file as it is
  double time_budget_s = 60.0;           // what the other checks leave of it is given to equal_models
  std::set<std::string_view> only;       // checks; empty: all
};

struct AuditHooks {
  std::function<void(const std::string&)> on_phase;  // what is being done
  std::function<void(const Finding&)> on_finding;    // as soon as a check is judged
  hub::OnTransfer on_transfer;                       // may be empty
};

struct Audit {
  std::string model;  // its reference
  std::string precision;
  std::string started_at, finished_at;  // UTC
  std::string device_identity;
  std::vector<Finding> findings;  // in the order of all_checks()
  Standing verdict = Standing::cannot_tell;
};

// An audit of all checks is kept for reports (audit/kept.hpp). Errors: those of finding and making the model;
// usage for one that generates no text; interrupted; worker when one dies; storage.
base::Result<Audit> run_audit(const AuditRequest& request, job::Interrupts& interrupts,
                              const AuditHooks& hooks);

base::Json to_json(const Audit& audit);

}  // namespace bantam::audit
