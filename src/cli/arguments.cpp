#include "cli/arguments.hpp"

#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/secrets.hpp"
#include "base/text.hpp"
#include "plan/option_values.hpp"

namespace bantam::cli {
namespace {

// llama.cpp's names of several letters behind one dash.
constexpr std::array<std::pair<std::string_view, std::string_view>, 7> kSingleDash{{
    {"-ngl", "--n-gpu-layers"},
    {"-fa", "--flash-attn"},
    {"-ctk", "--cache-type-k"},
    {"-ctv", "--cache-type-v"},
    {"-hf", "--hf-repo"},
    {"-hfr", "--hf-repo"},
    {"-hft", "--hf-token"},
}};

bool takes_a_secret(std::string_view argument) {
  return argument.starts_with("--") && base::names_a_secret(argument.substr(2));
}

std::string normalized(std::string_view argument) {
  for (const auto& [given, full] : kSingleDash) {
    if (argument == given) return std::string(full);
  }
  std::string result(argument);
  if (argument.starts_with("--")) {
    const auto end = std::min(result.find('='), result.size());
    std::replace(result.begin(), result.begin() + static_cast<std::ptrdiff_t>(end), '_', '-');
  }
  return result;
}

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

base::Result<std::vector<std::string>> normalized_arguments(int count, const char* const* arguments) {
  std::vector<std::string> result;
  bool only_values = false;  // after "--"
  for (int i = 1; i < count; ++i) {
    only_values = only_values || std::string_view(arguments[i]) == "--";
    result.push_back(only_values ? std::string(arguments[i]) : normalized(arguments[i]));
    const std::string name = result.back().substr(0, result.back().find('='));
    if (!only_values && takes_a_secret(name)) {
      return base::fail(base::ErrorKind::usage,
                        fmt::format("{}: a secret does not belong on the command line", name),
                        "set it in the environment instead, e.g. HF_TOKEN");
    }
  }
  return result;
}

base::Status check_file_names(const CLI::App& parsed) {
  for (const CLI::Option* option : parsed.get_options()) {
    const std::string type = option->get_type_name();
    const bool names_file = type.starts_with("FILE") || type == "DIR" || type == "PATH";
    if (!names_file || option->count() == 0) continue;
    if (std::ranges::none_of(option->results(), &std::string::empty)) continue;
    return base::fail(base::ErrorKind::usage, fmt::format("{} is empty", option->get_name()),
                      "give it a name, or leave it out");
  }
  for (const CLI::App* command : parsed.get_subcommands()) TRY(check_file_names(*command));
  return {};
}

void OptionFlags::add_to(CLI::App& app, const std::vector<std::string>& names) {
  for (const plan::Option& option : plan::options()) {
    const std::string name(option.name);
    if (!names.empty() && std::find(names.begin(), names.end(), name) == names.end()) continue;
    CLI::Option* flag = nullptr;
    if (option.form == plan::OptionForm::toggle) {
      flag = app.add_flag(flag_names(option) + ",!--no-" + plan::flag_name(option.name), toggles_[name]);
    } else {
      const bool several = option.form != plan::OptionForm::text && option.form != plan::OptionForm::object;
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
