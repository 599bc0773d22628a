#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <vector>

#include "cache/embedded.hpp"
#include "cli/command.hpp"
#include "cli/terminal.hpp"
#include "report/task_list_page.hpp"
#include "task/library.hpp"

namespace bantam::cli {
namespace {

struct ListArguments {
  std::vector<std::string> include_paths;
  std::string format = "table";
  bool all = false;
  bool allow_task_code = false;
};

base::Result<int> list_and_print(const ListArguments& arguments) {
  TRY_ASSIGN(const table::Format format, table::parse_format(arguments.format));
  TRY_ASSIGN(const auto embedded, cache::materialize_embedded());
  TRY_ASSIGN(auto library, task::TaskLibrary::open(
                               {arguments.include_paths.begin(), arguments.include_paths.end()}, embedded));
  if (arguments.allow_task_code) library.allow_code();
  const auto rows = report::task_rows(library, arguments.all || format == table::Format::json);
  for (const std::string& warning : library.warnings()) note("warning: " + warning);
  TRY(print(report::task_list_page(rows, arguments.all, embedded, format, page_style())));
  return kOk;
}

}  // namespace

Command setup_tasks_list(CLI::App& app) {
  CLI::App* command = app.add_subcommand("list", "tasks, groups and tags that can be named");
  add_examples(*command,
               {{"bantam tasks list", ""}, {"bantam tasks list --include-path my_tasks --all", ""}});
  auto arguments = std::make_shared<ListArguments>();
  command->add_option("--include-path", arguments->include_paths, "a folder of task files; may be repeated")
      ->type_name("DIR");
  command->add_flag("--all", arguments->all, "the tasks inside groups, too");
  command->add_flag("--allow-task-code", arguments->allow_task_code,
                    "take tasks whose Python functions would have to be run; nothing is run");
  command->add_option("-o,--output", arguments->format, "table, json or md")
      ->check(CLI::IsMember({"table", "json", "md"}))
      ->capture_default_str()
      ->type_name("FORMAT");
  return {command, [arguments] { return finish(list_and_print(*arguments)); }};
}

}  // namespace bantam::cli
