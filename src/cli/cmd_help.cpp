// `bantam help [COMMAND]`: what `bantam COMMAND --help` prints.

#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <vector>

#include "cli/command.hpp"
#include "cli/terminal.hpp"
#include "cli/usage.hpp"

namespace bantam::cli {
namespace {

base::Result<int> print_help(const CLI::App& root, const std::vector<std::string>& words) {
  const CLI::App* command = &root;
  for (const std::string& word : words) {
    const auto parts =
        command->get_subcommands([&word](const CLI::App* part) { return part->get_name() == word; });
    if (parts.empty()) return tl::unexpected(unknown_command(*command, word));
    command = parts.front();
  }
  TRY(print(help_text(*command)));
  return kOk;
}

}  // namespace

Command setup_help(CLI::App& app) {
  CLI::App* command = app.add_subcommand("help", "the help of a command");
  add_examples(*command, {{"bantam help run", ""}, {"bantam help models pull", ""}});
  auto words = std::make_shared<std::vector<std::string>>();
  command->add_option("COMMAND", *words, "a command, with its subcommand")->type_name("");
  return {command, [&app, words] { return finish(print_help(app, *words)); }};
}

}  // namespace bantam::cli
