#pragma once
// What a model can do: accuracy, text, and what a precision has lost. Rows of the catalogue
// (record/catalogue.hpp) and nothing else. Columns: name, title, unit, direction, format, group, definition,
// absent_when. The order is that of every table and of docs/metrics.md.

#include <array>

#include "metric/catalogue.hpp"

namespace bantam::metric::rows {

using enum Direction;
using enum MetricFormat;

constexpr auto kAccuracy = MetricGroup::accuracy;
constexpr auto kGeneration = MetricGroup::generation;
constexpr auto kFidelity = MetricGroup::fidelity;
constexpr auto kSimilarity = MetricGroup::similarity;

inline constexpr auto kQualityMetrics = std::to_array<Metric>({
    {"acc", "acc", "", higher_is_better, ratio, kAccuracy,
     "Share of items where the choice with the greatest summed log-likelihood is the right one; ties go to "
     "the first. Of a group: over all items of its tasks (micro average) unless the task says otherwise.",
     ""},
    {"acc_micro", "acc, micro", "", higher_is_better, ratio, kAccuracy,
     "acc of a group over all its items, with a standard error clustered by task: the tasks count as a "
     "sample "
     "of what could be asked.",
     "not a group of several tasks"},
    {"acc_macro", "acc, macro", "", higher_is_better, ratio, kAccuracy,
     "Mean of the acc of a group's tasks, each counting the same; its standard error comes from the items of "
     "each task.",
     "not a group of several tasks"},
    {"acc_norm", "acc_norm", "", higher_is_better, ratio, kAccuracy,
     "As acc, with each choice's log-likelihood divided by the choice's length in Unicode code points.",
     "the task's answers are not choices"},
    {"acc_norm_micro", "acc_norm, micro", "", higher_is_better, ratio, kAccuracy,
     "As acc_micro, of acc_norm.", "not a group of several tasks"},
    {"acc_norm_macro", "acc_norm, macro", "", higher_is_better, ratio, kAccuracy,
     "As acc_macro, of acc_norm.", "not a group of several tasks"},
    {"acc_bytes", "acc_bytes", "", higher_is_better, ratio, kAccuracy,
     "As acc, with each choice's log-likelihood divided by the choice's length in UTF-8 bytes.",
     "the task's answers are not choices"},
    {"acc_mutual_info", "acc_mutual_info", "", higher_is_better, ratio, kAccuracy,
     "As acc, with the log-likelihood of the choice without the question taken off.",
     "the task does not ask for it"},
    {"brier_score", "Brier", "", lower_is_better, number, kAccuracy,
     "Mean over items of the squared distance between the probabilities of the choices (softmax of their "
     "log-likelihoods) and the right answer as a one-hot vector.",
     "the task does not ask for it"},
    {"f1", "F1", "", higher_is_better, number, kAccuracy,
     "Harmonic mean of precision and recall: of the predicted labels for classification (0 to 1), of "
     "shared words for extractive answers (SQuAD); 0 to 1.",
     "the task does not ask for it"},
    {"mcc", "MCC", "", higher_is_better, ratio, kAccuracy,
     "Matthews correlation coefficient of predicted and right labels, -1 to 1; 0 is chance.",
     "the task does not ask for it"},
    {"exact_match", "exact_match", "", higher_is_better, ratio, kAccuracy,
     "Share of items whose filtered answer equals the target, after the task's own normalization. The part "
     "after a comma names the filter, e.g. strict-match.",
     "the task does not ask for it"},
    {"macro_f1", "Macro F1", "", higher_is_better, ratio, kAccuracy,
     "Plain mean over the classes of each class's F1; classes that are right or predicted somewhere.",
     "the task does not ask for it"},
    {"micro_f1", "Micro F1", "", higher_is_better, ratio, kAccuracy,
     "F1 of the counts summed over the classes.", "the task does not ask for it"},
    {"weighted_f1", "Weighted F1", "", higher_is_better, ratio, kAccuracy,
     "Mean over the classes of each class's F1, weighted by how often the class is right.",
     "the task does not ask for it"},
    {"entity_f1", "Entity F1", "", higher_is_better, ratio, kAccuracy,
     "F1 of named entities over all items: a predicted entity counts when its first and last word and its "
     "kind are right (seqeval's default rule, micro average).",
     "no item has or predicts an entity"},
    {"likelihood", "Likelihood", "", higher_is_better, ratio, kAccuracy,
     "Mean over items of the right answer's share of probability among the choices.",
     "the task does not ask for it"},
    {"em", "EM", "", higher_is_better, ratio, kAccuracy,
     "Share of answers that equal a reference after SQuAD's (DROP: its own) normalization; CoQA: mean over "
     "references left out in turn.",
     "the task does not ask for it"},
    {"exact", "Exact", "", higher_is_better, ratio, kAccuracy,
     "SQuAD 2.0: share of answers that equal a reference after normalization, or rightly decline. "
     "HasAns_ and NoAns_: of the questions with and without an answer.",
     "the task does not ask for it"},
    {"HasAns_exact", "Exact, answerable", "", higher_is_better, ratio, kAccuracy,
     "SQuAD 2.0: as exact, over the questions that have an answer alone.", "the task does not ask for it"},
    {"NoAns_exact", "Exact, unanswerable", "", higher_is_better, ratio, kAccuracy,
     "SQuAD 2.0: as exact, over the questions that have no answer alone.", "the task does not ask for it"},
    {"HasAns_f1", "F1, answerable", "", higher_is_better, ratio, kAccuracy,
     "SQuAD 2.0: as f1, over the questions that have an answer alone.", "the task does not ask for it"},
    {"NoAns_f1", "F1, unanswerable", "", higher_is_better, ratio, kAccuracy,
     "SQuAD 2.0: as f1, over the questions that have no answer alone.", "the task does not ask for it"},
    {"bleu_max", "BLEU right", "", higher_is_better, number, kAccuracy,
     "TruthfulQA: mean over items of sacrebleu's sentence BLEU (0 to 100) between the answer and the right "
     "reference it is most like.",
     "the task does not ask for it"},
    {"bleu_acc", "BLEU nearer", "", higher_is_better, ratio, kAccuracy,
     "TruthfulQA: share of items whose answer is more like a right reference than like any wrong one, by "
     "bleu_max.",
     "the task does not ask for it"},
    {"bleu_diff", "BLEU lead", "", higher_is_better, number, kAccuracy,
     "TruthfulQA: mean over items of bleu_max less the same for wrong references.",
     "the task does not ask for it"},
    {"rouge1_max", "ROUGE-1 right", "", higher_is_better, number, kAccuracy,
     "TruthfulQA: mean over items of the F1 of ROUGE-1 (0 to 100) between the answer and the right reference "
     "it is most like.",
     "the task does not ask for it"},
    {"rouge1_acc", "ROUGE-1 nearer", "", higher_is_better, ratio, kAccuracy,
     "TruthfulQA: share of items whose answer is more like a right reference than like any wrong one, by "
     "rouge1_max.",
     "the task does not ask for it"},
    {"rouge1_diff", "ROUGE-1 lead", "", higher_is_better, number, kAccuracy,
     "TruthfulQA: mean over items of rouge1_max less the same for wrong references.",
     "the task does not ask for it"},
    {"rouge2_max", "ROUGE-2 right", "", higher_is_better, number, kAccuracy,
     "TruthfulQA: mean over items of the F1 of ROUGE-2 (0 to 100) between the answer and the right reference "
     "it is most like.",
     "the task does not ask for it"},
    {"rouge2_acc", "ROUGE-2 nearer", "", higher_is_better, ratio, kAccuracy,
     "TruthfulQA: share of items whose answer is more like a right reference than like any wrong one, by "
     "rouge2_max.",
     "the task does not ask for it"},
    {"rouge2_diff", "ROUGE-2 lead", "", higher_is_better, number, kAccuracy,
     "TruthfulQA: mean over items of rouge2_max less the same for wrong references.",
     "the task does not ask for it"},
    {"rougeL_max", "ROUGE-L right", "", higher_is_better, number, kAccuracy,
     "TruthfulQA: mean over items of the F1 of ROUGE-Lsum (0 to 100) between the answer and the right "
     "reference it is most like.",
     "the task does not ask for it"},
    {"rougeL_acc", "ROUGE-L nearer", "", higher_is_better, ratio, kAccuracy,
     "TruthfulQA: share of items whose answer is more like a right reference than like any wrong one, by "
     "rougeL_max.",
     "the task does not ask for it"},
    {"rougeL_diff", "ROUGE-L lead", "", higher_is_better, number, kAccuracy,
     "TruthfulQA: mean over items of rougeL_max less the same for wrong references.",
     "the task does not ask for it"},
    {"prompt_level_strict_acc", "Prompt strict", "", higher_is_better, ratio, kAccuracy,
     "IFEval: share of answers that follow all their instructions. Answers with an instruction that cannot "
     "be checked here are left out.",
     "the task does not ask for it"},
    {"inst_level_strict_acc", "Instruction strict", "", higher_is_better, ratio, kAccuracy,
     "IFEval: share of checkable instructions that are followed.", "the task does not ask for it"},
    {"prompt_level_loose_acc", "Prompt loose", "", higher_is_better, ratio, kAccuracy,
     "As prompt_level_strict_acc; an instruction also counts as followed without the answer's first line, "
     "last line or asterisks.",
     "the task does not ask for it"},
    {"inst_level_loose_acc", "Instruction loose", "", higher_is_better, ratio, kAccuracy,
     "As inst_level_strict_acc, with the loose rule.", "the task does not ask for it"},
    {"rouge1", "ROUGE-1", "", higher_is_better, ratio, kAccuracy,
     "Mean over items of the F1 of shared words (rouge_score); with several references the best.",
     "the task does not ask for it"},
    {"rouge2", "ROUGE-2", "", higher_is_better, ratio, kAccuracy, "As rouge1, of shared pairs of words.",
     "the task does not ask for it"},
    {"rougeL", "ROUGE-L", "", higher_is_better, ratio, kAccuracy,
     "As rouge1, of the longest common subsequence of words.", "the task does not ask for it"},
    {"rougeLsum", "ROUGE-Lsum", "", higher_is_better, ratio, kAccuracy,
     "As rougeL, line by line, each line's subsequences united.", "the task does not ask for it"},
    {"bleu", "BLEU", "", higher_is_better, number, kAccuracy,
     "Corpus BLEU of all answers (sacrebleu: 13a tokens, exponential smoothing), 0 to 100.",
     "the task does not ask for it"},
    {"chrf", "chrF", "", higher_is_better, number, kAccuracy,
     "Corpus chrF of all answers (sacrebleu: characters 1 to 6, beta 2), 0 to 100.",
     "the task does not ask for it"},
    {"chrf++", "chrF++", "", higher_is_better, number, kAccuracy, "As chrf, with words and pairs of words.",
     "the task does not ask for it"},
    {"ter", "TER", "", lower_is_better, number, kAccuracy,
     "Translation edit rate of all answers (sacrebleu): edits and shifts / words of the reference, in "
     "percent; may exceed 100.",
     "the task does not ask for it"},
    {"meteor", "METEOR", "", higher_is_better, ratio, kAccuracy,
     "Mean over items of METEOR (nltk): aligned words, stems and WordNet synonyms, with a penalty for "
     "broken order.",
     "the task does not ask for it"},
    {"meteor_exact_stem", "METEOR (no synonyms)", "", higher_is_better, ratio, kAccuracy,
     "As meteor, with words and stems only.", "WordNet is installed"},
    {"bertscore_precision", "BERTScore P", "", higher_is_better, ratio, kAccuracy,
     "Mean over items of the cosine of each token of the answer with the nearest token of the reference, in "
     "the token vectors of one layer of an encoder (bert_score, not rescaled). The record names model, layer "
     "and weights of tokens.",
     "no embedding model is named"},
    {"bertscore_recall", "BERTScore R", "", higher_is_better, ratio, kAccuracy,
     "As bertscore_precision, of each token of the reference with the nearest token of the answer.",
     "no embedding model is named"},
    {"bertscore_f1", "BERTScore F1", "", higher_is_better, ratio, kAccuracy,
     "Mean over items of the harmonic mean of the item's BERTScore precision and recall.",
     "no embedding model is named"},
    {"embedding_cosine", "Embedding cosine", "", higher_is_better, ratio, kAccuracy,
     "Mean over items of the cosine of the sentence embeddings of answer and reference. The record names the "
     "model.",
     "no embedding model is named"},
    {"exact_match_micro", "exact_match, micro", "", higher_is_better, ratio, kAccuracy,
     "As acc_micro, of exact_match.", "not a group of several tasks"},
    {"exact_match_macro", "exact_match, macro", "", higher_is_better, ratio, kAccuracy,
     "As acc_macro, of exact_match.", "not a group of several tasks"},
    {"perplexity", "Perplexity", "", lower_is_better, number, kAccuracy,
     "exp(-mean log-likelihood) of the targets, one value per item.", "the task does not ask for it"},
    {"word_perplexity", "Word perplexity", "", lower_is_better, number, kAccuracy,
     "exp(-sum of log-likelihoods / number of white-space separated words) over all documents.",
     "the task does not ask for it"},
    {"byte_perplexity", "Byte perplexity", "", lower_is_better, number, kAccuracy,
     "exp(-sum of log-likelihoods / number of UTF-8 bytes) over all documents.",
     "the task does not ask for it"},
    {"bits_per_byte", "Bits/byte", "bit", lower_is_better, number, kAccuracy,
     "-sum of log-likelihoods / (number of UTF-8 bytes * ln 2) over all documents.",
     "the task does not ask for it"},

    {"truncated", "Truncated", "items", lower_is_better, count, kGeneration,
     "Items whose prompt was longer than the context and lost its start.", "the task does not generate"},
    {"answer_truncated", "At limit", "items", lower_is_better, count, kGeneration,
     "Items whose answer ended at the limit of new tokens.", "the task does not generate"},
    {"incomplete", "Incomplete", "items", lower_is_better, count, kGeneration,
     "Items whose answer ended inside its block of thought; neither right nor wrong, and not in the scores.",
     "the task does not generate"},
    {"empty", "Empty", "items", lower_is_better, count, kGeneration, "Items whose answer has no text.",
     "the task does not generate"},
    {"unparsed", "Unparsed", "items", lower_is_better, count, kGeneration,
     "Items in whose answer the task's filter found nothing to score; counted apart from wrong answers.",
     "the task does not generate"},
    {"encoder_truncated", "Cut to compare", "items", lower_is_better, count, kGeneration,
     "Items whose answer or reference was longer than the embedding model takes and was compared without its "
     "end.",
     "no embedding model is named, or no metric needs one"},

    {"chunk_perplexity", "Perplexity", "", lower_is_better, precise, kFidelity,
     "exp(mean of -ln q(token)) over the scored positions, as llama-perplexity counts: the text cut into "
     "chunks, the second half of each scored. Its stderr is over positions, its interval over chunks. Not "
     "comparable with a task's perplexity.",
     ""},
    {"perplexity_ratio", "Ratio", "", lower_is_better, fine_ratio, kFidelity,
     "chunk_perplexity / that of the base precision, on the same positions; interval from the chunks' "
     "differences of mean log-likelihood.",
     "this is the base precision"},
    {"kld_mean", "Mean KLD", "nat", lower_is_better, precise, kFidelity,
     "Kullback-Leibler divergence of the next-token distribution from the base's: sum of p ln(p / q) over "
     "the vocabulary, p the base's, q this precision's; mean over positions, interval over chunks.",
     "this is the base precision"},
    {"kld_p50", "KLD p50", "nat", lower_is_better, number, kFidelity,
     "The 50th percentile of the positions' divergences.", "this is the base precision"},
    {"kld_p90", "KLD p90", "nat", lower_is_better, number, kFidelity,
     "The 90th percentile of the positions' divergences.", "this is the base precision"},
    {"kld_p99", "KLD p99", "nat", lower_is_better, number, kFidelity,
     "The 99th percentile of the positions' divergences.", "this is the base precision"},
    {"kld_max", "KLD max", "nat", lower_is_better, number, kFidelity,
     "The largest of the positions' divergences.", "this is the base precision"},
    {"top_token_agreement", "Same top", "", higher_is_better, percent, kFidelity,
     "Share of positions where the most probable next token is the base's.", "this is the base precision"},
    {"p_change_rms", "RMS Δp", "", lower_is_better, number, kFidelity,
     "Root mean square over positions of q(token) - p(token), the change in probability of the text's own "
     "next token.",
     "this is the base precision"},

    {"similarity_cosine", "Cosine", "", higher_is_better, ratio, kSimilarity,
     "Cosine of the sentence embeddings of this precision's greedy answer and of the base precision's, mean "
     "over prompts. The embedding model is named in the record.",
     "no embedding model is named, or this is the base precision"},
    {"similarity_cosine_min", "Lowest cosine", "", higher_is_better, ratio, kSimilarity,
     "The lowest of the prompts' cosines.", "no embedding model is named, or this is the base precision"},
    {"similarity_equal_answers", "Equal answers", "", higher_is_better, percent, kSimilarity,
     "Share of prompts whose answer has the same tokens as the base precision's.",
     "this is the base precision"},
    {"similarity_equal_tokens", "Equal tokens", "tok", higher_is_better, number, kSimilarity,
     "Tokens before the first difference from the base precision's answer, mean over prompts.",
     "this is the base precision"},
    {"answer_tokens_per_s", "Answers", "tok/s", higher_is_better, tokens_per_s, kSimilarity,
     "decode_tokens_per_s of the answers that are compared, median over prompts: beside the similarity for "
     "orientation; the performance cell measures speed.",
     "no answer has 2 tokens"},
    {"answer_latency_s", "Latency", "s", lower_is_better, seconds, kSimilarity,
     "e2e_latency_s of the answers that are compared, median over prompts.", "no token came out"},
    {"answer_memory_bytes", "Private peak", "B", lower_is_better, bytes, kSimilarity,
     "private_peak_bytes of the worker while this precision answered.", "the system does not report RssAnon"},
});

}  // namespace bantam::metric::rows
