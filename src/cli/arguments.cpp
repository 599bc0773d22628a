#include "cli/arguments.hpp"

#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <filesystem>
#include <optional>
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

// -models for --models.
bool is_long_name(std::string_view argument) {
  if (argument.size() < 3 || !argument.starts_with('-') || argument.starts_with("--")) return false;
  std::string name(argument.substr(1, argument.find('=') - 1));
  std::ranges::replace(name, '-', '_');
  const auto& known = plan::options();
  return std::ranges::any_of(known, [&name](const plan::Option& option) {
    const auto aliases = base::split_list(option.aliases);
    return option.name == name || std::ranges::find(aliases, name) != aliases.end();
  });
}

std::string normalized(std::string_view argument) {
  for (const auto& [given, full] : kSingleDash) {
    if (argument == given) return std::string(full);
  }
  if (is_long_name(argument)) return normalized(fmt::format("-{}", argument));
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
                        name.starts_with("--wandb") ? "leave it out: `wandb sync` has its own login"
                                                    : "set it in the environment instead, e.g. HF_TOKEN");
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

bool looks_like_model(const std::string& word) {
  const std::string lower = base::ascii_lower(word);
  const bool has_scheme =
      std::ranges::any_of(std::to_array<std::string_view>({"embedded:", "hf:", "synthetic:"}),
                          [&lower](auto scheme) { return lower.starts_with(scheme); });
  const bool has_blank = word.find_first_of(" \n\t") != std::string::npos;
  return has_scheme || lower.ends_with(".gguf") || exists(word) ||
         (!has_blank && word.find_first_of("/=") != std::string::npos);
}

namespace {

// Absent where the word may well be a model.
std::optional<base::Error> stray_word(const CLI::Option& option, const std::string& word) {
  constexpr auto kTruths =
      std::to_array<std::string_view>({"true", "false", "on", "off", "yes", "no", "1", "0"});
  const auto& long_names = option.get_lnames();
  const std::string name = long_names.empty() ? option.get_name() : "--" + long_names.front();
  const std::string shown = base::ellipsize(base::printable(word), 80);
  if (option.get_items_expected_max() == 0) {
    if (std::ranges::find(kTruths, base::ascii_lower(word)) == kTruths.end()) return std::nullopt;
    return base::Error{base::ErrorKind::usage,
                       fmt::format("{} takes no value, and '{}' follows it", name, shown),
                       fmt::format("a value is written behind '=': {}=true, {}=false", name, name)};
  }
  if (option.get_type_name() != "TEXT" && option.get_type_name() != "X") return std::nullopt;
  std::string hint = fmt::format("put quotes around a text of several words: {} 'a b c'", name);
  if (option.check_lname("prompt"))
    hint += "; --similarity-prompts takes several prompts, whose answers are compared";
  return base::Error{base::ErrorKind::usage,
                     fmt::format("{} takes one text, and '{}' follows it", name, shown), hint};
}

}  // namespace

base::Status check_words(const CLI::App& command, const CLI::Option& models) {
  const CLI::Option* before = nullptr;
  std::size_t next = 0;
  for (const CLI::Option* option : command.parse_order()) {
    if (option != &models) {
      before = option;
      continue;
    }
    const std::string& word = models.results().at(next++);
    if (before == nullptr || looks_like_model(word)) continue;
    if (auto error = stray_word(*before, word)) return tl::unexpected(*std::move(error));
  }
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

plan::OptionValues OptionFlags::values_with(const std::vector<std::string>& models) const {
  plan::OptionValues all = values();
  if (models.empty()) return all;
  std::vector<std::string> named = split_items(models);
  for (const auto& [name, texts] : all) {
    if (name == "models") named.insert(named.end(), texts.begin(), texts.end());
  }
  all.emplace_back("models", std::move(named));
  return all;
}

base::Status OptionFlags::check_lists() const {
  for (const auto& [name, texts] : values()) {
    if (name == "models" || texts.size() < 2) continue;
    const auto model = std::ranges::find_if(texts, [](const std::string& text) {
      return base::ascii_lower(text).ends_with(".gguf") || text.starts_with("embedded:");
    });
    if (model == texts.end()) continue;
    return base::fail(base::ErrorKind::usage,
                      fmt::format("--{}: '{}' is a model", plan::flag_name(name),
                                  base::ellipsize(base::printable(*model), 80)),
                      "name models before all options, or behind --models");
  }
  return {};
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
