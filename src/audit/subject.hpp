#pragma once
// What is audited: a model's file, ready to be opened, and the machine; and what its parts need in common.

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "audit/audit.hpp"
#include "engine/engine.hpp"
#include "run/inputs.hpp"
#include "run/kernels.hpp"
#include "run/machine.hpp"
#include "run/observer.hpp"
#include "run/prepare.hpp"

namespace bantam::audit {

// Shows what a run tells as phases.
class PhaseObserver final : public run::Observer {
 public:
  explicit PhaseObserver(const std::function<void(const std::string&)>& on_phase) : on_phase_(on_phase) {}
  void on_cell_started(const run::CellPosition& position) override;
  void on_progress(const run::Progress& progress) override;
  base::Status on_cell_finished(const run::CellPosition&, const record::Record&, bool) override { return {}; }
  void on_notice(const std::string&) override {}

 private:
  const std::function<void(const std::string&)>& on_phase_;
  std::string part_;
};

struct Subject {
  plan::Plan plan;  // the model under two names, performance only
  run::Inputs inputs;
  run::Machine machine;
  run::KernelVerdicts kernels;
  std::vector<run::PreparedCell> cells;  // one for each name
  engine::ModelFile file;
  plan::EngineSettings engine;  // with what the kernels allow
};

// Finds the model and makes the file of its precision. The errors of run_audit().
base::Result<Subject> prepare_subject(const AuditRequest& request, job::Interrupts& interrupts,
                                      const AuditHooks& hooks);

}  // namespace bantam::audit
