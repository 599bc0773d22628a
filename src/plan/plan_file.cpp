#include "plan/plan_file.hpp"

#include <algorithm>

#include "plan/model_settings.hpp"

namespace bantam::plan {
namespace {

using base::Json;

bool takes_several(std::string_view name) {
  const auto option = std::ranges::find(options(), name, &Option::name);
  return option != options().end() && (option->form == OptionForm::list || option->form == OptionForm::texts);
}

// One model, with the settings that it has to itself.
Json model_json(const std::string& text, const Values& settings) {
  const ModelEntry entry = model_entry_from(text);
  Json model = Json::object();
  if (!entry.name.empty()) model["name"] = entry.name;
  model["path"] = entry.reference;
  for (const std::string& setting : settings) {
    const auto json = base::parse_json(setting, "the settings of a model");
    if (!json || base::string_at(*json, kModelOfSetting) != text) continue;
    for (const auto& [name, value] : base::child_at(*json, kOptionsOfSetting).items()) model[name] = value;
  }
  return model;
}

}  // namespace

Json plan_file_of(const OptionValues& options) {
  Values settings;
  for (const auto& [name, values] : options) {
    if (name == kModelSettings) settings = values;
  }
  Json file = Json::object();
  for (const auto& [name, values] : options) {
    if (name == kModelSettings || values.empty()) continue;
    if (name == "models") {
      for (const std::string& model : values) file[name].push_back(model_json(model, settings));
    } else if (takes_several(name)) {
      file[name] = values;
    } else {
      file[name] = values.back();
    }
  }
  return file;
}

}  // namespace bantam::plan
