#include "predict/stand_ins.hpp"

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

#include "plan/memory_margin.hpp"
#include "record/cell_kind.hpp"
#include "record/sections.hpp"
#include "run/machine.hpp"

namespace bantam::predict {
namespace {

using record::Record;
using record::Value;

static_assert(kMemoryError ==
              plan::kMemoryMarginShare);  // what a budget must hold beside it covers its error

constexpr const char* kMethod = "prediction";

Value exact(std::int64_t value) {
  return {static_cast<double>(value), std::nullopt, std::nullopt, std::nullopt};
}

Value between(double value, double low, double high) {
  return {value, record::Interval{low, high, 0.95, kMethod}, std::nullopt, std::nullopt};
}

// Without an interval where no error is expected.
Value as_time(double seconds, const std::optional<double>& error) {
  if (!error) return {seconds, std::nullopt, std::nullopt, std::nullopt};
  return between(seconds, seconds * (1.0 - *error), seconds * (1.0 + *error));
}

Value as_rate(double per_second, const std::optional<double>& error) {
  if (!error) return {per_second, std::nullopt, std::nullopt, std::nullopt};
  return between(per_second, per_second / (1.0 + *error), per_second / (1.0 - *error));
}

Value as_need(std::int64_t bytes) {
  const auto value = static_cast<double>(bytes);
  return between(value, value * (1.0 - kMemoryError), value * (1.0 + kMemoryError));
}

void add_file_facts(const engine::Estimate& estimate, Record& record) {
  record.metrics["parameters"] = exact(estimate.parameters);
  record.metrics["file_bytes"] = exact(estimate.file_bytes);
  record.metrics["weight_bytes"] = exact(estimate.weight_bytes);
  if (estimate.parameters > 0) {
    record.metrics["bits_per_weight"] = {
        8.0 * static_cast<double>(estimate.weight_bytes) / static_cast<double>(estimate.parameters),
        {},
        {},
        {}};
  }
}

// docs/predict.md: what to compare with in the result of a run.
void add_memory(const engine::Estimate& estimate, Record& record) {
  const engine::MemoryParts& memory = estimate.memory;
  record.metrics["min_memory_bytes"] = as_need(memory.total());
  record.metrics["pss_peak_bytes"] = as_need(memory.total() + estimate.file_bytes - memory.file);
  record.metrics["private_peak_bytes"] = as_need(memory.private_total());
}

void add_speed(const Prediction& row, Record& record) {
  if (!row.single) {
    for (const char* metric :
         {"ttft_s", "tpot_s", "decode_tokens_per_s", "output_tokens_per_s", "e2e_latency_s"})
      record.absent[metric] = row.speed_absent.value_or("no speed is predicted");
    return;
  }
  const Speed& speed = *row.single;
  const std::optional<double>& error = speed.time_error;
  record.metrics["tpot_s"] = as_time(1.0 / speed.decode_tokens_per_s, error);
  record.metrics["decode_tokens_per_s"] = as_rate(speed.decode_tokens_per_s, error);
  if (speed.ttft_s && speed.output_tokens_per_s) {
    record.metrics["ttft_s"] = as_time(*speed.ttft_s, error);
    record.metrics["output_tokens_per_s"] = as_rate(*speed.output_tokens_per_s, error);
    record.metrics["e2e_latency_s"] =
        as_time(static_cast<double>(row.estimate.single.new_tokens) / *speed.output_tokens_per_s, error);
  } else {
    for (const char* metric : {"ttft_s", "output_tokens_per_s", "e2e_latency_s"})
      record.absent[metric] = speed.ttft_absent.value_or("no TTFT is predicted");
  }
  if (row.batch && row.batch->output_tokens_per_s)
    record.metrics["batch_output_tokens_per_s"] =
        as_rate(*row.batch->output_tokens_per_s, row.batch->time_error);
}

plan::Cell cell_of(const Prediction& row, const plan::Plan& plan) {
  plan::Cell cell;
  cell.model = {row.model, row.reference};
  for (const plan::ModelEntry& model : plan.models) {
    if (model.name == row.model) cell.model = model;
  }
  cell.precision = row.precision;
  cell.kind = record::CellKind::performance;
  cell.task = record::name(cell.kind);
  return cell;
}

// By bantam itself, whatever came of it.
bool is_measured(const Record& record, const std::string& model, const std::string& precision) {
  return record.model == model && record.precision == precision && record.point.empty() &&
         record.task == record::name(record::CellKind::performance) &&
         record::evidence_of(record) == record::Evidence::measured;
}

}  // namespace

Record stand_in(const Prediction& row, const plan::Plan& plan, const base::Json& device) {
  const plan::Cell cell = cell_of(row, plan);
  Record record;
  record.model = row.model;
  record.reference = row.reference;
  record.precision = row.precision;
  record.task = cell.task;
  record.settings = plan::to_json(plan::cell_settings(plan, cell));
  record.device = device;
  record::Predicted predicted{
      row.estimate.single.prompt_tokens, row.estimate.single.new_tokens, kMemoryError, {}};
  if (row.single) predicted.time_error = row.single->time_error;
  record::set_predicted(record, predicted);
  std::optional<std::string> why_not = row.skip_reason;
  if (!why_not && row.encodes) why_not = "it gives embeddings or labels, no text: nothing of it is predicted";
  if (why_not) {
    record.outcome = record::Outcome::skipped;
    record.reasons = {*std::move(why_not)};
    return record;
  }
  add_file_facts(row.estimate, record);
  add_memory(row.estimate, record);
  add_speed(row, record);
  return record;
}

plan::Plan without_measured(plan::Plan plan, const std::vector<Record>& records, bool all_known) {
  for (plan::ModelEntry& model : plan.models) {
    const bool may_grow = all_known && model.precisions.empty();
    std::vector<std::string> precisions = plan::precisions_of(plan, model);
    for (const Record& record : records) {
      const bool is_new = std::ranges::find(precisions, record.precision) == precisions.end();
      if (may_grow && record.model == model.name && record.point.empty() && is_new)
        precisions.push_back(record.precision);
    }
    std::erase_if(precisions, [&](const std::string& precision) {
      return std::ranges::any_of(
          records, [&](const Record& record) { return is_measured(record, model.name, precision); });
    });
    model.precisions = std::move(precisions);
    model.base_precision.clear();
  }
  std::erase_if(plan.models, [](const plan::ModelEntry& model) { return model.precisions.empty(); });
  return plan;
}

namespace {

// All models of the plan have its engine settings.
base::Status add_stand_ins(const plan::Plan& plan, bool own_precision, const run::Machine& machine,
                           const std::function<void(const std::string&)>& on_phase, StandIns& found) {
  if (plan.models.empty()) return {};
  PredictRequest request;
  request.plan = plan;
  request.own_precision = own_precision;
  // A prompt of so many tokens: a run has its text cut or repeated.
  request.plan.performance_settings.n_prompt = plan.performance_settings.prompt_tokens;
  request.memory_bytes = std::numeric_limits<std::int64_t>::max();  // how it would fit is not asked
  TRY_ASSIGN(Predictions predictions, predict(request, on_phase));
  for (const Prediction& row : predictions.rows) found.records.push_back(stand_in(row, plan, machine.device));
  for (std::string& warning : predictions.warnings) {
    if (std::ranges::find(found.warnings, warning) == found.warnings.end())
      found.warnings.push_back(std::move(warning));
  }
  return {};
}

}  // namespace

base::Result<StandIns> find_stand_ins(const plan::Plan& plan, bool own_precision,
                                      const std::function<void(const std::string&)>& on_phase) {
  StandIns found;
  const run::Machine machine = run::describe_machine(".");
  plan::Plan usual = plan;
  std::erase_if(usual.models, [](const plan::ModelEntry& model) { return model.engine.has_value(); });
  TRY(add_stand_ins(usual, own_precision, machine, on_phase, found));
  for (const plan::ModelEntry& model : plan.models) {
    if (!model.engine) continue;
    plan::Plan own = plan;
    own.engine = *model.engine;
    own.models = {model};
    TRY(add_stand_ins(own, own_precision, machine, on_phase, found));
  }
  return found;
}

}  // namespace bantam::predict
