#include "evaluate/ask.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <chrono>
#include <limits>
#include <optional>

#include "evaluate/answers.hpp"
#include "evaluate/items.hpp"
#include "evaluate/scoring.hpp"
#include "evaluate/tokens.hpp"
#include "prompt/chat.hpp"

namespace bantam::evaluate {
namespace {

using base::Result;
using Items = std::vector<record::Item>;

Result<std::optional<prompt::ChatTemplate>> make_chat_template(const task::Settings& settings,
                                                               const std::string& source,
                                                               prompt::SpecialTexts special) {
  if (!settings.apply_chat_template) return std::nullopt;
  TRY_ASSIGN(prompt::ChatTemplate compiled,
             prompt::ChatTemplate::compile(source, std::move(special), settings.chat_template_kwargs));
  return compiled;
}

// More than the tokens that are not in the text: BOS, a leading space, an end of each turn of a conversation.
constexpr std::int64_t kAddedTokens = 64;

// The smallest of what is asked for, what the model was trained for and what the engine was opened for.
int request_length(const engine::Properties& properties, const task::Settings& settings) {
  std::optional<int> length;
  if (properties.has_no_tokens) return std::numeric_limits<int>::max();
  for (const auto& limit : {settings.max_length, properties.context_train, properties.request_tokens}) {
    if (limit) length = std::min(*limit, length.value_or(*limit));
  }
  return length.value_or(0);
}

// Everything that the batches of one task need.
class TaskRun {
 public:
  static Result<TaskRun> make(engine::Engine& engine, Prompter prompter, const task::Settings& settings,
                              const prompt::ChatTemplate* chat) {
    const int length = request_length(engine.properties(), settings);
    TRY_ASSIGN(PromptTokenizer tokenizer, PromptTokenizer::make(engine, length));
    TRY_ASSIGN(ItemScorer scorer, ItemScorer::make(prompter.task(), !engine.properties().has_no_tokens));
    TaskRun run(engine, std::move(prompter), chat, std::move(tokenizer), std::move(scorer));
    TRY_ASSIGN(const std::string source, chosen_chat_template(engine.properties(), settings));
    run.think_ = think_tags(settings.think_end_token, source);
    run.keep_tokens_ = settings.keep_tokens;
    run.keep_gaps_ = settings.keep_gaps;
    run.seed_ = settings.seed;
    return run;
  }

  std::vector<std::int64_t> selected() const { return prompter_.selected(); }

  Result<Items> batch(std::span<const std::int64_t> doc_ids) {
    std::vector<Prompt> prompts;
    for (const std::int64_t doc_id : doc_ids) {
      TRY_ASSIGN(Prompt made, prompt(doc_id));
      prompts.push_back(std::move(made));
    }
    if (task_->output_type == task::OutputType::loglikelihood_rolling) return score_windows(prompts);
    return generate(prompts);
  }

  // What is asked about one item: continuations of its contexts.
  struct Question {
    Prompt prompt;
    std::vector<EncodedPair> pairs;

    Requests requests() const {
      Requests requests;
      for (const EncodedPair& pair : pairs) requests.push_back(pair.request);
      return requests;
    }
  };

  struct Questions {
    std::vector<Question> asked;
    Items refused;  // by the chat template
  };

  Result<Questions> questions(std::span<const std::int64_t> doc_ids) {
    Questions questions;
    for (const std::int64_t doc_id : doc_ids) {
      TRY_ASSIGN(Prompt made, prompt(doc_id));
      if (made.refused) {
        questions.refused.push_back(scorer_.failed(made, *made.refused));
        continue;
      }
      TRY_ASSIGN(auto pairs, named(encoded_pairs(made), made));
      questions.asked.push_back({std::move(made), std::move(pairs)});
    }
    return questions;
  }

  // The items of the questions with these indices.
  Result<Items> score(std::span<const Question> questions, std::span<const std::size_t> unit) {
    Requests requests;
    for (const std::size_t index : unit) {
      for (const EncodedPair& pair : questions[index].pairs) requests.push_back(pair.request);
    }
    TRY_ASSIGN(const std::vector<engine::Score> scores, engine_->score(requests));
    Items items;
    std::span<const engine::Score> rest(scores);
    for (const std::size_t index : unit) {
      const Question& question = questions[index];
      items.push_back(
          scorer_.from_scores(question.prompt, question.pairs, rest.first(question.pairs.size())));
      keep_first(question.pairs.front().request.context, items.back());
      rest = rest.subspan(question.pairs.size());
    }
    return items;
  }

