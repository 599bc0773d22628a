#include "cli/command.hpp"

#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>

#include "cli/terminal.hpp"

namespace bantam::cli {

void add_examples(CLI::App& command, const std::vector<Example>& examples, std::string_view text) {
  std::size_t widest = 0;
  for (const Example& example : examples) widest = std::max(widest, example.line.size());
  std::string footer(text);
  if (!footer.empty()) footer += "\n\n";
  footer += "Examples:";
  for (const auto& [line, what] : examples) {
    footer += what.empty() ? fmt::format("\n  {}", line) : fmt::format("\n  {:<{}}  {}", line, widest, what);
  }
  command.footer(footer);
}

Command with_subcommands(CLI::App& command, const std::vector<Command (*)(CLI::App&)>& setups) {
  command.require_subcommand(1);
  auto parts = std::make_shared<std::vector<Command>>();
  for (const auto setup : setups) parts->push_back(setup(command));
  return {&command, [parts] {
            for (const Command& part : *parts) {
              if (part.app->parsed()) return part.run();
            }
            return exit_code(base::ErrorKind::usage);
          }};
}

int exit_code(base::ErrorKind kind) {
  switch (kind) {
    case base::ErrorKind::usage:
      return 2;
    case base::ErrorKind::bad_input:
      return 3;
    case base::ErrorKind::environment:
      return 4;
    case base::ErrorKind::storage:
      return 5;
    case base::ErrorKind::invalid_measurement:
      return 6;
    case base::ErrorKind::worker:
      return 7;
    case base::ErrorKind::integrity:
      return 8;
    case base::ErrorKind::interrupted:
      return 130;
  }
  return 3;
}

int interrupted_code(std::optional<int> signal_number) {
  return signal_number ? 128 + *signal_number : exit_code(base::ErrorKind::interrupted);
}

int report_error(const base::Error& error) {
  note(fmt::format("bantam: error: {}", error.message));
  if (!error.hint.empty()) note(fmt::format("  hint: {}", error.hint));
  return exit_code(error.kind);
}

int finish(const base::Result<int>& code) {
  return code ? *code : report_error(code.error());
}

}  // namespace bantam::cli
