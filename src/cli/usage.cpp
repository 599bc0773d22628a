#include "cli/usage.hpp"

#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <filesystem>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/text.hpp"
#include "cli/arguments.hpp"
#include "cli/terminal.hpp"

namespace bantam::cli {
namespace {

// What other tools, and other people, call our commands.
constexpr auto kOtherNames = std::to_array<std::pair<std::string_view, std::string_view>>({
    {"measure", "run"},       {"bench", "run"},         {"benchmark", "run"},
    {"eval", "run"},          {"evaluate", "run"},      {"lm_eval", "run"},
    {"lm-eval", "run"},       {"slim-eval", "run"},     {"llama-bench", "run"},
    {"test", "run"},          {"start", "run"},         {"resume", "run"},
    {"estimate", "predict"},  {"fit", "predict"},       {"fits", "predict"},
    {"report", "analyze"},    {"results", "analyze"},   {"diff", "compare"},
    {"table", "analyze"},     {"version", "--version"}, {"info", "device"},
    {"system", "device"},     {"hardware", "device"},   {"download", "models pull"},
    {"fetch", "models pull"}, {"get", "models pull"},   {"quant", "models quantize"},
    {"ls", "tasks list"},     {"watch", "serve"},       {"web", "serve"},
    {"ui", "serve"},          {"dashboard", "serve"},   {"live", "serve"},
});

bool is_shown(const CLI::App& command) {
  return !command.get_name().empty() && !command.get_group().empty();
}

std::vector<const CLI::App*> parts_of(const CLI::App& command) {
  return command.get_subcommands([](const CLI::App* part) { return is_shown(*part); });
}

// All commands below this one, outer ones first.
std::vector<const CLI::App*> commands_below(const CLI::App& command) {
  std::vector<const CLI::App*> all = parts_of(command);
  for (const CLI::App* part : parts_of(command)) {
    const auto inner = commands_below(*part);
    all.insert(all.end(), inner.begin(), inner.end());
  }
  return all;
}

std::vector<std::string> names_of(const std::vector<const CLI::App*>& commands) {
  std::vector<std::string> names;
  for (const CLI::App* command : commands) names.push_back(command->get_name());
  return names;
}

// The full names of all commands of this name.
std::vector<std::string> full_names(const std::vector<const CLI::App*>& commands, const std::string& name) {
  std::vector<std::string> names;
  for (const CLI::App* command : commands) {
    if (command->get_name() == name) names.push_back(full_name(*command));
  }
  return names;
}

std::vector<std::string> meant_commands(const CLI::App& command, const std::string& word) {
  const bool is_root = command.get_parent() == nullptr;
  const auto other = std::ranges::find(kOtherNames, base::ascii_lower(word),
                                       &std::pair<std::string_view, std::string_view>::first);
  if (is_root && other != kOtherNames.end()) return {fmt::format("bantam {}", other->second)};
  const auto all = commands_below(command);
  if (auto exact = full_names(all, word); !exact.empty()) return exact;
  const auto parts = parts_of(command);
  if (const auto near = base::closest(word, names_of(parts))) return full_names(parts, *near);
  if (const auto near = base::closest(word, names_of(all))) return full_names(all, *near);
  return {};
}

std::vector<std::string> options_of(const CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::Option* option : command.get_options()) {
    if (option->get_group().empty()) continue;
    for (const std::string& name : option->get_lnames()) names.push_back(name);
  }
  return names;
}

// The commands that take this option, by their full names.
std::vector<std::string> takers_of(const CLI::App& root, const std::string& option) {
  std::vector<std::string> takers;
  for (const CLI::App* command : commands_below(root)) {
    const auto names = options_of(*command);
    if (std::ranges::find(names, option) != names.end()) takers.push_back(full_name(*command));
  }
  return takers;
}

// lm-eval's short options that bantam run has not, with the long ones that it knows.
constexpr auto kLmEvalShort = std::to_array<std::pair<std::string_view, std::string_view>>({
    {"M", "write --model"},
    {"a", "write --model-args"},
    {"b", "write --batch-size"},
    {"C", "write a plan file and --plan"},
    {"c", "leave it out: every finished item is kept in the store"},
    {"o", "leave it out: bantam export lm-eval --output-path writes lm-eval's files"},
    {"s", "leave it out: every item is kept"},
    {"E", "leave it out; --accuracy-limit takes a seeded sample"},
    {"v", "leave it out: there are no levels of logging"},
    {"w", "leave it out: bantam tasks show prints prompts"},
    {"x", "leave it out: answers are always scored"},
});

base::Error unknown_option(const CLI::App& root, const CLI::App& command, const std::string& word) {
  const std::string given = word.substr(0, word.find('='));
  const std::string name = given.substr(std::min(given.find_first_not_of('-'), given.size()));
  base::Error error{base::ErrorKind::usage,
                    fmt::format("{} has no option {}", full_name(command), base::printable(given)),
                    fmt::format("see {} --help", full_name(command))};
  const auto* known = std::ranges::find(kLmEvalShort, std::string_view(name),
                                        &std::pair<std::string_view, std::string_view>::first);
  if (command.get_name() == "run" && !given.starts_with("--") && known != kLmEvalShort.end()) {
    error.hint = fmt::format("lm-eval's {}: {}", given, known->second);
    return error;
  }
  const auto takers = takers_of(root, name);
  if (!parts_of(command).empty()) {
    if (!takers.empty())
      error.hint =
          fmt::format("options stand behind the command that takes them: {} --{}", takers.front(), name);
  } else if (const auto near = base::closest(name, options_of(command))) {
    error.hint = fmt::format("did you mean --{}? {}", *near, error.hint);
  } else if (!takers.empty()) {
    constexpr std::size_t kMostNamed = 3;
    const std::size_t named = std::min(takers.size(), kMostNamed);
    const std::string more =
        takers.size() > named ? fmt::format(" and {} other commands", takers.size() - named) : "";
    error.hint = fmt::format("{}{} take{} --{}",
                             base::join({takers.begin(), takers.begin() + static_cast<std::ptrdiff_t>(named)},
                                        more.empty() ? " or " : ", "),
                             more, more.empty() ? "s" : "", name);
  }
  return error;
}

base::Error unknown_word(const CLI::App& command, const std::string& word) {
  const auto options = options_of(command);
  const auto takes = [&options](const char* name) {
    return std::ranges::find(options, name) != options.end();
  };
  std::error_code ignored;
  std::string option;
  if (takes("store") && word.ends_with(".db")) option = "--store";
  if (takes("input-dir") && std::filesystem::is_directory(word, ignored)) option = "--input-dir";
  return {base::ErrorKind::usage,
          fmt::format("{} takes no argument '{}'", full_name(command),
                      base::ellipsize(base::printable(word), 80)),
          option.empty() ? fmt::format("see {} --help", full_name(command))
                         : fmt::format("did you mean {} {}?", option, base::printable(word))};
}

// The outermost command that was left with words, and the first of them.
std::optional<std::pair<const CLI::App*, std::string>> first_left_over(const CLI::App& root) {
  const CLI::App* command = &root;
  while (true) {
    for (std::string& word : command->remaining()) {
      if (word != "--") return std::pair{command, std::move(word)};
    }
    const auto named = command->get_subcommands();
    if (named.empty()) return std::nullopt;
    command = named.back();
  }
}

}  // namespace

