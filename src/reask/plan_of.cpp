#include "reask/plan_of.hpp"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "base/text.hpp"
#include "model/calibration.hpp"
#include "plan/options.hpp"
#include "record/cell_kind.hpp"
#include "record/sections.hpp"

namespace bantam::reask {
namespace {

using base::Json;
using base::Result;

// A member of the settings and the option that it is checked as.
struct Setting {
  const char* key;
  const char* option;
};
constexpr std::array kEngine{
    Setting{"threads", "threads"},
    Setting{"cache_type_k", "cache_type_k"},
    Setting{"cache_type_v", "cache_type_v"},
    Setting{"flash_attn", "flash_attn"},
    Setting{"n_batch", "n_batch"},
    Setting{"n_ubatch", "n_ubatch"},
    Setting{"n_gpu_layers", "n_gpu_layers"},
    Setting{"gpu_index", "gpu_index"},
    Setting{"repack", "repack"},
    Setting{"max_model_len", "max_model_len"},
};
constexpr std::array kAccuracy{
    Setting{"limit", "accuracy_limit"},
    Setting{"until_decided_points", "until_decided"},
    Setting{"num_fewshot", "num_fewshot"},
    Setting{"fewshot_without_leaks", "fewshot_without_leaks"},
    Setting{"batch_size", "accuracy_batch_size"},
    Setting{"kv_cells", "accuracy_kv_cells"},
    Setting{"own_kernels", "own_kernels"},
    Setting{"apply_chat_template", "apply_chat_template"},
    Setting{"chat_template", "chat_template"},
    Setting{"chat_template_kwargs", "chat_template_kwargs"},
    Setting{"fewshot_as_multiturn", "fewshot_as_multiturn"},
    Setting{"system_instruction", "system_instruction"},
    Setting{"think_end_token", "think_end_token"},
};

// Empty texts are the defaults of all options that may have them.
void add(const Json& section, const Setting& setting, plan::OptionValues& values) {
  const Json& value = base::child_at(section, setting.key);
  std::string text = value.is_string() ? value.get<std::string>() : base::to_text(value);
  if (!value.is_null() && !text.empty()) values.emplace_back(setting.option, std::vector{std::move(text)});
}

// With --until-decided the base precision is part of the plan, beside at least one other.
std::vector<std::string> precisions_of(const record::Record& record, const std::string& base_precision,
                                       bool is_staged) {
  if (!is_staged) return {record.precision};
  if (record.precision != base_precision) return {base_precision, record.precision};
  return {base_precision, base_precision == "int8" ? "int4" : "int8"};
}

}  // namespace

Result<plan::Plan> plan_of(const record::Record& record, const PlanRequest& request) {
  const Json& accuracy = base::child_at(record.settings, "accuracy");
  if (!accuracy.is_object())
    return base::fail(base::ErrorKind::bad_input, "its record does not say how it was asked");
  const bool is_imported = record::is_imported(record);
  plan::OptionValues values;
  values.emplace_back("models", std::vector<std::string>{"embedded:nano"});  // the place of the real one
  values.emplace_back("tasks", std::vector{std::string(record::name(record::CellKind::accuracy))});
  values.emplace_back("accuracy_tasks", std::vector{record.task});
  for (const Setting& setting : kEngine) add(base::child_at(record.settings, "engine"), setting, values);
  for (const Setting& setting : kAccuracy) add(accuracy, setting, values);
  add(record.settings, {"seed", "seed"}, values);
  add(record.settings, {"lora_mode", "lora_mode"}, values);
  if (!is_imported) {
    const bool is_staged = accuracy.contains("until_decided_points");
    const std::string base_precision =
        base::string_at(record.settings, "base_precision").value_or(record.precision);
    values.emplace_back("precisions", precisions_of(record, base_precision, is_staged));
    if (is_staged) values.emplace_back("base_precision", std::vector{base_precision});
  }
  auto built = plan::build_request(values);
  if (!built)
    return base::fail(built.error().kind, fmt::format("its settings are none of a run: {}",
                                                      base::printable(built.error().message)));
  plan::Plan plan = std::move(built->plan);
  plan.models.front().name = record.model;
  plan.models.front().reference = request.reference;
  plan.accuracy_settings.include_paths = request.include_paths;
  plan.offline = request.offline;
  if (is_imported) plan.accuracy_settings.limit.reset();
  const Json& importance = base::child_at(record.model_info, "importance_matrix");
  if (base::string_at(importance, "dataset") == model::kEmbeddedCalibration)
    plan.calibration.dataset = model::kEmbeddedCalibration;
  return plan;
}

}  // namespace bantam::reask
