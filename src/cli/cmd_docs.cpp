#include <CLI/CLI.hpp>

#include "cli/command.hpp"
#include "cli/exit_codes.hpp"
#include "cli/terminal.hpp"
#include "record/markdown.hpp"

namespace bantam::cli {

Command setup_docs(CLI::App& app) {
  CLI::App* command = app.add_subcommand("docs", "pages rendered from the tables in the code");
  command->group("");  // hidden
  command->require_subcommand(1);
  command->add_subcommand("metrics", "docs/metrics.md");
  return {command, [] {
            const auto printed = print(record::metrics_page());
            return printed ? kOk : report_error(printed.error());
          }};
}

}  // namespace bantam::cli
