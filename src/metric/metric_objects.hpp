#pragma once
// Every metric of tasks by its own name, for those who name one: the list, and the benchmarks that give it.

#include "metric/columns.hpp"
#include "metric/task_metric.hpp"

namespace bantam::metric {

extern const TaskMetric acc, acc_micro, acc_macro, acc_norm, acc_norm_micro, acc_norm_macro, acc_bytes,
    acc_bytes_micro, acc_bytes_macro, acc_mutual_info, acc_mutual_info_micro, acc_mutual_info_macro,
    brier_score, f1, mcc, exact_match, macro_f1, micro_f1, weighted_f1, entity_f1, likelihood, em, exact,
    accuracy, has_answer_exact, no_answer_exact, has_answer_f1, no_answer_f1, bleu_max, bleu_acc, bleu_diff,
    rouge1_max, rouge1_acc, rouge1_diff, rouge2_max, rouge2_acc, rouge2_diff, rouge_l_max, rouge_l_acc,
    rouge_l_diff, prompt_level_strict_acc, inst_level_strict_acc, prompt_level_loose_acc,
    inst_level_loose_acc, rouge1, rouge2, rouge_l, rouge_lsum, bleu, chrf, chrf_plus_plus, ter, wer, meteor,
    meteor_exact_stem, bertscore, bertscore_precision, bertscore_recall, bertscore_f1, embedding_cosine,
    exact_match_micro, exact_match_macro, perplexity, word_perplexity, byte_perplexity, bits_per_byte, bypass;

}  // namespace bantam::metric