 private:
  TaskRun(engine::Engine& engine, Prompter prompter, const prompt::ChatTemplate* chat,
          PromptTokenizer tokenizer, ItemScorer scorer)
      : engine_(&engine),
        task_(&prompter.task()),
        chat_(chat),
        prompter_(std::move(prompter)),
        tokenizer_(std::move(tokenizer)),
        scorer_(std::move(scorer)) {}

  // One that the chat template refuses fails alone, not with its task.
  Result<Prompt> prompt(std::int64_t doc_id) const {
    auto made = prompter_.prompt(doc_id, chat_);
    if (made || !prompt::is_refusal(made.error())) return made;
    TRY_ASSIGN(Prompt refused, prompter_.prompt(doc_id, nullptr));
    refused.contexts.clear();
    refused.refused = made.error().message;
    return refused;
  }

  template <typename T>
  Result<T> named(Result<T> result, const Prompt& prompt) const {
    if (!result) {
      result.error().message = fmt::format("task '{}', item {} ({}): {}", task_->name, prompt.doc_id,
                                           prompter_.place(prompt.doc_id), result.error().message);
    }
    return result;
  }

  Result<std::vector<EncodedPair>> encoded_pairs(const Prompt& prompt) {
    std::vector<EncodedPair> pairs;
    for (std::size_t i = 0; i < prompt.continuations.size(); ++i) {
      const Context& context = prompt.contexts[std::min(i, prompt.contexts.size() - 1)];
      TRY_ASSIGN(EncodedPair pair, tokenizer_.pair(context, prompt.continuations[i]));
      pairs.push_back(std::move(pair));
    }
    for (std::size_t i = 0; prompt.unconditional && i < prompt.continuations.size(); ++i) {
      TRY_ASSIGN(EncodedPair pair, tokenizer_.pair({}, prompt.continuations[i]));
      pairs.push_back(std::move(pair));
    }
    return pairs;
  }

  Result<Items> score_windows(const std::vector<Prompt>& prompts) {
    std::vector<std::vector<engine::ScoreRequest>> windows;
    std::vector<engine::ScoreRequest> requests;
    for (const Prompt& prompt : prompts) {
      TRY_ASSIGN(auto made, named(tokenizer_.windows(prompt.text), prompt));
      requests.insert(requests.end(), made.begin(), made.end());
      windows.push_back(std::move(made));
    }
    TRY_ASSIGN(const std::vector<engine::Score> scores, engine_->score(requests));
    Items items;
    std::span<const engine::Score> rest(scores);
    for (std::size_t i = 0; i < prompts.size(); ++i) {
      if (windows[i].empty()) {
        items.push_back(scorer_.failed(prompts[i], "the text has no tokens"));
        continue;
      }
      items.push_back(scorer_.from_windows(prompts[i], windows[i], rest.first(windows[i].size())));
      rest = rest.subspan(windows[i].size());
    }
    return items;
  }

  engine::GenerateOptions generate_options() const {
    const task::GenerationSpec& asked = task_->generation;
    engine::GenerateOptions options;
    options.max_new_tokens = asked.max_gen_toks;
    options.stop = asked.until;
    options.refill = true;
    if (think_) {
      options.think_open = think_->open;
      options.think_close = think_->close;
    }
    if (asked.sampling) {
      options.sampling = engine::Sampling{asked.sampling->temperature, asked.sampling->top_k,
                                          asked.sampling->top_p, asked.sampling->min_p};
    }
    return options;
  }

  // One for each answer to the prompt, which has tokens.
  void add_requests(const Prompt& prompt, const EncodedPrompt& encoded,
                    std::vector<engine::GenerateRequest>& requests) const {
    const bool in_thought = think_ && ends_in_thought(prompt.contexts.front(), *think_);
    for (int repeat = 0; repeat < task_->generation.repeats; ++repeat) {
      engine::GenerateRequest request{"", encoded.tokens, in_thought};
      if (task_->generation.sampling) request.seed = sampling_seed(seed_, task_->name, prompt.doc_id, repeat);
      requests.push_back(std::move(request));
    }
  }

