#include "plan/model_settings.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <utility>

#include "base/text.hpp"
#include "plan/option_values.hpp"

namespace bantam::plan {
namespace {

using base::ErrorKind;
using base::Json;

// Null when a model cannot have this option of its own.
const OptionEntry* find_own(std::string_view key) {
  const std::string name = base::replace_all(std::string(key), "-", "_");
  for (const OptionEntry& entry : option_table()) {
    const auto aliases = base::split_list(entry.option.aliases);
    if (entry.option.name != name && std::ranges::find(aliases, name) == aliases.end()) continue;
    const bool is_own = entry.option.group == groups::kEngine || entry.option.name == "precisions" ||
                        entry.option.name == "base_precision";
    return is_own ? &entry : nullptr;
  }
  return nullptr;
}

Status add_one(const std::filesystem::path& file, const Json& model, Values& settings) {
  if (!model.is_object()) return {};
  Json options = Json::object();
  for (const auto& [key, value] : model.items()) {
    if (key == "name" || key == "path") continue;
    const OptionEntry* entry = find_own(key);
    if (entry == nullptr) {
      return base::fail(ErrorKind::usage,
                        fmt::format("{}: models: unknown key '{}'", file.string(), base::printable(key)),
                        "a model has name, path, precisions, base_precision and the options of the engine");
    }
    options[std::string(entry->option.name)] = value;
  }
  if (options.empty()) return {};
  TRY_ASSIGN(const auto texts, texts_from(model, OptionForm::list, true));
  settings.push_back(model_setting(texts.front(), std::move(options)));
  return {};
}

Status set_one(Plan& plan, ModelEntry& model, const Json& options,
               const std::set<std::string_view>& given_again) {
  Plan own = plan;
  own.precisions.clear();
  own.base_precision.clear();
  for (const auto& [key, value] : options.items()) {
    const OptionEntry* entry = find_own(key);
    if (entry == nullptr || given_again.contains(entry->option.name)) continue;
    TRY_ASSIGN(const auto texts, texts_from(value, entry->option.form, false));
    if (texts.empty()) continue;
    TRY(entry->apply(own, flag_name(entry->option.name), texts));
    if (entry->option.group == groups::kEngine) model.engine = own.engine;
  }
  model.precisions = std::move(own.precisions);
  model.base_precision = std::move(own.base_precision);
  return {};
}

}  // namespace

bool names_models(std::string_view option) {
  return option == "models" || option == "hf_repo";
}

std::string model_setting(const std::string& model, Json options) {
  return base::to_text(Json{{kModelOfSetting, model}, {kOptionsOfSetting, std::move(options)}});
}

Status add_model_settings(const std::filesystem::path& file, const Json& models, OptionValues& values) {
  Values settings;
  if (models.is_array()) {
    for (const Json& model : models) TRY(add_one(file, model, settings));
  } else {
    TRY(add_one(file, models, settings));
  }
  if (!settings.empty()) values.emplace_back(std::string(kModelSettings), std::move(settings));
  return {};
}

Status set_model_settings(Plan& plan, const Values& settings, const std::set<std::string_view>& given_again) {
  for (const std::string& text : settings) {
    TRY_ASSIGN(const Json setting, base::parse_json(text, "the settings of a model"));
    const ModelEntry named = model_entry_from(base::string_at(setting, kModelOfSetting).value_or(""));
    for (ModelEntry& model : plan.models) {
      if (model.reference != named.reference || model.name != named.name) continue;
      if (const auto set = set_one(plan, model, base::child_at(setting, kOptionsOfSetting), given_again);
          !set) {
        return base::fail(ErrorKind::usage, fmt::format("model {}: {}", named.reference, set.error().message),
                          set.error().hint);
      }
    }
  }
  return {};
}

}  // namespace bantam::plan
