#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <vector>

#include "cli/command.hpp"
#include "cli/terminal.hpp"
#include "evaluate/validate.hpp"
#include "report/validation_page.hpp"

namespace bantam::cli {
namespace {

using base::Result;

struct ValidateArguments {
  std::string what;
  std::vector<std::string> include_paths;
  std::string format = "table";
  bool allow_task_code = false;
};

Result<int> validate_and_print(const ValidateArguments& arguments) {
  TRY_ASSIGN(const table::Format format, table::parse_format(arguments.format));
  TRY_ASSIGN(
      const evaluate::Validation validation,
      evaluate::validate(arguments.what, {arguments.include_paths.begin(), arguments.include_paths.end()},
                         arguments.allow_task_code));
  TRY(print(report::validation_page(validation, format)));
  return validation.is_valid() ? kOk : exit_code(base::ErrorKind::bad_input);
}

}  // namespace

Command setup_tasks_validate(CLI::App& app) {
  CLI::App* command =
      app.add_subcommand("validate", "everything that is wrong with task files and their data");
  add_examples(
      *command,
      {{"bantam tasks validate my_tasks", ""}, {"bantam tasks validate my_tasks/mine.yaml -o json", ""}},
      "Exit status 3 when there is a problem. Data that has to be fetched first is not looked at.");
  auto arguments = std::make_shared<ValidateArguments>();
  command->add_option("WHAT", arguments->what, "a task file, a folder of them, or a task's name")
      ->required()
      ->type_name("");
  command->add_option("--include-path", arguments->include_paths, "a folder of task files; may be repeated")
      ->type_name("DIR");
  command->add_flag("--allow-task-code", arguments->allow_task_code,
                    "run Python functions that task files name, under limits");
  command->add_option("-o,--output", arguments->format, "table or json")
      ->check(CLI::IsMember({"table", "json"}))
      ->capture_default_str()
      ->type_name("FORMAT");
  return {command, [arguments] { return finish(validate_and_print(*arguments)); }};
}

}  // namespace bantam::cli
