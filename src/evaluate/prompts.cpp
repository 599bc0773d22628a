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

// As Python's list: a negative index counts from the end.
Result<std::string> choice_at(const std::vector<std::string>& choices, std::int64_t index) {
  const auto count = static_cast<std::int64_t>(choices.size());
  if (index < -count || index >= count) {
    return base::fail(ErrorKind::bad_input,
                      fmt::format("answer {} is not one of the {} choices", index, choices.size()));
  }
  return choices[static_cast<std::size_t>(index < 0 ? index + count : index)];
}

// lm-eval takes texts only where a prompt is put together; what is none there is refused here as well.
Result<std::string> text_of(const Json& value, const char* key) {
  if (value.is_string()) return value.get<std::string>();
  return base::fail(ErrorKind::bad_input,
                    fmt::format("{} gives {}, not a text", key, prompt::python_repr(value)),
                    fmt::format("write a column of numbers as a template: {}: '{{{{COLUMN}}}}'", key));
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

Result<PromptFields> PromptFields::make(const task::Task& task) {
  TRY_ASSIGN(task::DocTexts texts,
             task::DocTexts::make(task.doc_to_text, task.doc_to_target, task.doc_to_choice));
  TRY_ASSIGN(
      task::DocTexts fewshot_texts,
      task::DocTexts::make(task.fewshot.doc_to_text, task.fewshot.doc_to_target, task.fewshot.doc_to_choice));
  TRY_ASSIGN(task::Field description, task::Field::make(task.description));
  TRY_ASSIGN(task::Field gen_prefix, task::Field::make(task.gen_prefix));
  TRY_ASSIGN(task::Field fewshot_gen_prefix, task::Field::make(task.fewshot.gen_prefix));
  return PromptFields{std::move(texts), std::move(fewshot_texts), std::move(description),
                      std::move(gen_prefix), std::move(fewshot_gen_prefix)};
}

Prompter::Prompter(const task::Task& task, const task::Settings& settings, PromptFields fields)
    : task_(&task), settings_(settings), fields_(std::move(fields)) {}

Result<Prompter> Prompter::make(const task::Task& task, const task::Settings& settings) {
  TRY_ASSIGN(PromptFields fields, PromptFields::make(task));
  Prompter prompter(task, settings, std::move(fields));
  TRY_ASSIGN(prompter.rows_, task::load_rows(task, fewshot_count(task, settings) > 0));
  prompter.look_at_rows();
  TRY(prompter.draw_examples());
  return prompter;
}

// lm-eval looks at the first row alone to tell whether the options are contexts and whether there are several
// right answers.
void Prompter::look_at_rows() {
  fields_.texts.name_columns(rows_.docs);
  fields_.fewshot_texts.name_columns(rows_.docs);
  fields_.gen_prefix.name_columns(rows_.docs);
  if (rows_.docs.empty()) return;
  const auto text = fields_.texts.text(rows_.docs.front(), rows_.made_of(0));
  const auto target = fields_.texts.target(rows_.docs.front(), rows_.made_of(0));
  options_are_contexts_ = fields_.texts.has_choices() && text && choice_index(*text);
  several_answers_ = target && target->is_array();
}

// Draws for every item in order, whichever items are evaluated, so that an item's prompt does not depend on a
// limit.
base::Status Prompter::draw_examples() {
  const auto shots = static_cast<std::size_t>(fewshot_count(*task_, settings_));
  if (shots == 0) return {};
  stats::PythonRandom random(settings_.seed);
  for (const Json& doc : rows_.docs) {
    std::vector<std::size_t> drawn =
        task_->fewshot.sampler == "first_n" ? first_rows(doc, shots) : sampled_rows(doc, shots, random);
    if (drawn.size() < shots) return too_few_rows(shots);
    examples_.push_back(std::move(drawn));
  }
  return {};
}

tl::unexpected<base::Error> Prompter::too_few_rows(std::size_t shots) const {
  const bool left_out = leaves_item_out();
  return base::fail(ErrorKind::bad_input,
                    fmt::format("task '{}': num_fewshot {} needs {} rows to draw examples from, found {}{}",
                                task_->name, shots, shots + (left_out ? 1 : 0), rows_.fewshot.size(),
                                left_out ? " (an item is no example of its own)" : ""),
                    "lower --num-fewshot");
}

bool Prompter::leaves_item_out() const {
  return task_->fewshot.leaves_item_out || settings_.fewshot_without_leaks;
}

// lm-eval's FirstNSampler. Fewer rows than asked for when there are no more.
std::vector<std::size_t> Prompter::first_rows(const Json& doc, std::size_t shots) const {
  std::vector<std::size_t> drawn;
  for (std::size_t row = 0; row < rows_.fewshot.size() && drawn.size() < shots; ++row) {
    if (!leaves_item_out() || rows_.fewshot[row] != doc) drawn.push_back(row);
  }
  return drawn;
}

// lm-eval's ContextSampler: where the item is left out, one more row is drawn, and all rows anew from the
// others when there were copies among them. Fewer rows than asked for when there are too few.
std::vector<std::size_t> Prompter::sampled_rows(const Json& doc, std::size_t shots,
                                                stats::PythonRandom& random) const {
  const std::vector<Json>& pool = rows_.fewshot;
  std::vector<std::size_t> drawn;
  if (!leaves_item_out()) return pool.size() < shots ? drawn : random.sample(pool.size(), shots);
  // Without leaks a pool of just enough other rows will do; lm-eval fails there.
  if (pool.size() > shots) {
    drawn = random.sample(pool.size(), shots + 1);
  } else if (task_->fewshot.leaves_item_out && !settings_.fewshot_without_leaks) {
    return drawn;
  }
  std::erase_if(drawn, [&](std::size_t row) { return pool[row] == doc; });
  if (drawn.size() < shots) {
    std::vector<std::size_t> others;
    for (std::size_t row = 0; row < pool.size(); ++row) {
      if (pool[row] != doc) others.push_back(row);
    }
    drawn.clear();
    if (others.size() < shots) return drawn;
    for (const std::size_t at : random.sample(others.size(), shots)) drawn.push_back(others[at]);
  }
  drawn.resize(shots);
  return drawn;
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
    for (std::size_t row = 0; row < strata.size(); ++row) strata[row] = stratum(row);
  }
  return strata;
}

