#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

#include "cli/command.hpp"
#include "cli/terminal.hpp"
#include "evaluate/validate.hpp"
#include "report/validation_page.hpp"
#include "task/library.hpp"

namespace bantam::cli {
namespace {

namespace fs = std::filesystem;
using base::Result;
using evaluate::Finding;
using report::Validation;

struct ValidateArguments {
  std::string what;
  std::vector<std::string> include_paths;
  std::string format = "table";
};

void add_once(std::vector<Finding>& findings, Finding finding) {
  const bool known = std::any_of(findings.begin(), findings.end(),
                                 [&](const Finding& other) { return other.message == finding.message; });
  if (!known) findings.push_back(std::move(finding));
}

void check_name(const task::TaskLibrary& library, const std::string& name, Validation& validation) {
  const auto problems = library.check(name);
  if (!problems) return add_once(validation.problems, {problems.error().message, problems.error().hint});
  for (const task::Problem& problem : *problems) {
    const base::Error error = problem.error();
    add_once(validation.problems, {error.message, error.hint});
  }
  if (!problems->empty()) return;
  const auto selection = library.find(name);
  if (!selection) return;
  for (const task::Task& task : selection->leaves) {
    ++validation.tasks;
    for (const std::string& warning : task.warnings) add_once(validation.warnings, {warning, ""});
    evaluate::DataFindings data = evaluate::check_data(task);
    validation.items += data.items;
    for (Finding& problem : data.problems) add_once(validation.problems, std::move(problem));
    for (Finding& warning : data.warnings) add_once(validation.warnings, std::move(warning));
  }
}

bool is_inside(const fs::path& file, const fs::path& folder) {
  std::error_code error;
  const std::string outer = fs::weakly_canonical(folder, error).string();
  return fs::weakly_canonical(file, error).string().starts_with(outer == "/" ? outer : outer + "/");
}

// A file, or all files of a folder: what they define is checked, with the folder's other files at hand.
Result<Validation> check_path(const fs::path& path, bool is_folder, std::vector<std::string> include_paths) {
  Validation validation;
  const fs::path parent = path.has_parent_path() ? path.parent_path() : fs::path(".");
  include_paths.insert(include_paths.begin(), (is_folder ? path : parent).string());
  TRY_ASSIGN(const auto library, task::open_library({include_paths.begin(), include_paths.end()}));
  const auto is_meant = [&](const fs::path& file) {
    std::error_code error;
    return is_folder ? is_inside(file, path) : fs::equivalent(file, path, error);
  };
  std::size_t known = 0;
  if (!is_folder) {
    // Also files that are no *.yaml, and what keeps a file from being read.
    const auto read = task::read_task_file(path);
    if (!read) {
      validation.problems.push_back({read.error().message, read.error().hint});
      return validation;
    }
  } else {
    for (const base::Error& error : library.unreadable()) {
      if (is_inside(error.message.substr(0, error.message.find(": ")), path))
        add_once(validation.problems, {error.message, error.hint});
    }
  }
  for (const task::Entry& entry : library.entries()) {
    if (entry.file.empty() || !is_meant(entry.file)) continue;
    ++known;
    check_name(library, entry.name, validation);
  }
  if (known == 0 && validation.problems.empty()) {
    validation.problems.push_back(
        {fmt::format("{}: defines no task", path.string()),
         "a task file gives its name behind task:, a group behind group: with a list of "
         "tasks"});
  }
  return validation;
}

Result<Validation> check(const ValidateArguments& arguments) {
  std::error_code error;
  const fs::path path = arguments.what;
  if (fs::is_directory(path, error)) return check_path(path, true, arguments.include_paths);
  if (fs::is_regular_file(path, error)) return check_path(path, false, arguments.include_paths);
  TRY_ASSIGN(const auto library,
             task::open_library({arguments.include_paths.begin(), arguments.include_paths.end()}));
  TRY(library.check(arguments.what));
  Validation validation;
  check_name(library, arguments.what, validation);
  return validation;
}

Result<int> validate_and_print(const ValidateArguments& arguments) {
  TRY_ASSIGN(const table::Format format, table::parse_format(arguments.format));
  TRY_ASSIGN(const Validation validation, check(arguments));
  TRY(print(report::validation_page(validation, format)));
  return validation.is_valid() ? kOk : exit_code(base::ErrorKind::bad_input);
}

}  // namespace

Command setup_tasks_validate(CLI::App& app) {
  CLI::App* command =
      app.add_subcommand("validate", "everything that is wrong with task files and their data");
  command->footer(
      "Exit status 3 when there is a problem. Data that has to be fetched first is not looked at.");
  auto arguments = std::make_shared<ValidateArguments>();
  command->add_option("WHAT", arguments->what, "a task file, a folder of them, or a task's name")
      ->required()
      ->type_name("");
  command->add_option("--include-path", arguments->include_paths, "a folder of task files; may be repeated")
      ->type_name("DIR");
  command->add_option("-o,--output", arguments->format, "table or json")
      ->check(CLI::IsMember({"table", "json"}))
      ->capture_default_str()
      ->type_name("FORMAT");
  return {command, [arguments] { return finish(validate_and_print(*arguments)); }};
}

}  // namespace bantam::cli
