#include "run/shown_item.hpp"

#include <fmt/format.h>

#include <optional>
#include <string_view>
#include <utility>

#include "engine/engine.hpp"
#include "evaluate/ask.hpp"
#include "gguf/model_info.hpp"
#include "gguf/reader.hpp"
#include "model/locate.hpp"
#include "plan/option_values.hpp"
#include "prompt/chat.hpp"
#include "run/questions.hpp"
#include "task/code_rows.hpp"
#include "task/library.hpp"

namespace bantam::run {
namespace {

using base::ErrorKind;
using base::Result;
using task::Task;

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

// What the file says of conversations, read without the engine.
engine::Properties conversation_facts(const gguf::GgufContent& content) {
  constexpr std::string_view kTemplate = "tokenizer.chat_template";
  engine::Properties properties;
  properties.bos_text = token_text(content, "tokenizer.ggml.bos_token_id");
  properties.eos_text = token_text(content, "tokenizer.ggml.eos_token_id");
  for (const gguf::Key& key : content.keys) {
    const std::string_view name = key.name;
    if (!name.starts_with(kTemplate)) continue;
    const std::string_view rest = name.substr(kTemplate.size());
    const auto source = gguf::text_at(content, name);
    if (source && rest.empty()) properties.chat_template = *source;
    if (source && rest.starts_with('.')) properties.named_templates[std::string(rest.substr(1))] = *source;
  }
  return properties;
}

Result<std::optional<Model>> named_model(const ItemRequest& request) {
  if (request.model.empty()) {
    if (!request.settings.apply_chat_template) return std::nullopt;
    return base::fail(ErrorKind::usage, "--apply-chat-template needs a model, whose template it is",
                      "add --model REF");
  }
  TRY_ASSIGN(const model::Reference reference, model::parse_reference(request.model));
  TRY_ASSIGN(const model::Source source, model::locate(reference, {}));
  Model model{source.path, std::nullopt};
  if (source.path.empty())
    return base::fail(ErrorKind::usage, fmt::format("'{}' has no tokenizer of its own", request.model));
  if (!request.settings.apply_chat_template) return model;
  TRY_ASSIGN(const gguf::GgufContent content, gguf::read_gguf(source.path));
  const engine::Properties properties = conversation_facts(content);
  TRY_ASSIGN(const std::string source_text, evaluate::chosen_chat_template(properties, request.settings));
  TRY_ASSIGN(const std::string variables,
             plan::chat_variables_from("chat-template-kwargs", request.settings.chat_template_kwargs));
  TRY_ASSIGN(model.chat, prompt::ChatTemplate::compile(
                             source_text, {properties.bos_text, properties.eos_text}, variables));
  return model;
}

// A text that is scored as a whole follows the prefix token.
base::Status add_tokens(const std::filesystem::path& file, ShownItem& shown) {
  job::EncodeJob job{file, shown.prompt.contexts, shown.prompt.continuations};
  if (job.contexts.empty()) {
    job.contexts.emplace_back();
    job.continuations = {shown.prompt.text};
  }
  TRY_ASSIGN(job::EncodedItem encoded, encode_in_worker(job, nullptr));
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

}  // namespace

Result<ShownItem> look_at_item(const ItemRequest& request) {
  TRY_ASSIGN(const auto library, task::open_library(request.include_paths, request.allow_task_code));
  TRY_ASSIGN(Task task, single_task(library, request.task));
  TRY_ASSIGN(const std::optional<Model> model, named_model(request));
  ShownItem shown;
  shown.task = std::move(task);
  if (shown.task.code) {
    TRY_ASSIGN(taskcode::Runner runner, taskcode::Runner::start());
    TRY(task::run_code_of_rows(shown.task, evaluate::fewshot_count(shown.task, request.settings) > 0,
                               runner));
  }
  const prompt::ChatTemplate* chat = model && model->chat ? &*model->chat : nullptr;
  TRY_ASSIGN(const evaluate::Prompter prompter, evaluate::Prompter::make(shown.task, request.settings));
  shown.docs = prompter.docs();
  if (request.doc < 0 || request.doc >= static_cast<std::int64_t>(shown.docs)) {
    return base::fail(ErrorKind::usage, fmt::format("task '{}' has no item {}", shown.task.name, request.doc),
                      fmt::format("its items are 0 to {}", shown.docs - 1));
  }
  TRY_ASSIGN(shown.prompt, prompter.prompt(request.doc, chat));
  shown.shots = evaluate::fewshot_count(shown.task, request.settings);
  for (const evaluate::Context& context : shown.prompt.contexts)
    shown.contexts.push_back(evaluate::joined_text(context));
  if (shown.contexts.empty()) shown.contexts.push_back(shown.prompt.text);
  if (model) TRY(add_tokens(model->file, shown));
  return shown;
}

}  // namespace bantam::run
