#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>

#include "base/text.hpp"
#include "cli/arguments.hpp"
#include "cli/command.hpp"
#include "cli/progress.hpp"
#include "cli/terminal.hpp"
#include "plan/options.hpp"
#include "report/doctor_page.hpp"
#include "run/doctor.hpp"
#include "run/task_files.hpp"

namespace bantam::cli {
namespace {

using base::Result;

constexpr double kItems = 20;
constexpr const char* kSystemPrompt = "You are a helpful assistant.";

struct DoctorArguments {
  std::string model;
  std::vector<std::string> tasks;
  OptionFlags flags;
  std::string format = "table";
};

const std::vector<std::string>& shared_options() {
  static const std::vector<std::string> kNames{"accuracy_limit",
                                               "num_fewshot",
                                               "fewshot_without_leaks",
                                               "accuracy_batch_size",
                                               "include_path",
                                               "allow_task_code",
                                               "chat_template",
                                               "fewshot_as_multiturn",
                                               "system_instruction",
                                               "think_end_token",
                                               "seed",
                                               "threads",
                                               "max_model_len",
                                               "offline"};
  return kNames;
}

Result<run::DoctorRequest> request_from(const DoctorArguments& arguments) {
  plan::OptionValues values = arguments.flags.values();
  values.emplace_back("models", std::vector{arguments.model});
  values.emplace_back("tasks", std::vector{std::string(record::name(record::CellKind::accuracy))});
  std::vector<std::string> tasks;
  for (const std::string& text : arguments.tasks) {
    for (std::string& task : base::split_list(text)) tasks.push_back(std::move(task));
  }
  if (!tasks.empty()) values.emplace_back("accuracy_tasks", std::move(tasks));
  TRY_ASSIGN(plan::Request planned, plan::build_request(values));
  run::DoctorRequest request{std::move(planned.plan)};
  plan::AccuracySettings& settings = request.plan.accuracy_settings;
  TRY(run::name_task_files(settings.tasks, settings.include_paths));
  if (!settings.limit) settings.limit = kItems;
  if (settings.system_instruction.empty()) settings.system_instruction = kSystemPrompt;
  return request;
}

bool any_failed(const run::Diagnosis& diagnosis) {
  return std::any_of(diagnosis.tasks.begin(), diagnosis.tasks.end(), [](const run::DoctorTask& task) {
    return std::any_of(task.ways.begin(), task.ways.end(),
                       [](const run::DoctorWay& way) { return way.failure.has_value(); });
  });
}

Result<int> diagnose_and_print(const DoctorArguments& arguments) {
  TRY_ASSIGN(const table::Format format, table::parse_format(arguments.format));
  TRY_ASSIGN(const run::DoctorRequest request, request_from(arguments));
  TRY_ASSIGN(job::Interrupts interrupts, job::Interrupts::watch());
  const HashingLine hashing(stderr_terminal(), false, [&] { return interrupts.stopped(); });
  const bool live = stderr_terminal().is_tty;
  TRY_ASSIGN(const run::Diagnosis diagnosis,
             run::diagnose(request, interrupts, [live](const std::string& phase) {
               if (live) note("bantam: " + phase);
             }));
  TRY(print(report::doctor_page(diagnosis, format, page_style())));
  return any_failed(diagnosis) ? kSomeFailed : kOk;
}

}  // namespace

Command setup_tasks_doctor(CLI::App& app) {
  CLI::App* command = app.add_subcommand(
      "doctor", "a first look: a few items, asked raw, with the chat template and with a system prompt");
  add_examples(*command, {{"bantam tasks doctor my.gguf --tasks arc_easy gsm8k", ""},
                          {"bantam tasks doctor embedded:nano", ""}});
  auto arguments = std::make_shared<DoctorArguments>();
  command->add_option("MODEL", arguments->model, "as --models of run")->type_name("")->required();
  command->add_option("--tasks", arguments->tasks, "tasks or groups [embedded:nano: its own]")
      ->type_name("TASK");
  command->add_option("-o,--output", arguments->format, "table, json or md")
      ->check(CLI::IsMember({"table", "json", "md"}))
      ->capture_default_str()
      ->type_name("FORMAT");
  arguments->flags.add_to(*command, shared_options());
  return {command, [arguments] { return finish(diagnose_and_print(*arguments)); }};
}

}  // namespace bantam::cli
