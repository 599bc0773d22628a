#pragma once
// How the text of an option becomes a member of the plan. Knows nothing of the options' names and help.

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "plan/option_values.hpp"
#include "plan/plan.hpp"

namespace bantam::plan {

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

template <typename Section>
Apply set_real(Section Plan::*section, double Section::*member, double low, double high) {
  return [=](Plan& plan, std::string_view name, const Values& values) -> Status {
    TRY_ASSIGN(const double value, number_from(name, values.front(), low, high));
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

}  // namespace bantam::plan
