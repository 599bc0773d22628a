#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/command.hpp"
#include "cli/terminal.hpp"
#include "evaluate/prompts.hpp"
#include "gguf/model_info.hpp"
#include "gguf/reader.hpp"
#include "job/interrupts.hpp"
#include "model/locate.hpp"
#include "prompt/chat.hpp"
#include "report/task_page.hpp"
#include "run/questions.hpp"
#include "task/library.hpp"

namespace bantam::cli {
namespace {

using base::ErrorKind;
using base::Result;
using report::ShownItem;
using task::Task;

struct ShowArguments {
  std::string task;
  std::vector<std::string> include_paths;
  std::int64_t doc = 0;
  std::string model;
  std::string format = "table";
  task::Settings settings;
};

// A model's own way to write conversations and to cut texts.
struct Model {
  std::filesystem::path file;
  std::optional<prompt::ChatTemplate> chat;
};

std::string token_text(const gguf::GgufContent& content, const char* key) {
  const gguf::Key* found = content.find_key(key);
  if (found == nullptr || !found->value.is_number_integer()) return "";
  const auto id = static_cast<std::size_t>(found->value.get<std::int64_t>());
  return id < content.tokens.size() ? content.tokens[id] : "";
}

// `name`: empty for the model's default template.
Result<std::string> template_text(const gguf::GgufContent& content, const std::string& name) {
  constexpr const char* kKey = "tokenizer.chat_template";
  if (name.empty() || name == "default") return gguf::text_at(content, kKey).value_or("");
  const auto named = gguf::text_at(content, (std::string(kKey) + "." + name).c_str());
  if (named) return *named;
  return base::fail(ErrorKind::bad_input, fmt::format("the model has no chat template '{}'", name),
                    "bantam models inspect shows what it has");
}

Result<std::optional<Model>> named_model(const ShowArguments& arguments) {
  if (arguments.model.empty()) {
    if (!arguments.settings.apply_chat_template) return std::nullopt;
    return base::fail(ErrorKind::usage, "--apply-chat-template needs a model, whose template it is",
                      "add --model REF");
  }
  TRY_ASSIGN(const model::Reference reference, model::parse_reference(arguments.model));
  TRY_ASSIGN(const model::Source source, model::locate(reference, {}));
  Model model{source.path, std::nullopt};
  if (source.path.empty())
    return base::fail(ErrorKind::usage, fmt::format("'{}' has no tokenizer of its own", arguments.model));
  if (!arguments.settings.apply_chat_template) return model;
  TRY_ASSIGN(const gguf::GgufContent content, gguf::read_gguf(source.path));
  const prompt::SpecialTexts special{token_text(content, "tokenizer.ggml.bos_token_id"),
                                     token_text(content, "tokenizer.ggml.eos_token_id")};
  TRY_ASSIGN(const std::string source_text, template_text(content, arguments.settings.chat_template));
  TRY_ASSIGN(model.chat, prompt::ChatTemplate::compile(source_text, special));
  return model;
}

// A text that is scored as a whole follows the prefix token.
base::Status add_tokens(const std::filesystem::path& file, ShownItem& shown) {
  job::EncodeJob job{file, shown.prompt.contexts, shown.prompt.continuations};
  if (job.contexts.empty()) {
    job.contexts.emplace_back();
    job.continuations = {shown.prompt.text};
  }
  TRY_ASSIGN(job::EncodedItem encoded, run::encode_in_worker(job, nullptr));
  shown.context_tokens = std::move(encoded.contexts);
  if (shown.prompt.contexts.empty()) {
    std::vector<std::int32_t>& all = shown.context_tokens.front();
    all.insert(all.end(), encoded.continuations.front().begin(), encoded.continuations.front().end());
  } else {
    shown.continuation_tokens = std::move(encoded.continuations);
  }
  return {};
}

Result<Task> single_task(const task::TaskLibrary& library, const std::string& name) {
  TRY_ASSIGN(const task::Selection selection, library.find(name));
  if (selection.leaves.size() == 1) return selection.leaves.front();
  return base::fail(ErrorKind::usage,
                    fmt::format("'{}' stands for {} tasks; show one of them", name, selection.leaves.size()),
                    fmt::format("for example {}", selection.leaves.front().name));
}

Result<ShownItem> look_at(const ShowArguments& arguments) {
  TRY_ASSIGN(const auto library,
             task::open_library({arguments.include_paths.begin(), arguments.include_paths.end()}));
  TRY_ASSIGN(Task task, single_task(library, arguments.task));
  TRY_ASSIGN(const std::optional<Model> model, named_model(arguments));
  ShownItem shown;
  shown.task = std::move(task);
  const prompt::ChatTemplate* chat = model && model->chat ? &*model->chat : nullptr;
  TRY_ASSIGN(const evaluate::Prompter prompter,
             evaluate::Prompter::make(shown.task, arguments.settings, chat));
  shown.docs = prompter.docs();
  if (arguments.doc < 0 || arguments.doc >= static_cast<std::int64_t>(shown.docs)) {
    return base::fail(ErrorKind::usage,
                      fmt::format("task '{}' has no item {}", shown.task.name, arguments.doc),
                      fmt::format("its items are 0 to {}", shown.docs - 1));
  }
  TRY_ASSIGN(shown.prompt, prompter.prompt(arguments.doc));
  shown.shots = evaluate::shots_of(shown.task, arguments.settings);
  for (const evaluate::Context& context : shown.prompt.contexts)
    shown.contexts.push_back(evaluate::text_of(context));
  if (shown.contexts.empty()) shown.contexts.push_back(shown.prompt.text);
  if (model) TRY(add_tokens(model->file, shown));
  return shown;
}

Result<int> show_and_print(const ShowArguments& arguments) {
  TRY_ASSIGN(const table::Format format, table::parse_format(arguments.format));
  TRY_ASSIGN(const ShownItem shown, look_at(arguments));
  for (const std::string& warning : shown.task.warnings) note("warning: " + warning);
  TRY(print(report::task_page(shown, format)));
  return kOk;
}

}  // namespace

Command setup_tasks_show(CLI::App& app) {
  CLI::App* command = app.add_subcommand("show", "the exact prompt of an item, its choices and right answer");
  auto arguments = std::make_shared<ShowArguments>();
  command->add_option("TASK", arguments->task, "a task's name")->required()->type_name("");
  command->add_option("--doc", arguments->doc, "the item, from 0")->capture_default_str()->type_name("N");
  command->add_option("--include-path", arguments->include_paths, "a folder of task files; may be repeated")
      ->type_name("DIR");
  command->add_option("--model", arguments->model, "print the token ids that this model gets")
      ->type_name("REF");
  command
      ->add_option("--num-fewshot", arguments->settings.num_fewshot,
                   "examples before the item (default: the task's)")
      ->type_name("N");
  command->add_option("--seed", arguments->settings.seed, "of the choice of examples")
      ->capture_default_str()
      ->type_name("N");
  command->add_flag("--apply-chat-template", arguments->settings.apply_chat_template,
                    "as a conversation in the model's own form");
  command
      ->add_option("--chat-template", arguments->settings.chat_template,
                   "the name of one of the model's templates")
      ->type_name("NAME");
  command->add_flag("--fewshot-as-multiturn,!--no-fewshot-as-multiturn",
                    arguments->settings.fewshot_as_multiturn,
                    "with a chat template: examples as turns of the conversation [on]");
  command
      ->add_option("--system-instruction", arguments->settings.system_instruction,
                   "what stands before everything")
      ->type_name("TEXT");
  command->add_option("-o,--output", arguments->format, "table or json")
      ->check(CLI::IsMember({"table", "json"}))
      ->capture_default_str()
      ->type_name("FORMAT");
  return {command, [arguments] { return finish(show_and_print(*arguments)); }};
}

}  // namespace bantam::cli
