#include "evaluate/prompts.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "evaluate/columns.hpp"
#include "plan/plan.hpp"
#include "prompt/python_literal.hpp"
#include "score/python_text.hpp"
#include "stats/python_random.hpp"
#include "task/subset.hpp"

namespace bantam::evaluate {
namespace {

using base::ErrorKind;
using base::Json;
using base::Result;
using prompt::python_str;

// lm-eval's maybe_delimit: the delimiter only where neither side has white space.
std::string delimited(const std::string& before, const std::string& after, const std::string& delimiter) {
  if (before.empty()) return after;
  if (after.empty()) return before;
  const bool space = score::ends_with_space(before) || score::starts_with_space(after);
  return before + (space ? "" : delimiter) + after;
}

std::string delimiter_before_prefix(const std::string& text, const std::string& prefix,
                                    const std::string& delimiter) {
  if (prefix.empty() || text.empty()) return "";
  return score::ends_with_space(text) || score::starts_with_space(prefix) ? "" : delimiter;
}

// An index behind a JSON value: integers, and booleans as Python counts them.
std::optional<std::int64_t> choice_index(const Json& value) {
  if (value.is_boolean()) return value.get<bool>() ? 1 : 0;
  if (value.is_number_integer()) return value.get<std::int64_t>();
  return std::nullopt;
}

Result<std::string> choice_at(const std::vector<std::string>& choices, std::int64_t index) {
  if (index < 0 || index >= static_cast<std::int64_t>(choices.size())) {
    return base::fail(ErrorKind::bad_input,
                      fmt::format("answer {} is not one of the {} choices", index, choices.size()));
  }
  return choices[static_cast<std::size_t>(index)];
}

Result<std::vector<std::int64_t>> right_choices(const Json& answer, const std::vector<std::string>& choices) {
  std::vector<std::int64_t> gold;
  for (const Json& one : answer.is_array() ? answer : Json::array({answer})) {
    const auto index = choice_index(one);
    const auto named =
        one.is_string() ? std::find(choices.begin(), choices.end(), one.get<std::string>()) : choices.end();
    const std::int64_t at = index ? *index : named - choices.begin();
    if (at < 0 || at >= static_cast<std::int64_t>(choices.size())) {
      return base::fail(ErrorKind::bad_input, fmt::format("the right answer {} is not one of the {} choices",
                                                          prompt::python_repr(one), choices.size()));
    }
    gold.push_back(at);
  }
  if (gold.empty()) return base::fail(ErrorKind::bad_input, "no right answer");
  return gold;
}

}  // namespace

std::string joined_text(const Context& context) {
  std::string text;
  for (const prompt::TextPart& part : context) text += part.text;
  return text;
}

int fewshot_count(const task::Task& task, const task::Settings& settings) {
  if (task.output_type == task::OutputType::loglikelihood_rolling) return 0;
  return plan::num_fewshot(settings.num_fewshot, task.num_fewshot);
}

Prompter::Prompter(const task::Task& task, const task::Settings& settings, task::DocTexts texts,
                   task::DocTexts fewshot_texts, task::Field description)
    : task_(&task),
      settings_(settings),
      texts_(std::move(texts)),
      fewshot_texts_(std::move(fewshot_texts)),
      description_(std::move(description)) {}

Result<Prompter> Prompter::make(const task::Task& task, const task::Settings& settings) {
  TRY_ASSIGN(task::DocTexts texts,
             task::DocTexts::make(task.doc_to_text, task.doc_to_target, task.doc_to_choice));
  TRY_ASSIGN(
      task::DocTexts fewshot_texts,
      task::DocTexts::make(task.fewshot.doc_to_text, task.fewshot.doc_to_target, task.fewshot.doc_to_choice));
  TRY_ASSIGN(task::Field description, task::Field::make(task.description));
  Prompter prompter(task, settings, std::move(texts), std::move(fewshot_texts), std::move(description));
  TRY_ASSIGN(prompter.rows_, task::load_rows(task, fewshot_count(task, settings) > 0));
  TRY(prompter.draw_examples());
  return prompter;
}

// Draws for every item in order, whichever items are evaluated, so that an item's prompt does not depend on a
// limit.
base::Status Prompter::draw_examples() {
  const auto shots = static_cast<std::size_t>(fewshot_count(*task_, settings_));
  if (shots == 0) return {};
  const std::vector<Json>& pool = rows_.fewshot;
  const bool own_split = task_->fewshot.split == task_->test_split;
  const std::size_t needed = shots + (own_split ? 1 : 0);
  if (pool.size() < needed) {
    return base::fail(
        ErrorKind::bad_input,
        fmt::format("task '{}': num_fewshot {} needs {} rows to draw examples from, found {}{}", task_->name,
                    shots, needed, pool.size(), own_split ? " (an item is no example of its own)" : ""),
        "lower --num-fewshot");
  }
  stats::PythonRandom random(settings_.seed);
  for (const Json& doc : rows_.docs) {
    std::vector<std::size_t> drawn;
    if (task_->fewshot.sampler == "first_n") {
      for (std::size_t i = 0; i < pool.size(); ++i) drawn.push_back(i);
    } else {
      drawn = random.sample(pool.size(), needed);
    }
    if (own_split) std::erase_if(drawn, [&](std::size_t row) { return pool[row] == doc; });
    if (drawn.size() < shots) {  // copies of the item among the drawn rows
      std::vector<std::size_t> others;
      for (std::size_t i = 0; i < pool.size(); ++i) {
        if (pool[i] != doc) others.push_back(i);
      }
      if (others.size() < shots)
        return base::fail(ErrorKind::bad_input,
                          fmt::format("task '{}': too few other rows for {} examples", task_->name, shots));
      drawn.clear();
      for (const std::size_t i : random.sample(others.size(), shots)) drawn.push_back(others[i]);
    }
    drawn.resize(shots);
    examples_.push_back(std::move(drawn));
  }
  return {};
}

std::vector<std::int64_t> Prompter::selected() const {
  const bool is_part = task::subset_size(docs(), settings_) < docs() || settings_.stage.begin > 0.0 ||
                       settings_.stage.end < 1.0;
  return task::selected_rows(is_part ? strata() : std::vector<task::Stratum>(docs()), settings_);
}

std::vector<std::int64_t> Prompter::order() const {
  std::vector<std::int64_t> order = task::subset_order(strata(), settings_.seed);
  order.resize(task::subset_size(docs(), settings_));
  return order;
}

std::vector<task::Stratum> Prompter::strata() const {
  std::vector<task::Stratum> strata(docs());
  if (task_->output_type == task::OutputType::multiple_choice) {
    for (std::size_t row = 0; row < strata.size(); ++row) strata[row] = stratum(rows_.docs[row]);
  }
  return strata;
}

// A row that is wrong is reported when it is evaluated.
task::Stratum Prompter::stratum(const Json& row) const {
  const auto choices = texts_.choices(row);
  const auto text = texts_.text(row);
  const auto target = texts_.target(row);
  if (!choices || !text || !target) return std::nullopt;
  const auto gold = right_choices(text->is_number_integer() ? *text : *target, *choices);
  return gold && gold->size() == 1 ? task::Stratum(gold->front()) : std::nullopt;
}

Result<Prompt> Prompter::prompt(std::int64_t doc_id, const prompt::ChatTemplate* chat) const {
  auto built = build(doc_id, chat);
  if (built) return built;
  return base::fail(
      built.error().kind,
      fmt::format("task '{}', item {} ({}): {}", task_->name, doc_id, place(doc_id), built.error().message),
      hint_with_columns(built.error(), rows_.docs[static_cast<std::size_t>(doc_id)]));
}

Result<Prompt> Prompter::build(std::int64_t doc_id, const prompt::ChatTemplate* chat) const {
  Prompt prompt;
  prompt.doc_id = doc_id;
  prompt.doc = rows_.docs[static_cast<std::size_t>(doc_id)];
  TRY_ASSIGN(prompt.target, texts_.target(prompt.doc));
  if (prompt.target.is_null()) return base::fail(ErrorKind::bad_input, "no right answer");
  if (task_->output_type == task::OutputType::loglikelihood_rolling) {
    prompt.text = python_str(prompt.target);
    return prompt;
  }
  if (texts_.has_choices()) {
    TRY_ASSIGN(prompt.choices, texts_.choices(prompt.doc));
  }
  TRY_ASSIGN(const Json text, texts_.text(prompt.doc));
  TRY_ASSIGN(const Turns turns, opening(prompt));
  prompt.leaked = !examples_.empty() &&
                  std::ranges::any_of(examples_[static_cast<std::size_t>(doc_id)],
                                      [&](std::size_t row) { return rows_.fewshot[row] == prompt.doc; });
  TRY(add_question(text, turns, chat, prompt));
  TRY(add_answers(text, chat != nullptr, prompt));
  return prompt;
}

// System text and examples.
Result<Prompter::Turns> Prompter::opening(const Prompt& prompt) const {
  Turns turns;
  TRY_ASSIGN(const task::Field::Value description, description_.of(prompt.doc));
  const std::string system =
      delimited(settings_.system_instruction, python_str(description.value), task_->fewshot_delimiter);
  if (!system.empty()) turns.push_back({{"system", system}, ""});
  if (examples_.empty()) return turns;
  for (const std::size_t row : examples_[static_cast<std::size_t>(prompt.doc_id)]) {
    TRY_ASSIGN(const Turns pair, example(rows_.fewshot[row]));
    turns.insert(turns.end(), pair.begin(), pair.end());
  }
  return turns;
}

Result<Prompter::Turns> Prompter::example(const Json& row) const {
  const task::FewshotSpec& spec = task_->fewshot;
  TRY_ASSIGN(Json question, fewshot_texts_.text(row));
  TRY_ASSIGN(Json answer, fewshot_texts_.target(row));
  if (fewshot_texts_.has_choices()) {
    TRY_ASSIGN(const std::vector<std::string> choices, fewshot_texts_.choices(row));
    if (const auto index = choice_index(question)) {  // the options are the questions
      TRY_ASSIGN(question, choice_at(choices, *index));
    } else if (const auto right = choice_index(answer)) {
      TRY_ASSIGN(answer, choice_at(choices, *right));
    }
  }
  if (answer.is_array()) answer = answer.empty() ? Json("") : answer.front();
  const std::string asked = python_str(question);
  const std::string answered = python_str(answer);
  const std::string delimiter = spec.gen_prefix.empty()
                                    ? (answered.empty() ? "" : spec.target_delimiter)
                                    : delimiter_before_prefix(asked, spec.gen_prefix, spec.target_delimiter);
  Turns turns{{{"user", asked}, delimiter}};
  if (!answered.empty()) {
    turns.push_back({{"assistant", delimited(spec.gen_prefix, answered, " ")}, spec.fewshot_delimiter});
  } else if (!spec.gen_prefix.empty()) {
    turns.push_back({{"assistant", spec.gen_prefix}, ""});
  }
  return turns;
}

Result<Context> Prompter::written_context(Turns turns, const prompt::ChatTemplate* chat,
                                          Prompt& prompt) const {
  if (!chat) {
    std::string text;
    for (const Turn& turn : turns) text += turn.message.content + turn.delimiter;
    return Context{{std::move(text), true}};
  }
  if (!settings_.fewshot_as_multiturn) turns = in_one_turn(std::move(turns));
  std::vector<prompt::Message> messages;
  for (Turn& turn : turns) messages.push_back(std::move(turn.message));
  TRY_ASSIGN(prompt::Conversation conversation, chat->apply(messages));
  prompt.system_dropped = prompt.system_dropped || conversation.system_dropped;
  return std::move(conversation.parts);
}

// lm-eval's multiturn_to_singleturn: all that lies between the system message and a begun answer becomes one
// message of the user.
Prompter::Turns Prompter::in_one_turn(Turns turns) {
  Turns out;
  std::size_t begin = 0;
  std::size_t end = turns.size();
  if (end > 0 && turns.front().message.role == "system") out.push_back(std::move(turns[begin++]));
  if (end > begin && turns.back().message.role == "assistant") --end;
  Turn user{{"user", ""}, ""};
  for (std::size_t i = begin; i < end; ++i) {
    user.message.content += turns[i].message.content;
    if (i + 1 < end) user.message.content += turns[i].delimiter;
  }
  out.push_back(std::move(user));
  if (end < turns.size()) out.push_back(std::move(turns[end]));
  return out;
}

base::Status Prompter::add_question(const Json& text, const Turns& opening, const prompt::ChatTemplate* chat,
                                    Prompt& prompt) const {
  const bool options_are_contexts = texts_.has_choices() && text.is_number_integer();
  const std::vector<std::string> questions =
      options_are_contexts ? prompt.choices : std::vector<std::string>{python_str(text)};
  for (const std::string& question : questions) {
    Turns turns = opening;
    const std::string delimiter = options_are_contexts ? "" : task_->target_delimiter;
    turns.push_back({{"user", question}, delimiter_before_prefix(question, task_->gen_prefix, delimiter)});
    if (!task_->gen_prefix.empty()) turns.push_back({{"assistant", task_->gen_prefix}, ""});
    TRY_ASSIGN(Context context, written_context(std::move(turns), chat, prompt));
    prompt.contexts.push_back(std::move(context));
  }
  return {};
}

base::Status Prompter::add_answers(const Json& text, bool chat, Prompt& prompt) const {
  if (task_->output_type == task::OutputType::loglikelihood)
    prompt.continuations.push_back(python_str(prompt.target));
  if (task_->output_type != task::OutputType::multiple_choice) return {};
  const bool begun = !task_->gen_prefix.empty() && !score::ends_with_space(task_->gen_prefix);
  const std::string delimiter = chat && !begun ? "" : task_->target_delimiter;
  const bool options_are_contexts = text.is_number_integer();
  for (const std::string& choice : prompt.choices) {
    prompt.continuations.push_back(delimiter + (options_are_contexts ? python_str(prompt.target) : choice));
  }
  TRY_ASSIGN(prompt.gold, right_choices(options_are_contexts ? text : prompt.target, prompt.choices));
  prompt.unconditional = std::ranges::any_of(
      task_->metrics, [](const task::MetricSpec& spec) { return spec.metric->needs_unconditional; });
  return {};
}

}  // namespace bantam::evaluate
