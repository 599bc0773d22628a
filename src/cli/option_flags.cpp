#include "cli/option_flags.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <system_error>

#include "base/text.hpp"
#include "plan/option_values.hpp"

namespace bantam::cli {
namespace {

std::string flag_names(const plan::Option& option) {
  std::string names = "--" + plan::flag_name(option.name);
  for (const std::string& alias : base::split_list(option.aliases)) {
    names += (alias.size() == 1 ? ",-" : ",--") + plan::flag_name(alias);
  }
  return names;
}

bool exists(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::exists(path, ignored);
}

std::vector<std::string> split_items(const std::vector<std::string>& arguments) {
  std::vector<std::string> items;
  for (const std::string& argument : arguments) {
    if (exists(argument)) {
      items.push_back(argument);
      continue;
    }
    for (std::string& item : base::split_list(argument)) items.push_back(std::move(item));
  }
  return items;
}

}  // namespace

void OptionFlags::add_to(CLI::App& app, const std::vector<std::string>& names) {
  for (const plan::Option& option : plan::options()) {
    const std::string name(option.name);
    if (!names.empty() && std::find(names.begin(), names.end(), name) == names.end()) continue;
    CLI::Option* flag = nullptr;
    if (option.form == plan::OptionForm::toggle) {
      flag = app.add_flag(flag_names(option) + ",!--no-" + plan::flag_name(option.name), toggles_[name]);
    } else {
      const bool several = option.form != plan::OptionForm::text;
      flag = app.add_option(flag_names(option), texts_[name]);
      flag->type_name(std::string(option.metavar))->allow_extra_args(several);
      if (several)
        flag->expected(1, CLI::detail::expected_max_vector_size);
      else
        flag->expected(1)->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
    }
    flag->description(std::string(option.help))->group(std::string(option.group));
    given_[name] = flag;
  }
}

plan::OptionValues OptionFlags::values() const {
  plan::OptionValues values;
  for (const plan::Option& option : plan::options()) {
    const std::string name(option.name);
    const auto flag = given_.find(name);
    if (flag == given_.end() || static_cast<const CLI::Option*>(flag->second)->count() == 0) continue;
    if (option.form == plan::OptionForm::toggle) {
      values.push_back({name, {toggles_.at(name) ? "true" : "false"}});
    } else {
      const auto& texts = texts_.at(name);
      values.push_back({name, option.form == plan::OptionForm::list ? split_items(texts) : texts});
    }
  }
  return values;
}

}  // namespace bantam::cli
