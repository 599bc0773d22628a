#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "base/environment.hpp"
#include "base/text.hpp"
#include "cli/command.hpp"
#include "cli/terminal.hpp"
#include "model/engine_environment.hpp"
#include "report/engines_page.hpp"

namespace bantam::cli {
namespace {

base::Result<int> list_and_print(const std::string& format_name) {
  TRY_ASSIGN(const table::Format format, table::parse_format(format_name));
  std::vector<report::ListedEngine> engines;
  const std::string own = base::environment_text(model::kEnginePythonVariable);
  for (const model::KnownEngine& known : model::known_engines()) {
    TRY_ASSIGN(const model::EngineInstallation installation, model::engine_installation(known.name));
    engines.push_back({std::string(known.name), std::string(known.what), installation.packages, own,
                       installation.is_there ? installation.folder.string() : ""});
  }
  TRY(print(report::engines_page(engines, format, page_style())));
  return kOk;
}

}  // namespace

Command setup_engines_list(CLI::App& app) {
  CLI::App* command = app.add_subcommand("list", "engines that --engine takes, and what they still need");
  add_examples(*command, {{"bantam engines list", ""}, {"bantam engines list -o json", ""}});
  auto format = std::make_shared<std::string>("table");
  command->add_option("-o,--output", *format, "table, json or md")
      ->check(CLI::IsMember({"table", "json", "md"}))
      ->capture_default_str()
      ->type_name("FORMAT");
  return {command, [format] { return finish(list_and_print(*format)); }};
}

}  // namespace bantam::cli