  Result<Items> generate(const std::vector<Prompt>& prompts) {
    const engine::GenerateOptions options = generate_options();
    std::vector<EncodedPrompt> encoded;
    std::vector<engine::GenerateRequest> requests;  // of the prompts that have tokens
    for (const Prompt& prompt : prompts) {
      if (prompt.refused) {
        encoded.emplace_back();
        continue;
      }
      TRY_ASSIGN(auto made,
                 named(tokenizer_.prompt(prompt.contexts.front(), options.max_new_tokens), prompt));
      if (!made.tokens.empty()) add_requests(prompt, made, requests);
      encoded.push_back(std::move(made));
    }
    TRY_ASSIGN(const std::vector<engine::Generation> generations, engine_->generate(requests, options));
    const auto repeats = static_cast<std::size_t>(task_->generation.repeats);
    Items items;
    std::size_t asked = 0;
    for (std::size_t i = 0; i < prompts.size(); ++i) {
      if (encoded[i].tokens.empty()) {
        items.push_back(scorer_.failed(prompts[i], prompts[i].refused.value_or("the prompt has no tokens")));
        continue;
      }
      const std::span own = std::span(generations).subspan(asked, repeats);
      std::vector<Answer> answers;
      for (const engine::Generation& generation : own) {
        answers.push_back(cut_answer(generation, task_->generation.until, think_ ? &*think_ : nullptr,
                                     requests[asked++].in_thought));
      }
      TRY_ASSIGN(record::Item item,
                 named(scorer_.from_generations(prompts[i], encoded[i], own, answers), prompts[i]));
      keep_first(encoded[i].tokens, item);
      // A draw does not turn on the two best tokens.
      if (keep_gaps_ && !options.sampling) item.content[kGap] = own.front().smallest_top2_gap;
      items.push_back(std::move(item));
    }
    return items;
  }

  void keep_first(std::span<const engine::Token> tokens, record::Item& item) const {
    const auto count = std::min(tokens.size(), static_cast<std::size_t>(std::max(keep_tokens_, 0)));
    for (const engine::Token& token : tokens.first(count)) {
      const engine::Properties& model = engine_->properties();
      std::string text = engine_->detokenize({&token, 1});
      if (token == model.bos) text = model.bos_text;
      if (token == model.eos) text = model.eos_text;
      item.content["first_tokens"].push_back({{"id", token}, {"text", std::move(text)}});
    }
  }

  engine::Engine* engine_;
  const task::Task* task_;
  const prompt::ChatTemplate* chat_;
  Prompter prompter_;
  PromptTokenizer tokenizer_;
  ItemScorer scorer_;
  std::optional<ThinkTags> think_;
  int keep_tokens_ = 0;
  bool keep_gaps_ = false;
  std::uint64_t seed_ = 0;
};

// Items of one batch. Answers end one by one: with some rounds of them in one call, the streams of those that
// have ended are used for the next. Several answers to an item count each.
std::size_t unit_size(const task::Task& task, const task::Settings& settings) {
  constexpr std::size_t kRounds = 4;
  const auto size = static_cast<std::size_t>(std::max(settings.batch_size, 1));
  if (task.output_type != task::OutputType::generate_until) return size;
  return std::max<std::size_t>(kRounds * size / static_cast<std::size_t>(task.generation.repeats), 1);
}

// The walk over one task's items.
class TaskWalk {
 public:
  TaskWalk(engine::Engine& engine, const task::Task& task, const task::Settings& settings,
           const record::DoneItems& done, Sink& sink, std::optional<ScoringFacts>& facts)
      : engine_(engine), task_(task), settings_(settings), done_(done), sink_(sink), facts_(facts) {}

  base::Status through(TaskRun run) {
    const std::vector<std::int64_t> selected = run.selected();
    TRY(sink_.on_plan(task_.name, static_cast<std::int64_t>(selected.size())));
    const bool laid_out = task_.output_type == task::OutputType::multiple_choice ||
                          task_.output_type == task::OutputType::loglikelihood;
    const std::size_t size = laid_out ? kQuestionsLaidOut : unit_size(task_, settings_);
    for (std::size_t begin = 0; begin < selected.size(); begin += size) {
      const std::span batch = std::span(selected).subspan(begin, std::min(size, selected.size() - begin));
      if (std::all_of(batch.begin(), batch.end(), [&](std::int64_t doc_id) { return is_done(doc_id); }))
        continue;
      if (laid_out) {
        TRY(score_laid_out(run, batch));
      } else {
        TRY_ASSIGN(Items items, run.batch(batch));
        TRY(sink_.on_items(std::move(items)));
      }
    }
    return {};
  }

 private:
  using Clock = std::chrono::steady_clock;
  // Bounds the memory that their tokens take.
  static constexpr std::size_t kQuestionsLaidOut = 1024;

  bool is_done(std::int64_t doc_id) const { return done_.contains({task_.name, doc_id}); }

