#include "plan/plan.hpp"

#include "plan/settings.hpp"

namespace bantam::plan {

std::vector<Cell> unfold(const Plan& plan) {
  std::vector<Cell> cells;
  for (const ModelEntry& model : plan.models) {
    for (const std::string& precision : plan.precisions) {
      if (plan.performance) cells.push_back({model, precision, kPerformanceTask});
      if (plan.energy) cells.push_back({model, precision, kEnergyTask});
      if (plan.fidelity) cells.push_back({model, precision, kFidelityTask});
      if (plan.similarity) cells.push_back({model, precision, kSimilarityTask});
      if (!plan.accuracy) continue;
      for (const std::string& task : plan.accuracy_settings.tasks) cells.push_back({model, precision, task});
    }
  }
  return cells;
}

bool compares_with_base(std::string_view task) {
  return task == kFidelityTask || task == kSimilarityTask;
}

bool is_accuracy_task(std::string_view task) {
  return task != kPerformanceTask && task != kEnergyTask && !compares_with_base(task);
}

bool is_staged(const Plan& plan, std::string_view task) {
  return plan.accuracy_settings.until_decided_points && is_accuracy_task(task);
}

base::Json settings_of(const Plan& plan, const Cell& cell) {
  base::Json json = base::Json::object();
  json["engine"] = to_json(plan.engine);
  if (cell.model.reference.find(kAdapterMark) != std::string::npos) json["lora_mode"] = plan.lora_mode;
  if (cell.task == kPerformanceTask || cell.task == kEnergyTask) {
    json["performance"] = to_json(plan.performance_settings);
  } else if (cell.task == kFidelityTask) {
    json["fidelity"] = to_json(plan.fidelity_settings);
    json["base_precision"] = plan.base_precision;
  } else if (cell.task == kSimilarityTask) {
    json["similarity"] = to_json(plan.similarity_settings);
    json["base_precision"] = plan.base_precision;
  } else {
    json["accuracy"] = to_json(plan.accuracy_settings);
    json["seed"] = plan.seed;
    if (is_staged(plan, cell.task)) json["base_precision"] = plan.base_precision;
  }
  return json;
}

}  // namespace bantam::plan
