#include "audit/subject.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <utility>

#include "base/temporary_folder.hpp"
#include "gguf/model_info.hpp"
#include "plan/precision.hpp"
#include "run/cell.hpp"
#include "store/store.hpp"

namespace bantam::audit {
namespace {

using base::Result;

// The two names of one model.
constexpr const char* kNames[] = {"a", "b"};

std::string own_precision(const model::Source& source) {
  const auto own = plan::parse_precision(source.info.file_type);
  return own && !source.shape ? own->name : "fp16";
}

base::Status check_kind(const gguf::ModelInfo& info, const std::string& reference) {
  if (!gguf::embeds(info) && info.labels.empty()) return {};
  return base::fail(base::ErrorKind::usage, fmt::format("{} generates no text", reference),
                    "an audit needs a model that does: bantam audit embedded:nano");
}

}  // namespace

void PhaseObserver::on_cell_started(const run::CellPosition& position) {
  part_ = position.part;
  if (part_.empty()) return;
  on_phase_(fmt::format("one model under two names, {}", part_));
}

void PhaseObserver::on_progress(const run::Progress& progress) {
  // Rounds are shown by their number alone: nothing is written while one is timed.
  if (part_.empty()) on_phase_(progress.phase);
}

Result<Subject> prepare_subject(const AuditRequest& request, job::Interrupts& interrupts,
                                const AuditHooks& hooks) {
  Subject subject;
  subject.plan = request.plan;
  const std::string reference = request.plan.models.front().reference;
  subject.plan.models.clear();
  for (const char* name : kNames) subject.plan.models.push_back({name, reference});
  subject.plan.kinds = {record::CellKind::performance};
  model::LocateOptions how;
  how.offline = request.plan.offline;
  how.stopped = [&interrupts] { return interrupts.stopped(); };
  how.on_transfer = hooks.on_transfer;
  TRY_ASSIGN(subject.inputs, run::find_inputs(subject.plan, how));
  const model::Source& source = subject.inputs.sources.front();
  TRY(check_kind(source.info, reference));
  const std::string precision = request.precision.value_or(own_precision(source));
  subject.plan.precisions = {precision};
  subject.plan.base_precision = precision;
  subject.machine = run::describe_machine(".");
  TRY_ASSIGN(subject.kernels,
             run::probe_kernels(subject.machine.engine_identity + subject.machine.cpu_identity));
  TRY_ASSIGN(subject.cells, run::prepare(subject.plan, subject.inputs, subject.machine, subject.kernels));
  const run::PreparedCell& cell = subject.cells.front();
  if (cell.skip_reason)
    return base::fail(base::ErrorKind::usage, *cell.skip_reason, "choose another --precision");
  TRY_ASSIGN(const auto folder, base::TemporaryFolder::make("audit"));
  TRY_ASSIGN(store::Store store, store::Store::open(folder.path() / "files.db"));
  PhaseObserver observer(hooks.on_phase);
  const run::CellContext context{subject.plan,    subject.inputs, cell,       subject.machine,
                                 subject.kernels, store,          interrupts, observer};
  run::CellFiles files{cell.artifact, cell.baseline};
  TRY(run::make_files(context, files));
  subject.file = run::opened_file(context, files.model);
  subject.engine = context.engine();
  TRY_ASSIGN(const gguf::ModelInfo info, gguf::inspect(files.model.path));
  TRY(check_kind(info, reference));  // a shape does not tell before its file is made
  const auto choice = subject.kernels.choose(info.tensor_types);
  if (!choice.usable) {
    return base::fail(
        base::ErrorKind::environment,
        fmt::format("no kernel of the engine works on this CPU: {}", fmt::join(choice.reasons, "; ")),
        "choose another --precision");
  }
  subject.engine.repack = subject.engine.repack && choice.repack;
  return subject;
}

}  // namespace bantam::audit
