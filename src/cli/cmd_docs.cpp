#include <CLI/CLI.hpp>

#include "cache/embedded.hpp"
#include "cli/command.hpp"
#include "cli/terminal.hpp"
#include "report/metrics_page.hpp"
#include "report/shape_page.hpp"
#include "report/suite_page.hpp"
#include "shape/shape.hpp"

namespace bantam::cli {
namespace {

base::Result<std::string> suite_page() {
  TRY_ASSIGN(const auto embedded, cache::materialize_embedded());
  TRY_ASSIGN(const auto library, task::TaskLibrary::open({embedded / "tasks"}, {}));
  return report::suite_page(library);
}

base::Result<int> print_page(bool shapes, bool suite) {
  std::string page;
  if (suite) {
    TRY_ASSIGN(page, suite_page());
  } else if (shapes) {
    TRY_ASSIGN(const auto known, shape::known_shapes());
    page = report::shape_page(known);
  } else {
    page = report::metrics_page();
  }
  TRY(print(page));
  return kOk;
}

}  // namespace

Command setup_docs(CLI::App& app) {
  CLI::App* command = app.add_subcommand("docs", "pages rendered from the tables in the code");
  command->group("");  // hidden
  command->require_subcommand(1);
  add_examples(*command, {{"bantam docs metrics", ""}, {"bantam docs suite", ""}});
  const auto add_page = [command](const char* name, const char* what) {
    CLI::App* page = command->add_subcommand(name, what);
    const std::string line = std::string("bantam docs ") + name;
    add_examples(*page, {{line, "the page on the screen"}, {line + " > page.md", "the page as a file"}});
    return page->group("Pages");
  };
  add_page("metrics", "what each number is: docs/metrics.md");
  const CLI::App* shapes = add_page("shapes", "models without weights: docs/shapes.md");
  const CLI::App* suite = add_page("suite", "the tasks that come with bantam: docs/suite.md");
  return {command, [shapes, suite] { return finish(print_page(shapes->parsed(), suite->parsed())); }};
}

}  // namespace bantam::cli
