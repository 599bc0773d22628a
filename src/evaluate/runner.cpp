#include "evaluate/runner.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "evaluate/answers.hpp"
#include "evaluate/items.hpp"
#include "evaluate/prompts.hpp"
#include "evaluate/tokens.hpp"
#include "prompt/chat.hpp"

namespace bantam::evaluate {
namespace {

using base::Result;
using Items = std::vector<record::Item>;

Result<std::optional<prompt::ChatTemplate>> chat_of(const Settings& settings, const std::string& source,
                                                    prompt::SpecialTexts special) {
  if (!settings.apply_chat_template) return std::nullopt;
  TRY_ASSIGN(prompt::ChatTemplate compiled, prompt::ChatTemplate::compile(source, std::move(special)));
  return compiled;
}

// More than the tokens that are not in the text: BOS, a leading space, an end of each turn of a conversation.
constexpr std::int64_t kAddedTokens = 64;

// The smallest of what is asked for, what the model was trained for and what the engine was opened for.
int request_length(const engine::Properties& properties, const Settings& settings) {
  int length = settings.max_length.value_or(properties.context_train);
  if (properties.context_train > 0) length = std::min(length, properties.context_train);
  if (properties.request_tokens > 0) length = std::min(length, properties.request_tokens);
  return length;
}

// Everything that the batches of one task need.
class TaskRun {
 public:
  static Result<TaskRun> make(engine::Engine& engine, const Task& task, const Settings& settings,
                              const prompt::ChatTemplate* chat) {
    const int length = request_length(engine.properties(), settings);
    TRY_ASSIGN(Prompter prompter, Prompter::make(task, settings, chat));
    TRY_ASSIGN(Encoder encoder, Encoder::make(engine, length));
    TRY_ASSIGN(ItemScorer scorer, ItemScorer::make(task));
    TaskRun run(engine, task, std::move(prompter), std::move(encoder), std::move(scorer));
    TRY_ASSIGN(const std::string source, chat_template_of(engine.properties(), settings));
    run.think_ = think_tags(settings.think_end_token, source);
    return run;
  }

  std::vector<std::int64_t> selected() const { return prompter_.selected(); }

  Result<Items> batch(std::span<const std::int64_t> doc_ids) {
    std::vector<Prompt> prompts;
    for (const std::int64_t doc_id : doc_ids) {
      TRY_ASSIGN(Prompt prompt, prompter_.prompt(doc_id));
      prompts.push_back(std::move(prompt));
    }
    switch (task_->output_type) {
      case OutputType::multiple_choice:
      case OutputType::loglikelihood:
        return score_pairs(prompts);
      case OutputType::loglikelihood_rolling:
        return score_windows(prompts);
      case OutputType::generate_until:
        break;
    }
    return generate(prompts);
  }

 private:
  TaskRun(engine::Engine& engine, const Task& task, Prompter prompter, Encoder encoder, ItemScorer scorer)
      : engine_(&engine),
        task_(&task),
        prompter_(std::move(prompter)),
        encoder_(std::move(encoder)),
        scorer_(std::move(scorer)) {}

  template <typename T>
  Result<T> named(Result<T> result, const Prompt& prompt) const {
    if (!result) {
      result.error().message =
          fmt::format("task '{}', item {}: {}", task_->name, prompt.doc_id, result.error().message);
    }
    return result;
  }

  Result<std::vector<EncodedPair>> pairs_of(const Prompt& prompt) {
    std::vector<EncodedPair> pairs;
    for (std::size_t i = 0; i < prompt.continuations.size(); ++i) {
      const Context& context = prompt.contexts[std::min(i, prompt.contexts.size() - 1)];
      TRY_ASSIGN(EncodedPair pair, encoder_.pair(context, prompt.continuations[i]));
      pairs.push_back(std::move(pair));
    }
    for (std::size_t i = 0; prompt.unconditional && i < prompt.continuations.size(); ++i) {
      TRY_ASSIGN(EncodedPair pair, encoder_.pair({}, prompt.continuations[i]));
      pairs.push_back(std::move(pair));
    }
    return pairs;
  }

  Result<Items> score_pairs(const std::vector<Prompt>& prompts) {
    std::vector<std::vector<EncodedPair>> pairs;
    std::vector<engine::ScoreRequest> requests;
    for (const Prompt& prompt : prompts) {
      TRY_ASSIGN(auto encoded, named(pairs_of(prompt), prompt));
      for (const EncodedPair& pair : encoded) requests.push_back(pair.request);
      pairs.push_back(std::move(encoded));
    }
    TRY_ASSIGN(const std::vector<engine::Score> scores, engine_->score(requests));
    Items items;
    std::span<const engine::Score> rest(scores);
    for (std::size_t i = 0; i < prompts.size(); ++i) {
      items.push_back(scorer_.of_scores(prompts[i], pairs[i], rest.first(pairs[i].size())));
      rest = rest.subspan(pairs[i].size());
    }
    return items;
  }

  Result<Items> score_windows(const std::vector<Prompt>& prompts) {
    std::vector<std::vector<engine::ScoreRequest>> windows;
    std::vector<engine::ScoreRequest> requests;
    for (const Prompt& prompt : prompts) {
      TRY_ASSIGN(auto made, named(encoder_.windows(prompt.text), prompt));
      requests.insert(requests.end(), made.begin(), made.end());
      windows.push_back(std::move(made));
    }
    TRY_ASSIGN(const std::vector<engine::Score> scores, engine_->score(requests));
    Items items;
    std::span<const engine::Score> rest(scores);
    for (std::size_t i = 0; i < prompts.size(); ++i) {
      items.push_back(scorer_.of_windows(prompts[i], windows[i], rest.first(windows[i].size())));
      rest = rest.subspan(windows[i].size());
    }
    return items;
  }

