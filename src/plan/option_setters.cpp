#include "plan/option_setters.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <map>

#include "base/text.hpp"
#include "plan/model_list.hpp"
#include "plan/precision.hpp"

namespace bantam::plan {

using base::ErrorKind;

Status set_models(Plan& plan, std::string_view, const Values& values) {
  TRY_ASSIGN(plan.models, models_from(values));
  return {};
}

Status set_hub_model(Plan& plan, std::string_view, const Values& values) {
  plan.models = {{"", "hf:" + values.front()}};
  return {};
}

Status set_precisions(Plan& plan, std::string_view, const Values& values) {
  plan.precisions.clear();
  for (const std::string& value : values) {
    TRY_ASSIGN(const Precision precision, parse_precision(value));
    const auto& chosen = plan.precisions;
    if (std::find(chosen.begin(), chosen.end(), precision.name) == chosen.end()) {
      plan.precisions.push_back(precision.name);
    }
  }
  return {};
}

Status set_base_precision(Plan& plan, std::string_view, const Values& values) {
  TRY_ASSIGN(const Precision precision, parse_precision(values.front()));
  plan.base_precision = precision.name;
  return {};
}

Status set_tasks(Plan& plan, std::string_view name, const Values& values) {
  const std::map<std::string_view, bool Plan::*> known{{kPerformanceTask, &Plan::performance},
                                                       {kEnergyTask, &Plan::energy},
                                                       {"accuracy", &Plan::accuracy},
                                                       {kFidelityTask, &Plan::fidelity},
                                                       {kSimilarityTask, &Plan::similarity}};
  for (const auto& [task, member] : known) plan.*member = false;
  for (const std::string& value : values) {
    const auto found = known.find(base::ascii_lower(value));
    if (found == known.end()) {
      return base::fail(
          ErrorKind::usage, fmt::format("--{}: unknown value '{}'", name, base::printable(value)),
          "known: performance, energy, accuracy, fidelity, similarity; names of accuracy tasks go "
          "to --accuracy-tasks");
    }
    plan.*found->second = true;
  }
  return {};
}

Status set_limit(Plan& plan, std::string_view name, const Values& values) {
  TRY_ASSIGN(const double limit, number_from(name, values.front(), 0.0, 1e12));
  if (limit == 0.0 || (limit > 1.0 && limit != static_cast<double>(static_cast<std::int64_t>(limit)))) {
    return base::fail(ErrorKind::usage,
                      fmt::format("--accuracy-limit: '{}' is no count or fraction", values.front()),
                      "give a whole number of items, or a fraction below 1");
  }
  plan.accuracy_settings.limit = limit;
  return {};
}

Status set_until_decided(Plan& plan, std::string_view name, const Values& values) {
  TRY_ASSIGN(plan.accuracy_settings.until_decided_points, number_from(name, values.front(), 0.01, 100.0));
  return {};
}

Status set_include_paths(Plan& plan, std::string_view, const Values& values) {
  plan.accuracy_settings.include_paths.assign(values.begin(), values.end());
  return {};
}

Status set_seed(Plan& plan, std::string_view name, const Values& values) {
  TRY_ASSIGN(const std::int64_t seed, integer_from(name, values.front(), 0, INT64_MAX));
  plan.seed = static_cast<std::uint64_t>(seed);
  return {};
}

}  // namespace bantam::plan
