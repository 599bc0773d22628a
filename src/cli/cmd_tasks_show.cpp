#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <vector>

#include "cli/command.hpp"
#include "cli/terminal.hpp"
#include "report/task_page.hpp"
#include "run/shown_item.hpp"
#include "run/task_files.hpp"

namespace bantam::cli {
namespace {

using base::Result;

struct ShowArguments {
  run::ItemRequest item;
  std::string format = "table";
};

Result<int> show_and_print(const ShowArguments& arguments) {
  TRY_ASSIGN(const table::Format format, table::parse_format(arguments.format));
  run::ItemRequest item = arguments.item;
  std::vector<std::string> task{item.task};
  TRY(run::name_task_files(task, item.include_paths));
  item.task = task.front();
  TRY_ASSIGN(const run::ShownItem shown, run::look_at_item(item));
  for (const std::string& warning : shown.task.warnings) note("warning: " + warning);
  TRY(print(report::task_page(shown, format)));
  return kOk;
}

}  // namespace

Command setup_tasks_show(CLI::App& app) {
  CLI::App* command = app.add_subcommand("show", "the exact prompt of an item, its choices and right answer");
  add_examples(*command,
               {{"bantam tasks show nano_qa --doc 3", ""},
                {"bantam tasks show arc_easy --num-fewshot 5 --model my.gguf --apply-chat-template", ""}});
  auto arguments = std::make_shared<ShowArguments>();
  command->add_option("TASK", arguments->item.task, "a task's name")->required()->type_name("");
  command->add_option("--doc", arguments->item.doc, "the item, from 0")
      ->capture_default_str()
      ->type_name("N");
  command
      ->add_option("--include-path", arguments->item.include_paths, "a folder of task files; may be repeated")
      ->type_name("DIR");
  command->add_flag("--allow-task-code", arguments->item.allow_task_code,
                    "run Python functions that task files name, under limits");
  command->add_option("--model", arguments->item.model, "print the token ids that this model gets")
      ->type_name("REF");
  command
      ->add_option("--num-fewshot", arguments->item.settings.num_fewshot,
                   "examples before the item (default: the task's)")
      ->type_name("N");
  command->add_flag("--fewshot-without-leaks", arguments->item.settings.fewshot_without_leaks,
                    "no item is its own example");
  command->add_option("--seed", arguments->item.settings.seed, "of the choice of examples")
      ->capture_default_str()
      ->type_name("N");
  command->add_flag("--apply-chat-template", arguments->item.settings.apply_chat_template,
                    "as a conversation in the model's own form");
  command
      ->add_option("--chat-template", arguments->item.settings.chat_template,
                   "the name of one of the model's templates")
      ->type_name("NAME");
  command
      ->add_option("--chat-template-kwargs", arguments->item.settings.chat_template_kwargs,
                   "further variables of the template, as JSON: {\"enable_thinking\": false}")
      ->type_name("JSON");
  command->add_flag("--fewshot-as-multiturn,!--no-fewshot-as-multiturn",
                    arguments->item.settings.fewshot_as_multiturn,
                    "with a chat template: examples as turns of the conversation [on]");
  command
      ->add_option("--system-instruction", arguments->item.settings.system_instruction,
                   "what stands before everything")
      ->type_name("TEXT");
  command->add_option("-o,--output", arguments->format, "table or json")
      ->check(CLI::IsMember({"table", "json"}))
      ->capture_default_str()
      ->type_name("FORMAT");
  return {command, [arguments] { return finish(show_and_print(*arguments)); }};
}

}  // namespace bantam::cli
