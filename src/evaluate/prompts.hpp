#pragma once
// From a task's rows to what is asked of a model: contexts with few-shot examples, continuations, gold
// answers, word for word as lm-evaluation-harness 0.4.13 builds them. Knows nothing of tokens.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "base/result.hpp"
#include "prompt/chat.hpp"
#include "stats/python_random.hpp"
#include "task/documents.hpp"
#include "task/subset.hpp"

namespace bantam::evaluate {

// Text before the continuation. Without a chat template it is one input part.
using Context = std::vector<prompt::TextPart>;
std::string joined_text(const Context& context);

struct Prompt {
  std::int64_t doc_id = 0;
  base::Json doc;                 // the row
  std::vector<Context> contexts;  // one, or one for each choice when the choices stand in the context
  std::vector<std::string> continuations;  // one per choice; one for loglikelihood; none for the other types
  bool unconditional = false;              // the continuations are also asked for after an empty context
  std::string text;                        // loglikelihood_rolling: what is scored
  base::Json target;                       // doc_to_target, as lm-eval logs it
  bool several_answers = false;            // generate_until: the task's targets are lists of right answers
  std::vector<std::string> choices;
  bool system_dropped = false;         // the chat template has no place for the system message
  bool leaked = false;                 // the row itself stands among its examples
  std::vector<std::int64_t> gold;      // multiple_choice: right choices (more than one: any counts)
  std::optional<std::string> refused;  // why the chat template does not take it; there are no contexts then
};

// The number of examples that a task's items get.
int fewshot_count(const task::Task& task, const task::Settings& settings);

// What a task's file says of its texts, ready to be applied to rows.
struct PromptFields {
  task::DocTexts texts;
  task::DocTexts fewshot_texts;
  task::Field description;
  task::Field gen_prefix;
  task::Field fewshot_gen_prefix;

  // bad_input for a template that does not compile.
  static base::Result<PromptFields> make(const task::Task& task);
};

class Prompter {
 public:
  // Reads the data and draws every item's examples; the task must outlive it. bad_input when the data is
  // unusable or has too few rows for the examples.
  static base::Result<Prompter> make(const task::Task& task, const task::Settings& settings);

  const task::Task& task() const { return *task_; }
  std::size_t docs() const { return rows_.docs.size(); }
  // Where the row stands, for messages: "FILE, line 3".
  const std::string& place(std::int64_t doc_id) const {
    return rows_.places[static_cast<std::size_t>(doc_id)];
  }
  // The rows to evaluate, ascending (task/subset.hpp). The strata are the classes of the right answers,
  // where the task has choices and a row has one right answer; else all rows are one stratum.
  std::vector<std::int64_t> selected() const;
  // The subset's rows in the order in which stages take them.
  std::vector<std::int64_t> order() const;
  // bad_input, naming task and item, when a template fails or the gold answer is not one of the choices.
  base::Result<Prompt> prompt(std::int64_t doc_id, const prompt::ChatTemplate* chat = nullptr) const;

 private:
  struct Turn {
    prompt::Message message;
    std::string delimiter;  // behind it, where turns are joined to plain text
  };
  using Turns = std::vector<Turn>;

  Prompter(const task::Task& task, const task::Settings& settings, PromptFields fields);

  void look_at_rows();
  base::Status draw_examples();
  bool leaves_item_out() const;
  std::vector<std::size_t> first_rows(const base::Json& doc, std::size_t shots) const;
  std::vector<std::size_t> sampled_rows(const base::Json& doc, std::size_t shots,
                                        stats::PythonRandom& random) const;
  tl::unexpected<base::Error> too_few_rows(std::size_t shots) const;
  base::Result<Prompt> build(std::int64_t doc_id, const prompt::ChatTemplate* chat) const;
  std::vector<task::Stratum> strata() const;
  task::Stratum stratum(std::size_t doc) const;
  static Turns in_one_turn(Turns turns);
  base::Result<Turns> opening(const Prompt& prompt) const;
  static base::Result<std::string> prefix_of(const task::Field& field, const base::Json& row);
  base::Result<Turns> example(std::size_t number) const;
  base::Result<Context> written_context(Turns turns, const prompt::ChatTemplate* chat, Prompt& prompt) const;
  base::Status add_question(const base::Json& text, const std::string& begun, const Turns& opening,
                            const prompt::ChatTemplate* chat, Prompt& prompt) const;
  base::Status add_answers(const base::Json& text, bool chat, Prompt& prompt) const;

  const task::Task* task_;
  task::Settings settings_;
  PromptFields fields_;
  task::TaskRows rows_;
  bool options_are_contexts_ = false;               // as the first row has it
  bool several_answers_ = false;                    // as the first row has it
  std::vector<std::vector<std::size_t>> examples_;  // by doc: rows of rows_.fewshot
};

}  // namespace bantam::evaluate
