#pragma once
// From the texts of options to checked values and into the plan. Knows nothing of the options' names and
// help, nor of what a model reference means.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "base/result.hpp"
#include "plan/plan.hpp"

namespace bantam::plan {

// list: items between commas or white space; texts: one per argument, as it is; object: JSON, in a plan file
// also a map.
enum class OptionForm { text, list, texts, toggle, object };

// "NAME=REFERENCE", or a reference alone, whose name is left empty. An '=' after the first '/' or ':' belongs
// to the reference.
ModelEntry model_entry_from(const std::string& text);

// One model per line; empty lines and lines that begin with '#' are skipped. usage, with file and line, for a
// file that cannot be read, is larger than 1 MiB, is no text or names no model.
base::Result<std::vector<ModelEntry>> read_model_list(const std::filesystem::path& path);

// A text that ends in ".txt" names a list, any other one model.
base::Result<std::vector<ModelEntry>> models_from(const std::vector<std::string>& texts);

// In what follows `flag` is the option's name as users type it, for messages.

// "num_runs" -> "num-runs".
std::string flag_name(std::string_view option_name);

// usage when the text is no number or out of [low, high].
base::Result<std::int64_t> integer_from(std::string_view flag, const std::string& text, std::int64_t low,
                                        std::int64_t high);
base::Result<double> number_from(std::string_view flag, const std::string& text, double low, double high);
// A number of seconds, or a number with a unit: 90s, 5min.
base::Result<double> seconds_from(std::string_view flag, const std::string& text, double low, double high);
// A size with its unit, which nobody can guess: 8GiB, 512MiB.
base::Result<std::int64_t> bytes_from(std::string_view flag, const std::string& text);
base::Result<bool> boolean_from(std::string_view flag, const std::string& text);
// usage unless `allowed` is empty or holds the text.
base::Result<std::string> word_from(std::string_view flag, const std::string& text,
                                    const std::vector<std::string>& allowed);

// Variables of a user's own for a chat template, such as {"enable_thinking": false}: a JSON object's text,
// with its keys in order, empty for none. usage: what is no JSON object, and names that Transformers'
// apply_chat_template() takes for itself ("messages", "add_generation_prompt", ...).
base::Result<std::string> chat_variables_from(std::string_view flag, const std::string& text);

// A plan file's value as texts: a scalar is one, a list of scalars several where the option takes a list; of
// an option that names models, {name: N, path: P} becomes "N=P". usage for a value of another shape.
base::Result<std::vector<std::string>> texts_from(const base::Json& value, OptionForm form,
                                                  bool names_models);

using base::Status;
using Values = std::vector<std::string>;
// usage, naming the option, for a text that is no value of it. `values` has at least one element.
using Apply = std::function<Status(Plan&, std::string_view name, const Values&)>;

Status set_models(Plan& plan, std::string_view name, const Values& values);
Status set_hub_model(Plan& plan, std::string_view name, const Values& values);
Status set_precisions(Plan& plan, std::string_view name, const Values& values);
Status set_base_precision(Plan& plan, std::string_view name, const Values& values);
Status set_tasks(Plan& plan, std::string_view name, const Values& values);
Status set_limit(Plan& plan, std::string_view name, const Values& values);
Status set_until_decided(Plan& plan, std::string_view name, const Values& values);
Status set_chat_variables(Plan& plan, std::string_view name, const Values& values);
Status set_include_paths(Plan& plan, std::string_view name, const Values& values);
Status set_seed(Plan& plan, std::string_view name, const Values& values);

// Setters for one member, by the member's type.
template <typename Section, typename Member>
Apply set_whole(Section Plan::*section, Member Section::*member, std::int64_t low, std::int64_t high) {
  return [=](Plan& plan, std::string_view name, const Values& values) -> Status {
    TRY_ASSIGN(const std::int64_t value, integer_from(name, values.front(), low, high));
    plan.*section.*member = static_cast<int>(value);
    return {};
  };
}

template <typename Section, typename Number>
Apply set_real(Section Plan::*section, Number Section::*member, double low, double high) {
  return [=](Plan& plan, std::string_view name, const Values& values) -> Status {
    TRY_ASSIGN(const double value, number_from(name, values.front(), low, high));
    plan.*section.*member = value;
    return {};
  };
}

template <typename Section, typename Number>
Apply set_seconds(Section Plan::*section, Number Section::*member, double low, double high) {
  return [=](Plan& plan, std::string_view name, const Values& values) -> Status {
    TRY_ASSIGN(const double value, seconds_from(name, values.front(), low, high));
    plan.*section.*member = value;
    return {};
  };
}

template <typename Section>
Apply set_toggle(Section Plan::*section, bool Section::*member) {
  return [=](Plan& plan, std::string_view name, const Values& values) -> Status {
    TRY_ASSIGN(const bool value, boolean_from(name, values.front()));
    plan.*section.*member = value;
    return {};
  };
}

template <typename Section>
Apply set_word(Section Plan::*section, std::string Section::*member, Values allowed = {}) {
  return [=](Plan& plan, std::string_view name, const Values& values) -> Status {
    TRY_ASSIGN(const std::string value, word_from(name, values.front(), allowed));
    plan.*section.*member = value;
    return {};
  };
}

template <typename Member>
Apply set_path(Member Plan::*member) {
  return [=](Plan& plan, std::string_view, const Values& values) -> Status {
    plan.*member = values.front();
    return {};
  };
}

template <typename Section, typename Member>
Apply set_path(Section Plan::*section, Member Section::*member) {
  return [=](Plan& plan, std::string_view, const Values& values) -> Status {
    plan.*section.*member = values.front();
    return {};
  };
}

}  // namespace bantam::plan
