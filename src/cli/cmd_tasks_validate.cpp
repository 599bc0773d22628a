#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

#include "base/json.hpp"
#include "base/text.hpp"
#include "cli/command.hpp"
#include "cli/exit_codes.hpp"
#include "cli/tasks_commands.hpp"
#include "cli/tasks_library.hpp"
#include "cli/terminal.hpp"
#include "evaluate/validate.hpp"

namespace bantam::cli {
namespace {

namespace fs = std::filesystem;
using base::Json;
using base::Result;
using evaluate::Finding;

struct ValidateArguments {
  std::string what;
  std::vector<std::string> include_paths;
  std::string format = "table";
};

struct Report {
  std::vector<Finding> problems;
  std::vector<Finding> warnings;
  std::size_t tasks = 0;
  std::size_t items = 0;
};

void add_once(std::vector<Finding>& findings, Finding finding) {
  const bool known = std::any_of(findings.begin(), findings.end(),
                                 [&](const Finding& other) { return other.message == finding.message; });
  if (!known) findings.push_back(std::move(finding));
}

void check_name(const task::TaskLibrary& library, const std::string& name, Report& report) {
  const auto problems = library.check(name);
  if (!problems) return add_once(report.problems, {problems.error().message, problems.error().hint});
  for (const task::Problem& problem : *problems) {
    const base::Error error = problem.error();
    add_once(report.problems, {error.message, error.hint});
  }
  if (!problems->empty()) return;
  const auto selection = library.find(name);
  if (!selection) return;
  for (const task::Task& task : selection->leaves) {
    ++report.tasks;
    for (const std::string& warning : task.warnings) add_once(report.warnings, {warning, ""});
    evaluate::DataFindings data = evaluate::check_data(task);
    report.items += data.items;
    for (Finding& problem : data.problems) add_once(report.problems, std::move(problem));
    for (Finding& warning : data.warnings) add_once(report.warnings, std::move(warning));
  }
}

bool is_inside(const fs::path& file, const fs::path& folder) {
  std::error_code error;
  const std::string outer = fs::weakly_canonical(folder, error).string();
  return fs::weakly_canonical(file, error).string().starts_with(outer == "/" ? outer : outer + "/");
}

// A file, or all files of a folder: what they define is checked, with the folder's other files at hand.
Result<Report> check_path(const fs::path& path, bool is_folder, std::vector<std::string> include_paths) {
  Report report;
  const fs::path parent = path.has_parent_path() ? path.parent_path() : fs::path(".");
  include_paths.insert(include_paths.begin(), (is_folder ? path : parent).string());
  TRY_ASSIGN(const OpenedTasks tasks, open_tasks(include_paths));
  const auto is_meant = [&](const fs::path& file) {
    std::error_code error;
    return is_folder ? is_inside(file, path) : fs::equivalent(file, path, error);
  };
  std::size_t known = 0;
  if (!is_folder) {
    // Also files that are no *.yaml, and what keeps a file from being read.
    const auto read = task::read_task_file(path);
    if (!read) {
      report.problems.push_back({read.error().message, read.error().hint});
      return report;
    }
  } else {
    for (const base::Error& error : tasks.library.unreadable()) {
      if (is_inside(error.message.substr(0, error.message.find(": ")), path))
        add_once(report.problems, {error.message, error.hint});
    }
  }
  for (const task::Entry& entry : tasks.library.entries()) {
    if (entry.file.empty() || !is_meant(entry.file)) continue;
    ++known;
    check_name(tasks.library, entry.name, report);
  }
  if (known == 0 && report.problems.empty()) {
    report.problems.push_back(
        {fmt::format("{}: defines no task", path.string()),
         "a task file gives its name behind task:, a group behind group: with a list of "
         "tasks"});
  }
  return report;
}

Result<Report> check(const ValidateArguments& arguments) {
  std::error_code error;
  const fs::path path = arguments.what;
  if (fs::is_directory(path, error)) return check_path(path, true, arguments.include_paths);
  if (fs::is_regular_file(path, error)) return check_path(path, false, arguments.include_paths);
  TRY_ASSIGN(const OpenedTasks tasks, open_tasks(arguments.include_paths));
  TRY(tasks.library.check(arguments.what));
  Report report;
  check_name(tasks.library, arguments.what, report);
  return report;
}

Json json_of(const std::vector<Finding>& findings) {
  Json list = Json::array();
  for (const Finding& finding : findings) {
    Json one{{"message", finding.message}};
    if (!finding.hint.empty()) one["hint"] = finding.hint;
    list.push_back(std::move(one));
  }
  return list;
}

std::string lines_of(const std::string& kind, const std::vector<Finding>& findings) {
  std::string text;
  for (const Finding& finding : findings) {
    text += fmt::format("{}: {}\n", kind, base::printable(finding.message));
    if (!finding.hint.empty()) text += fmt::format("    {}\n", base::printable(finding.hint));
  }
  return text;
}

std::string page(const Report& report) {
  std::string text = lines_of("problem", report.problems) + lines_of("warning", report.warnings);
  text += fmt::format("problems: {}, warnings: {}; tasks read: {}, with {} items\n", report.problems.size(),
                      report.warnings.size(), report.tasks, report.items);
  return text;
}

Result<int> validate_and_print(const ValidateArguments& arguments) {
  TRY_ASSIGN(const Report report, check(arguments));
  const bool fine = report.problems.empty();
  if (arguments.format == "json") {
    const Json json{{"valid", fine},
                    {"tasks", report.tasks},
                    {"items", report.items},
                    {"problems", json_of(report.problems)},
                    {"warnings", json_of(report.warnings)}};
    TRY(print(base::to_text(json, 2) + "\n"));
  } else {
    TRY(print(page(report)));
  }
  return fine ? kOk : exit_code(base::ErrorKind::bad_input);
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
  return {command, [arguments] {
            const auto code = validate_and_print(*arguments);
            return code ? *code : report_error(code.error());
          }};
}

}  // namespace bantam::cli