  Result<Items> generate(const std::vector<Prompt>& prompts) {
    engine::GenerateOptions options;
    options.max_new_tokens = task_->generation.max_gen_toks;
    options.stop = task_->generation.until;
    options.refill = true;
    if (think_) {
      options.think_open = think_->open;
      options.think_close = think_->close;
    }
    std::vector<EncodedPrompt> encoded;
    std::vector<engine::GenerateRequest> requests;
    for (const Prompt& prompt : prompts) {
      TRY_ASSIGN(auto made, named(encoder_.prompt(prompt.contexts.front(), options.max_new_tokens), prompt));
      const bool in_thought = think_ && ends_in_thought(prompt.contexts.front(), *think_);
      requests.push_back({"", made.tokens, in_thought});
      encoded.push_back(std::move(made));
    }
    TRY_ASSIGN(const std::vector<engine::Generation> generations, engine_->generate(requests, options));
    Items items;
    for (std::size_t i = 0; i < prompts.size(); ++i) {
      const Answer answer = answer_of(generations[i], task_->generation.until, think_ ? &*think_ : nullptr,
                                      requests[i].in_thought);
      TRY_ASSIGN(record::Item item,
                 named(scorer_.of_generation(prompts[i], encoded[i], generations[i], answer), prompts[i]));
      items.push_back(std::move(item));
    }
    return items;
  }

  engine::Engine* engine_;
  const Task* task_;
  Prompter prompter_;
  Encoder encoder_;
  ItemScorer scorer_;
  std::optional<ThinkTags> think_;
};

// Items of one batch. Answers end one by one: with some rounds of them in one call, the streams of those that
// have ended are used for the next.
std::size_t unit_of(const Task& task, const Settings& settings) {
  constexpr std::size_t kRounds = 4;
  const auto size = static_cast<std::size_t>(std::max(settings.batch_size, 1));
  return task.output_type == OutputType::generate_until ? kRounds * size : size;
}

base::Status evaluate_task(TaskRun run, const Task& task, const Settings& settings, const Done& done,
                           Sink& sink) {
  const std::vector<std::int64_t> selected = run.selected();
  TRY(sink.on_plan(task.name, static_cast<std::int64_t>(selected.size())));
  const std::size_t batch_size = unit_of(task, settings);
  for (std::size_t begin = 0; begin < selected.size(); begin += batch_size) {
    const std::span batch = std::span(selected).subspan(begin, std::min(batch_size, selected.size() - begin));
    const auto is_done = [&](std::int64_t doc_id) { return done.contains({task.name, doc_id}); };
    if (std::all_of(batch.begin(), batch.end(), is_done)) continue;
    TRY_ASSIGN(Items items, run.batch(batch));
    TRY(sink.on_items(std::move(items)));
  }
  return {};
}

}  // namespace

base::Status evaluate(engine::Engine& engine, const std::vector<Task>& tasks, const Settings& settings,
                      const Done& done, Sink& sink) {
  const engine::Properties& properties = engine.properties();
  TRY_ASSIGN(const std::string source, chat_template_of(properties, settings));
  TRY_ASSIGN(const auto chat, chat_of(settings, source, {properties.bos_text, properties.eos_text}));
  for (const Task& task : tasks) {
    TRY_ASSIGN(TaskRun run, TaskRun::make(engine, task, settings, chat ? &*chat : nullptr));
    TRY(evaluate_task(std::move(run), task, settings, done, sink));
  }
  return {};
}

Result<std::string> chat_template_of(const engine::Properties& model, const Settings& settings) {
  if (!settings.apply_chat_template) return std::string();
  if (settings.chat_template.empty() || settings.chat_template == "default") return model.chat_template;
  const auto found = model.named_templates.find(settings.chat_template);
  if (found != model.named_templates.end()) return found->second;
  std::vector<std::string> names{"default"};
  for (const auto& [name, source] : model.named_templates) names.push_back(name);
  return base::fail(base::ErrorKind::bad_input,
                    fmt::format("the model has no chat template '{}'", settings.chat_template),
                    fmt::format("use one of: {}", fmt::join(names, ", ")));
}

Result<Requirement> required_tokens(const std::vector<Task>& tasks, const Settings& settings,
                                    const std::string& chat_template) {
  Requirement requirement;
  TRY_ASSIGN(const auto chat, chat_of(settings, chat_template, {}));
  for (const Task& task : tasks) {
    TRY_ASSIGN(const Prompter prompter, Prompter::make(task, settings, chat ? &*chat : nullptr));
    if (task.output_type == OutputType::generate_until) {
      requirement.new_tokens = std::max<std::int64_t>(requirement.new_tokens, task.generation.max_gen_toks);
    }
    for (const std::int64_t doc_id : prompter.selected()) {
      TRY_ASSIGN(const Prompt prompt, prompter.prompt(doc_id));
      std::size_t longest = prompt.text.size();
      std::size_t answer = 0;
      for (const Context& context : prompt.contexts) longest = std::max(longest, text_of(context).size());
      for (const std::string& continuation : prompt.continuations)
        answer = std::max(answer, continuation.size());
      const auto bytes = static_cast<std::int64_t>(longest + answer);
      requirement.input_tokens = std::max(requirement.input_tokens, bytes + kAddedTokens);
    }
  }
  return requirement;
}

}  // namespace bantam::evaluate