std::string full_name(const CLI::App& command) {
  const CLI::App* outer = command.get_parent();
  return outer == nullptr ? "bantam" : full_name(*outer) + " " + command.get_name();
}

const CLI::App& asked_command(const CLI::App& root) {
  const CLI::App* command = &root;
  while (!command->get_subcommands().empty()) command = command->get_subcommands().back();
  return *command;
}

std::string fitted_help(const std::string& text, std::size_t columns) {
  std::vector<std::string> lines;
  for (const std::string& line : base::split(text, '\n')) {
    // What stands behind two blanks or more goes on below itself, unless that is far to the right.
    const auto gap = line.rfind("  ");
    const std::size_t column = gap == std::string::npos ? 0 : gap + 2;
    lines.push_back(
        wrapped(line, columns, column <= columns * 2 / 3 ? column : line.find_first_not_of(' ') + 2));
  }
  return base::join(lines, "\n");
}

std::string help_text(const CLI::App& command) {
  const std::string text =
      command.get_formatter()->make_help(&command, full_name(command), CLI::AppFormatMode::Normal);
  const Terminal terminal = stdout_terminal();
  return terminal.is_tty ? fitted_help(text, terminal.columns) : text;
}

bool wants_help(const CLI::ParseError& error, const CLI::App& root) {
  return dynamic_cast<const CLI::RequiredError*>(&error) != nullptr && !first_left_over(root) &&
         !parts_of(asked_command(root)).empty();
}

base::Error unknown_command(const CLI::App& command, const std::string& word) {
  const std::string shown = base::ellipsize(base::printable(word), 80);
  base::Error error{base::ErrorKind::usage, fmt::format("{} has no command '{}'", full_name(command), shown),
                    ""};
  if (const auto meant = meant_commands(command, word); !meant.empty()) {
    error.hint = fmt::format("did you mean {}? ", base::join(meant, " or "));
  } else if (looks_like_model(word)) {
    error.hint = fmt::format("to measure this model: bantam run {}; ", shown);
  }
  error.hint += fmt::format("{} has: {}", full_name(command), base::join(names_of(parts_of(command)), ", "));
  return error;
}

base::Error usage_error(const CLI::ParseError& error, const CLI::App& root) {
  const bool says_less = dynamic_cast<const CLI::RequiredError*>(&error) != nullptr ||
                         dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr;
  if (const auto left = first_left_over(root); left && says_less) {
    const auto& [command, word] = *left;
    if (word.size() > 1 && word.starts_with('-')) return unknown_option(root, *command, word);
    return parts_of(*command).empty() ? unknown_word(*command, word) : unknown_command(*command, word);
  }
  return {base::ErrorKind::usage, error.what(), fmt::format("see {} --help", full_name(asked_command(root)))};
}

}  // namespace bantam::cli