// A row that is wrong is reported when it is evaluated.
task::Stratum Prompter::stratum(std::size_t doc) const {
  const Json& row = rows_.docs[doc];
  const Json* made = rows_.made_of(doc);
  const auto choices = fields_.texts.choices(row, made);
  const auto text = fields_.texts.text(row, made);
  const auto target = fields_.texts.target(row, made);
  if (!choices || !text || !target) return std::nullopt;
  const auto gold = right_choices(options_are_contexts_ ? *text : *target, *choices);
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
  const Json* made = rows_.made_of(static_cast<std::size_t>(doc_id));
  TRY_ASSIGN(prompt.target, fields_.texts.target(prompt.doc, made));
  if (prompt.target.is_null()) return base::fail(ErrorKind::bad_input, "no right answer");
  if (task_->output_type == task::OutputType::loglikelihood_rolling) {
    TRY_ASSIGN(prompt.text, text_of(prompt.target, "doc_to_target"));
    return prompt;
  }
  prompt.several_answers = several_answers_;
  if (fields_.texts.has_choices()) {
    TRY_ASSIGN(prompt.choices, fields_.texts.choices(prompt.doc, made));
  }
  TRY_ASSIGN(const Json text, fields_.texts.text(prompt.doc, made));
  TRY_ASSIGN(const Turns turns, opening(prompt));
  prompt.leaked = !examples_.empty() &&
                  std::ranges::any_of(examples_[static_cast<std::size_t>(doc_id)],
                                      [&](std::size_t row) { return rows_.fewshot[row] == prompt.doc; });
  TRY_ASSIGN(const std::string begun, prefix_of(fields_.gen_prefix, prompt.doc));
  TRY(add_question(text, begun, turns, chat, prompt));
  TRY(add_answers(text, chat != nullptr, prompt));
  return prompt;
}

// System text and examples.
Result<Prompter::Turns> Prompter::opening(const Prompt& prompt) const {
  Turns turns;
  TRY_ASSIGN(const task::Field::Value description, fields_.description.of(prompt.doc));
  const std::string described = description.value.is_null() ? "" : python_str(description.value);
  const std::string system = delimited(settings_.system_instruction, described, task_->fewshot_delimiter);
  if (!system.empty()) turns.push_back({{"system", system}, ""});
  if (examples_.empty()) return turns;
  for (const std::size_t row : examples_[static_cast<std::size_t>(prompt.doc_id)]) {
    TRY_ASSIGN(const Turns pair, example(row));
    turns.insert(turns.end(), pair.begin(), pair.end());
  }
  return turns;
}