  base::Status score_laid_out(TaskRun& run, std::span<const std::int64_t> doc_ids) {
    TRY_ASSIGN(auto made, run.questions(doc_ids));
    std::erase_if(made.refused, [&](const record::Item& item) { return is_done(item.doc_id); });
    if (!made.refused.empty()) TRY(sink_.on_items(std::move(made.refused)));
    const std::vector<TaskRun::Question>& questions = made.asked;
    if (questions.empty()) return {};
    std::vector<Requests> requests;
    for (const TaskRun::Question& question : questions) requests.push_back(question.requests());
    UnitLimits limits;
    limits.items = 16 * static_cast<std::size_t>(std::max(settings_.batch_size, 1));
    const ScoringLayout layout = lay_out(requests, limits);
    // Of an engine that has no tokens nothing is cut, shared or counted.
    if (!facts_ && !engine_.properties().has_no_tokens) {
      TRY_ASSIGN(facts_, check_shortcuts(engine_, requests.front(), settings_.own_kernels));
    }
    if (facts_) facts_->distinct_tokens += layout.distinct_tokens;
    TRY(engine_.hold(layout.prefix));
    for (const std::vector<std::size_t>& unit : layout.units) {
      if (std::all_of(unit.begin(), unit.end(),
                      [&](std::size_t i) { return is_done(questions[i].prompt.doc_id); }))
        continue;
      const Clock::time_point begin = Clock::now();
      TRY_ASSIGN(Items items, run.score(questions, unit));
      if (facts_) facts_->seconds += std::chrono::duration<double>(Clock::now() - begin).count();
      TRY(sink_.on_items(std::move(items)));
    }
    return {};
  }

  engine::Engine& engine_;
  const task::Task& task_;
  const task::Settings& settings_;
  const record::DoneItems& done_;
  Sink& sink_;
  std::optional<ScoringFacts>& facts_;
};

}  // namespace

Result<std::vector<Prompter>> make_prompters(const std::vector<task::Task>& tasks,
                                             const task::Settings& settings) {
  std::vector<Prompter> prompters;
  for (const task::Task& task : tasks) {
    TRY_ASSIGN(Prompter prompter, Prompter::make(task, settings));
    prompters.push_back(std::move(prompter));
  }
  return prompters;
}

base::Status evaluate(engine::Engine& engine, std::vector<Prompter> prompters, const task::Settings& settings,
                      const record::DoneItems& done, Sink& sink) {
  const engine::Properties& properties = engine.properties();
  TRY_ASSIGN(const std::string source, chosen_chat_template(properties, settings));
  std::optional<prompt::ChatTemplate> chat;
  if (properties.takes_messages) {
    chat = prompt::ChatTemplate::of_messages();
  } else {
    TRY_ASSIGN(chat, make_chat_template(settings, source, {properties.bos_text, properties.eos_text}));
  }
  const engine::ScoreWork before = engine.score_work();
  std::optional<ScoringFacts> facts;
  for (Prompter& prompter : prompters) {
    const task::Task& task = prompter.task();
    TRY_ASSIGN(TaskRun run, TaskRun::make(engine, std::move(prompter), settings, chat ? &*chat : nullptr));
    TRY(TaskWalk(engine, task, settings, done, sink, facts).through(std::move(run)));
  }
  if (facts) {
    const engine::ScoreWork after = engine.score_work();
    facts->work = {after.computed_tokens - before.computed_tokens - facts->check_tokens,
                   after.output_rows - before.output_rows};
    sink.on_scoring(*facts);
  }
  return {};
}

Result<std::string> chosen_chat_template(const engine::Properties& model, const task::Settings& settings) {
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

Result<Requirement> required_tokens(const std::vector<Prompter>& prompters, const task::Settings& settings,
                                    const std::string& chat_template) {
  Requirement requirement;
  TRY_ASSIGN(const auto chat, make_chat_template(settings, chat_template, {}));
  for (const Prompter& prompter : prompters) {
    const task::Task& task = prompter.task();
    if (task.output_type == task::OutputType::generate_until) {
      requirement.new_tokens = std::max<std::int64_t>(requirement.new_tokens, task.generation.max_gen_toks);
    }
    for (const std::int64_t doc_id : prompter.selected()) {
      const auto made = prompter.prompt(doc_id, chat ? &*chat : nullptr);
      if (!made && prompt::is_refusal(made.error())) continue;  // fails alone, and is not asked
      if (!made) return tl::unexpected(made.error());
      const Prompt& prompt = *made;
      std::size_t longest = prompt.text.size();
      std::size_t answer = 0;
      for (const Context& context : prompt.contexts) longest = std::max(longest, joined_text(context).size());
      for (const std::string& continuation : prompt.continuations)
        answer = std::max(answer, continuation.size());
      const auto bytes = static_cast<std::int64_t>(longest + answer);
      requirement.input_tokens = std::max(requirement.input_tokens, bytes + kAddedTokens);
    }
  }
  return requirement;
}

}  // namespace bantam::evaluate
