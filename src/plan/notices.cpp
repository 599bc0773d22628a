#include "plan/notices.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <optional>
#include <utility>

#include "base/text.hpp"
#include "plan/program.hpp"
#include "plan/served.hpp"

namespace bantam::plan {
namespace {

using enum record::CellKind;

std::optional<std::string> unless_measured(const Plan& plan, record::CellKind kind,
                                           std::optional<record::CellKind> other = std::nullopt) {
  if (plan.measures(kind) || (other && plan.measures(*other))) return std::nullopt;
  return fmt::format("{} is not measured", record::name(kind));
}

std::optional<std::string> why_unused(const Option& option, const Plan& plan) {
  const bool is_served = plan.engine_name == kServedEngine;
  const bool is_program = is_program_engine(plan.engine_name);
  if (option.group == groups::kServed && !is_served) {
    if (option.name == "engine" || (is_program && option.name == "engine_command")) return std::nullopt;
    return fmt::format("--engine {} is not given", kServedEngine);
  }
  if (is_served && option.group == groups::kEngine) return "the server has an engine and settings of its own";
  if (is_program && option.group == groups::kEngine && option.name != "threads" &&
      option.name != "max_model_len")
    return "an engine program is told its threads and --max-model-len only";
  if (is_program && option.group == groups::kMaking && option.name != "lora_mode")
    return "an engine program loads the model's files itself";
  if (is_served && option.group == groups::kMaking) return "no file is made of a model behind a server";
  if (option.group == groups::kSpeed) {
    if (plan.measures(resources)) return std::nullopt;
    return unless_measured(plan, performance, energy);
  }
  if (option.group == groups::kEnergy) return unless_measured(plan, energy);
  if (option.name == "draft") return unless_measured(plan, performance, energy);
  const auto is_drafted = [&plan](const Cell& cell) {
    return cell_settings(plan, cell).engine.draft.has_value();
  };
  if (option.name == "draft_tokens" && std::ranges::none_of(unfold(plan), is_drafted))
    return "--draft is not given";
  if (option.name == "embedding_model") return unless_measured(plan, similarity, accuracy);
  if (option.group == groups::kDamage)  // fidelity_text: of that kind
    return unless_measured(plan, record::cell_kind(option.name.substr(0, option.name.find('_'))));
  if (option.group == groups::kScore) {
    if (auto reason = unless_measured(plan, accuracy)) return reason;
    const bool needs_template = option.name == "chat_template" || option.name == "fewshot_as_multiturn";
    if (needs_template && !plan.accuracy_settings.apply_chat_template)
      return "--apply-chat-template is not given";
  }
  if (option.name == "lora_mode" && std::ranges::none_of(plan.models, [](const ModelEntry& model) {
        return model.reference.find(kAdapterMark) != std::string::npos;
      }))
    return "no model has an adapter (+lora:)";
  return std::nullopt;
}

}  // namespace

std::vector<std::string> unused_options(const std::vector<const Option*>& given, const Plan& plan) {
  std::vector<std::pair<std::string, std::vector<std::string>>> by_reason;
  for (const Option* option : given) {
    const auto reason = why_unused(*option, plan);
    if (!reason) continue;
    auto place =
        std::ranges::find(by_reason, *reason, &std::pair<std::string, std::vector<std::string>>::first);
    if (place == by_reason.end()) place = by_reason.insert(by_reason.end(), {*reason, {}});
    place->second.push_back("--" + flag_name(option->name));
  }
  std::vector<std::string> notices;
  for (const auto& [reason, flags] : by_reason) {
    notices.push_back(fmt::format("{} {} no effect: {}", base::join(flags, ", "),
                                  flags.size() == 1 ? "has" : "have", reason));
  }
  return notices;
}

std::string accuracy_is_left_out(const Plan& plan) {
  const std::string model = base::printable(plan.models.front().reference);
  return fmt::format(
      "accuracy is not measured, as no tasks are named. Next:\n"
      "  bantam tasks list    shows the tasks that can be named\n"
      "  bantam run {} --accuracy-tasks arc_easy --accuracy-limit 200    measures one of them",
      model);
}

}  // namespace bantam::plan
