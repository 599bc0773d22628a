#pragma once
// Settings that a plan file gives to one model alone, beside its name and path:
//
//   models:
//     - {name: small, path: small.gguf, precisions: [fp16, int8], threads: 2}
//
// They travel among the option values as JSON, one text per model.

#include <filesystem>
#include <set>
#include <string>
#include <string_view>

#include "base/json.hpp"
#include "plan/options.hpp"

namespace bantam::plan {

// Their name among option values, which no option has.
inline constexpr std::string_view kModelSettings = "settings of models";
// Members of such a text: the model as it is named among the values of the option models, and its options.
inline constexpr const char* kModelOfSetting = "model";
inline constexpr const char* kOptionsOfSetting = "options";

bool names_models(std::string_view option);

// The text of one model's settings; `model` is it among the values of the option models, `options` maps names
// of options to their values as a plan file has them.
std::string model_setting(const std::string& model, base::Json options);

// Adds those in the value of `models`. usage, with file and model, for a key that no model can have.
Status add_model_settings(const std::filesystem::path& file, const base::Json& models, OptionValues& values);

// Gives them to the plan's models, but for options that were given again after them.
Status set_model_settings(Plan& plan, const Values& settings, const std::set<std::string_view>& given_again);

}  // namespace bantam::plan
