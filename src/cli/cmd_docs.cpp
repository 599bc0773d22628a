#include <CLI/CLI.hpp>

#include "cache/embedded.hpp"
#include "cli/command.hpp"
#include "cli/exit_codes.hpp"
#include "cli/terminal.hpp"
#include "report/metrics_page.hpp"
#include "report/suite_page.hpp"
#include "shape/shape.hpp"

namespace bantam::cli {
namespace {

base::Status print_suite() {
  TRY_ASSIGN(const auto embedded, cache::materialize_embedded());
  TRY_ASSIGN(const auto library, task::TaskLibrary::open({embedded / "tasks"}, {}));
  TRY_ASSIGN(const std::string page, report::suite_page(library));
  return print(page);
}

base::Status print_page(bool shapes, bool suite) {
  if (suite) return print_suite();
  if (!shapes) return print(report::metrics_page());
  TRY_ASSIGN(const auto known, shape::known_shapes());
  return print(shape::shapes_page(known));
}

}  // namespace

Command setup_docs(CLI::App& app) {
  CLI::App* command = app.add_subcommand("docs", "pages rendered from the tables in the code");
  command->group("");  // hidden
  command->require_subcommand(1);
  command->add_subcommand("metrics", "docs/metrics.md");
  const CLI::App* shapes = command->add_subcommand("shapes", "docs/shapes.md");
  const CLI::App* suite = command->add_subcommand("suite", "docs/suite.md");
  return {command, [shapes, suite] {
            const auto printed = print_page(shapes->parsed(), suite->parsed());
            return printed ? kOk : report_error(printed.error());
          }};
}

}  // namespace bantam::cli
