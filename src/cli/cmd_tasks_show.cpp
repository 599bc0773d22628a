#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "base/text.hpp"
#include "cli/command.hpp"
#include "cli/exit_codes.hpp"
#include "cli/tasks_commands.hpp"
#include "cli/tasks_library.hpp"
#include "cli/terminal.hpp"
#include "evaluate/prompts.hpp"
#include "gguf/model_info.hpp"
#include "gguf/reader.hpp"
#include "job/interrupts.hpp"
#include "model/locate.hpp"
#include "prompt/chat.hpp"
#include "prompt/python_literal.hpp"
#include "run/questions.hpp"

namespace bantam::cli {
namespace {

using base::ErrorKind;
using base::Json;
using base::Result;
using evaluate::Prompt;
using task::OutputType;
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
Result<std::string> template_of(const gguf::GgufContent& content, const std::string& name) {
  constexpr const char* kKey = "tokenizer.chat_template";
  if (name.empty() || name == "default") return gguf::text_at(content, kKey).value_or("");
  const auto named = gguf::text_at(content, (std::string(kKey) + "." + name).c_str());
  if (named) return *named;
  return base::fail(ErrorKind::bad_input, fmt::format("the model has no chat template '{}'", name),
                    "bantam models inspect shows what it has");
}

Result<std::optional<Model>> model_of(const ShowArguments& arguments) {
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
  TRY_ASSIGN(const std::string source_text, template_of(content, arguments.settings.chat_template));
  TRY_ASSIGN(model.chat, prompt::ChatTemplate::compile(source_text, special));
  return model;
}

// What is asked of a model for one item, and the token ids of it where a model is named.
struct Shown {
  Task task;
  Prompt prompt;
  std::size_t docs = 0;
  int shots = 0;
  std::vector<std::string> contexts;
  std::vector<std::vector<std::int32_t>> context_tokens;       // one a context
  std::vector<std::vector<std::int32_t>> continuation_tokens;  // one a continuation
};

// A text that is scored as a whole follows the prefix token.
base::Status add_tokens(const std::filesystem::path& file, Shown& shown) {
  job::EncodeJob job{file, shown.prompt.contexts, shown.prompt.continuations};
  if (job.contexts.empty()) {
    job.contexts.emplace_back();
    job.continuations = {shown.prompt.text};
  }
  TRY_ASSIGN(run::EncodedItem encoded, run::encode_in_worker(job, nullptr));
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

Result<Shown> look_at(const ShowArguments& arguments) {
  TRY_ASSIGN(const OpenedTasks tasks, open_tasks(arguments.include_paths));
  TRY_ASSIGN(Task task, single_task(tasks.library, arguments.task));
  TRY_ASSIGN(const std::optional<Model> model, model_of(arguments));
  Shown shown;
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

std::vector<std::string> metric_names(const Task& task) {
  std::vector<std::string> names;
  for (const task::MetricSpec& metric : task.metrics) names.push_back(metric.name());
  return names;
}

Json json_of(const Shown& shown) {
  const Prompt& prompt = shown.prompt;
  Json json{{"task", shown.task.name},
            {"file", shown.task.file.string()},
            {"output_type", metric::name(shown.task.output_type)},
            {"metrics", metric_names(shown.task)},
            {"num_fewshot", shown.shots},
            {"items", shown.docs},
            {"doc_id", prompt.doc_id},
            {"contexts", shown.contexts},
            {"continuations", prompt.continuations},
            {"choices", prompt.choices},
            {"gold", prompt.gold},
            {"target", prompt.target},
            {"doc", prompt.doc}};
  if (shown.task.output_type == OutputType::generate_until) {
    json["until"] = shown.task.generation.until;
    json["max_gen_toks"] = shown.task.generation.max_gen_toks;
  }
  if (!shown.context_tokens.empty()) {
    json["context_tokens"] = shown.context_tokens;
    json["continuation_tokens"] = shown.continuation_tokens;
  }
  return json;
}

// Line by line, with everything but line breaks made visible.
std::string visible(const std::string& text) {
  std::string out;
  for (const std::string& line : base::split(text, '\n')) out += base::printable(line) + "\n";
  return out;
}

std::string ids(const std::vector<std::int32_t>& tokens) {
  std::vector<std::string> texts;
  for (const std::int32_t token : tokens) texts.push_back(std::to_string(token));
  return base::join(texts, " ");
}

// As a Python literal, so that spaces and line breaks can be seen.
std::string quoted(const std::string& text) {
  return base::printable(prompt::python_repr(Json(text)));
}

std::string head_of(const Shown& shown) {
  const Task& task = shown.task;
  std::string text =
      fmt::format("{}, item {} of {}\n", base::printable(task.name), shown.prompt.doc_id, shown.docs);
  text += fmt::format("{}, {} examples, scored by {}\n", metric::name(task.output_type), shown.shots,
                      base::join(metric_names(task), ", "));
  return text;
}

std::string continuations_of(const Shown& shown) {
  const Prompt& prompt = shown.prompt;
  std::string text;
  for (std::size_t i = 0; i < prompt.continuations.size(); ++i) {
    const bool gold =
        std::find(prompt.gold.begin(), prompt.gold.end(), static_cast<std::int64_t>(i)) != prompt.gold.end();
    text += fmt::format("{} {}\n", gold ? "*" : " ", quoted(prompt.continuations[i]));
    if (i < shown.continuation_tokens.size())
      text += fmt::format("    tokens: {}\n", ids(shown.continuation_tokens[i]));
  }
  return text;
}

std::string page(const Shown& shown) {
  std::string text = head_of(shown);
  for (std::size_t i = 0; i < shown.contexts.size(); ++i) {
    const std::string number = shown.contexts.size() > 1 ? fmt::format(" {}", i) : "";
    text += fmt::format("\n--- prompt{} ---\n{}--- end of prompt{} ---\n", number, visible(shown.contexts[i]),
                        number);
    if (i < shown.context_tokens.size()) {
      text += fmt::format("{} tokens: {}\n", shown.context_tokens[i].size(), ids(shown.context_tokens[i]));
    }
  }
  if (!shown.prompt.continuations.empty()) {
    text += "\nContinuations whose likelihood is asked (* is right):\n" + continuations_of(shown);
  }
  if (shown.task.output_type == OutputType::generate_until) {
    std::vector<std::string> stops;
    for (const std::string& stop : shown.task.generation.until) stops.push_back(quoted(stop));
    text += fmt::format("\nGenerates up to {} tokens, until {}\n", shown.task.generation.max_gen_toks,
                        stops.empty() ? "the end token" : base::join(stops, " or "));
    text += fmt::format("Right answer: {}\n", base::printable(prompt::python_repr(shown.prompt.target)));
  }
  return text;
}

Result<int> show_and_print(const ShowArguments& arguments) {
  TRY_ASSIGN(const Shown shown, look_at(arguments));
  for (const std::string& warning : shown.task.warnings) note("warning: " + warning);
  TRY(print(arguments.format == "json" ? base::to_text(json_of(shown), 2) + "\n" : page(shown)));
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
  return {command, [arguments] {
            const auto code = show_and_print(*arguments);
            return code ? *code : report_error(code.error());
          }};
}

}  // namespace bantam::cli
