#pragma once
// From what an engine gave for one prompt to the item that is stored: answers, scores, and all that lm-eval's
// sample logs hold. Knows nothing of batches.
//
// Content of an item:
//   all              doc_id, doc (the row), target, target_text (str() of a list), doc_hash, prompt_hash,
//                    target_hash, truncated (the start of the context was cut); where it is so,
//                    system_dropped, leaked (the row stands among its own examples) and failed (why nothing
//                    could be asked: then there are no metrics, and little else)
//   multiple_choice  context (or contexts), continuations, log_likelihoods, is_greedy, gold, predicted,
//                    context_tokens, continuation_tokens (counts); where a metric needs them,
//                    unconditional_log_likelihoods and unconditional_is_greedy; tokenized_apart (an answer
//                    whose tokens merge with the context's; else absent); unscored (why a known
//                    function gives no value)
//   loglikelihood    context, continuations, log_likelihoods, is_greedy, context_tokens, continuation_tokens,
//                    tokenized_apart
//   loglikelihood_rolling
//                    log_likelihood, words, bytes (both absent when the row lacks the text that is counted),
//                    tokens, windows (count)
//   generate_until   context, until, resps, filtered_resps and unparsed (by filter), gave_up (a filter's
//                    pattern ran out of time or memory; else absent), empty, answer_truncated, incomplete,
//                    finish, context_tokens, output_tokens, without_reference (no right answer is a text),
//                    statistics (by metric key: what adds up over items, see the metric's own file;
//                    "gave_up" where a pattern of it ran out of time or memory); only where a metric needs an
//                    encoder, references (texts), and once it has compared them encoder_truncated (a text was
//                    longer than the encoder takes). Of several answers (resps) all are empty or incomplete,
//                    one is answer_truncated, finish is "length" where one's is; output_tokens is the sum
//   with code         where code of the task gives values (code_scores.hpp): code_values (by metric key what
//   is
//                    no number, in the protocol's form), code_filtered (by filter, what code leaves of resps)
// Counts of tokens are absent where the engine has none; those of generate_until then are the engine's own
// words, and absent where it does not tell.
// Metrics hold the item's own values: perplexities of this item alone, 0 or 1 for accuracies.

#include <span>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "engine/engine.hpp"
#include "evaluate/answers.hpp"
#include "evaluate/prompts.hpp"
#include "evaluate/tokens.hpp"
#include "record/record.hpp"
#include "score/filters.hpp"
#include "task/task.hpp"

namespace bantam::evaluate {

class ItemScorer {
 public:
  // `counts_tokens`: items tell how many tokens their texts have.
  static base::Result<ItemScorer> make(const task::Task& task, bool counts_tokens = true);

  // Of a prompt that could not be asked.
  record::Item failed(const Prompt& prompt, const std::string& reason) const;

  // For a multiple_choice or loglikelihood prompt: one pair and score per request, in the order of the
  // prompt's continuations, then again for the unconditional ones.
  record::Item from_scores(const Prompt& prompt, std::span<const EncodedPair> pairs,
                           std::span<const engine::Score> scores) const;

  record::Item from_windows(const Prompt& prompt, std::span<const engine::ScoreRequest> windows,
                            std::span<const engine::Score> scores) const;

  // As many generations as answers, at least one: the task's repeats. bad_input when the prompt's reference
  // answers are not there.
  base::Result<record::Item> from_generations(const Prompt& prompt, const EncodedPrompt& encoded,
                                              std::span<const engine::Generation> generations,
                                              std::span<const Answer> answers) const;

 private:
  ItemScorer(const task::Task& task, AnswerScorer answers) : task_(&task), answers_(std::move(answers)) {}

  record::Item new_item(const Prompt& prompt, bool truncated) const;
  void add_choice_metrics(const Prompt& prompt, std::span<const engine::Score> scores,
                          record::Item& item) const;

  const task::Task* task_;
  bool counts_tokens_ = true;
  std::vector<score::FilterPipeline> pipelines_;  // one per filter of the task
  AnswerScorer answers_;
};

}  // namespace bantam::evaluate
