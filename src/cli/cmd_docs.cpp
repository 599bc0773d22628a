#include <CLI/CLI.hpp>

#include "cli/command.hpp"
#include "cli/exit_codes.hpp"
#include "cli/terminal.hpp"
#include "model/shape.hpp"
#include "record/markdown.hpp"

namespace bantam::cli {
namespace {

base::Status print_page(bool shapes) {
  if (!shapes) return print(record::metrics_page());
  TRY_ASSIGN(const auto known, model::known_shapes());
  return print(model::shapes_page(known));
}

}  // namespace

Command setup_docs(CLI::App& app) {
  CLI::App* command = app.add_subcommand("docs", "pages rendered from the tables in the code");
  command->group("");  // hidden
  command->require_subcommand(1);
  command->add_subcommand("metrics", "docs/metrics.md");
  const CLI::App* shapes = command->add_subcommand("shapes", "docs/shapes.md");
  return {command, [shapes] {
            const auto printed = print_page(shapes->parsed());
            return printed ? kOk : report_error(printed.error());
          }};
}

}  // namespace bantam::cli
