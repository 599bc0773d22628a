#pragma once
// What of a generated text counts as the answer: the block of thought taken off its start, the rest cut at
// the first stop string; what is wrong with it apart from being right or wrong; and what it is worth against
// its references. Knows nothing of filters or other items.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/engine.hpp"
#include "evaluate/prompts.hpp"
#include "metric/task_metric.hpp"
#include "task/task.hpp"

namespace bantam::evaluate {

// Around a block of thought at the start of a text.
struct ThinkTags {
  std::string open;   // empty: not known, only the prompt opens a block
  std::string close;  // not empty
};

// `setting`: "auto", "off", or the closing tag, as lm-eval's think_end_token. auto: <think> and </think>, or
// the like named [...] or <|...|>, where the chat template that is applied speaks of them; `chat_template` is
// empty when none is applied. Absent: no block is looked for.
std::optional<ThinkTags> think_tags(const std::string& setting, std::string_view chat_template);

// The chat template's own text at the end of the context has opened a block.
bool ends_in_thought(const Context& context, const ThinkTags& tags);

struct Answer {
  std::string text;
  bool empty = false;       // complete, but nothing but white space
  bool truncated = false;   // ended at the limit of new tokens
  bool incomplete = false;  // its block of thought never ended: there is no answer to judge
};

// As lm-eval: what follows the last closing tag, without white space before it, up to the first of `until`.
// `tags` may be null.
Answer cut_answer(const engine::Generation& generation, const std::vector<std::string>& until,
                  const ThinkTags* tags, bool in_thought);

// The seed of the draws of one answer: it follows from these alone, so that an item's answers do not depend
// on which items are asked with it. `repeat`: which of the item's answers, from 0.
std::uint64_t sampling_seed(std::uint64_t seed, const std::string& task, std::int64_t doc_id, int repeat);

// Texts of the reference answers, as lm-eval takes them: the choice behind an index; where the task's first
// row has a list, the members of the list (none when no text is among them) or the characters of a text; else
// the target as Python writes it, also a list. bad_input for what lm-eval cannot score.
base::Result<std::vector<std::string>> reference_answers(const Prompt& prompt);

// A task's metrics of one answer. A metric that cannot be told for it has neither value nor statistics.
class AnswerScorer {
 public:
  // The errors of the metrics' judges (metric/task_metric.hpp).
  static base::Result<AnswerScorer> make(const task::Task& task);

  // Without a reference the value is 0, as in lm-eval. bad_input for what lm-eval cannot score, and when a
  // column that a known function needs is missing.
  base::Result<metric::ItemScores> score(const Prompt& prompt, const std::string& answer) const;

 private:
  explicit AnswerScorer(const task::Task& task) : task_(&task) {}

  const task::Task* task_;
  std::map<const metric::TaskMetric*, metric::AnswerJudge> judges_;
};

}  // namespace bantam::evaluate
