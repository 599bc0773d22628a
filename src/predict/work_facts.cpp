#include "predict/work_facts.hpp"

#include <algorithm>
#include <string>

#include "predict/predict.hpp"
#include "predict/speed.hpp"

namespace bantam::predict {
namespace {

using base::ErrorKind;
using base::Result;
using measure::PhaseWork;

// Of one batch, with so many filled cells.
Result<PhaseWork> phase_of(const engine::Work& work, const engine::Peaks& peaks, double cells) {
  TRY_ASSIGN(const BatchTime time, batch_time(work, peaks, cells));
  return PhaseWork{bytes_read(work, cells), operations_in(work, cells), time.matrices_s + time.attention_s,
                   time.operations_s};
}

void add(PhaseWork& sum, const PhaseWork& part) {
  sum.bytes += part.bytes;
  sum.operations += part.operations;
  sum.kernels_s += part.kernels_s;
  sum.starts_s += part.starts_s;
}

}  // namespace

Result<measure::WorkFacts> work_facts(const plan::Plan& plan, const plan::Cell& cell) {
  const plan::PerformanceSettings workload = plan::performance_of(plan, cell);
  const int depth = workload.n_depth.value_or(0);
  PredictRequest request;
  request.plan = plan;
  request.plan.models = {cell.model};
  request.plan.models.front().precisions = {cell.precision};
  request.plan.engine = plan::engine_of(plan, cell);
  request.plan.engine.draft.reset();
  request.plan.performance_settings = workload;
  request.plan.performance_settings.max_new_tokens = std::max(1, workload.n_gen.value_or(1));
  TRY_ASSIGN(const Predictions predictions, predict(request, [](const std::string&) {}));
  if (predictions.rows.empty())
    return base::fail(ErrorKind::environment, "the work of the model cannot be planned");
  const Prediction& row = predictions.rows.front();
  if (row.skip_reason) return base::fail(ErrorKind::environment, *row.skip_reason);
  if (!row.single) {
    return base::fail(ErrorKind::environment,
                      row.speed_absent.value_or("the rates of this machine are not known"));
  }
  measure::WorkFacts facts;
  facts.read_bytes_per_s = predictions.peaks.read_bytes_per_s.value_or(0.0);
  const engine::RequestWork& work = row.estimate.single;
  double filled = depth;
  for (const engine::Work& part : work.prefill) {
    const double mean_cells = filled + 0.5 * static_cast<double>(part.tokens);
    TRY_ASSIGN(const PhaseWork one, phase_of(part, predictions.peaks, mean_cells));
    add(facts.prefill, one);
    filled += static_cast<double>(part.tokens);
  }
  // llama-bench's test generates from an empty cache, or from one of n_depth tokens.
  const double half_way = depth + 0.5 * static_cast<double>(work.new_tokens);
  TRY_ASSIGN(facts.decode, phase_of(work.decode, predictions.peaks, half_way));
  if (facts.prefill.kernels_s > 0.0)
    facts.operations_per_s = facts.prefill.operations / facts.prefill.kernels_s;
  return facts;
}

}  // namespace bantam::predict