// What the answer begins with; empty when nothing.
Result<std::string> Prompter::prefix_of(const task::Field& field, const Json& row) {
  TRY_ASSIGN(const task::Field::Value prefix, field.of(row));
  if (prefix.value.is_null()) return std::string();
  return text_of(prefix.value, "gen_prefix");
}

// lm-eval's build_qa_turn: an answer that is no text at all, or the text "", is none; an empty text out of a
// list or of the choices is one.
Result<Prompter::Turns> Prompter::example(std::size_t number) const {
  const task::FewshotSpec& spec = task_->fewshot;
  const Json& row = rows_.fewshot[number];
  const Json* made = rows_.made_of_example(number);
  TRY_ASSIGN(Json question, fields_.fewshot_texts.text(row, made));
  TRY_ASSIGN(Json answer, fields_.fewshot_texts.target(row, made));
  const bool answers = !answer.is_null() && answer != "";
  if (fields_.fewshot_texts.has_choices()) {
    TRY_ASSIGN(const std::vector<std::string> choices, fields_.fewshot_texts.choices(row, made));
    const auto index = choice_index(options_are_contexts_ ? question : answer);
    if (index && options_are_contexts_) {
      TRY_ASSIGN(question, choice_at(choices, *index));
    } else if (index) {
      TRY_ASSIGN(answer, choice_at(choices, *index));
    }
  }
  if (answer.is_array()) answer = answer.empty() ? Json(nullptr) : Json(answer.front());
  TRY_ASSIGN(const std::string asked, text_of(question, "doc_to_text"));
  TRY_ASSIGN(const std::string begun, prefix_of(fields_.fewshot_gen_prefix, row));
  if (!answers) {
    Turns turns{{{"user", asked}, delimiter_before_prefix(asked, begun, spec.target_delimiter)}};
    if (!begun.empty()) turns.push_back({{"assistant", begun}, ""});
    return turns;
  }
  TRY_ASSIGN(const std::string answered, text_of(answer, "doc_to_target"));
  const std::string delimiter =
      begun.empty() ? spec.target_delimiter : delimiter_before_prefix(asked, begun, spec.target_delimiter);
  return Turns{{{"user", asked}, delimiter},
               {{"assistant", delimited(begun, answered, " ")}, spec.fewshot_delimiter}};
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

base::Status Prompter::add_question(const Json& text, const std::string& begun, const Turns& opening,
                                    const prompt::ChatTemplate* chat, Prompt& prompt) const {
  std::vector<std::string> questions = prompt.choices;
  if (!options_are_contexts_) {
    TRY_ASSIGN(std::string question, text_of(text, "doc_to_text"));
    questions = {std::move(question)};
  }
  for (const std::string& question : questions) {
    Turns turns = opening;
    const std::string delimiter = options_are_contexts_ ? "" : task_->target_delimiter;
    turns.push_back({{"user", question}, delimiter_before_prefix(question, begun, delimiter)});
    if (!begun.empty()) turns.push_back({{"assistant", begun}, ""});
    TRY_ASSIGN(Context context, written_context(std::move(turns), chat, prompt));
    prompt.contexts.push_back(std::move(context));
  }
  return {};
}

base::Status Prompter::add_answers(const Json& text, bool chat, Prompt& prompt) const {
  if (task_->output_type == task::OutputType::loglikelihood) {
    TRY_ASSIGN(std::string continuation, text_of(prompt.target, "doc_to_target"));
    prompt.continuations.push_back(std::move(continuation));
  }
  if (task_->output_type != task::OutputType::multiple_choice) return {};
  // lm-eval looks at the prefix as it is written, not at what a template makes of it.
  const bool begun = !task_->gen_prefix.empty() && !score::ends_with_space(task_->gen_prefix);
  const std::string delimiter = chat && !begun ? "" : task_->target_delimiter;
  for (const std::string& choice : prompt.choices) {
    prompt.continuations.push_back(delimiter + (options_are_contexts_ ? python_str(prompt.target) : choice));
  }
  TRY_ASSIGN(prompt.gold, right_choices(options_are_contexts_ ? text : prompt.target, prompt.choices));
  prompt.unconditional = std::ranges::any_of(
      task_->metrics, [](const task::MetricSpec& spec) { return spec.metric->needs_unconditional; });
  return {};
}

}  // namespace bantam::evaluate
