// Metrics that single benchmarks give by code of their own (task/benchmarks/): rows of the catalogue.

#include "metric/metric_objects.hpp"

namespace bantam::metric {
namespace {

constexpr Range kPercent{0.0, 100.0};
constexpr Range kPercentApart{-100.0, 100.0};

}  // namespace

constinit const TaskMetric em{.row = {"em", "EM", "", higher_is_better, ratio, kAccuracy,
                                      "Share of answers that equal a reference after SQuAD's (DROP: its own) "
                                      "normalization; CoQA: mean over "
                                      "references left out in turn.",
                                      "the task does not ask for it"},
                              .right_or_wrong = true,
                              .range = Range{}};
constinit const TaskMetric exact{
    .row = {"exact", "Exact", "", higher_is_better, ratio, kAccuracy,
            "SQuAD 2.0: share of answers that equal a reference after normalization, or rightly decline. "
            "HasAns_ and NoAns_: of the questions with and without an answer.",
            "the task does not ask for it"},
    .right_or_wrong = true,
    .range = Range{}};
constinit const TaskMetric has_answer_exact{
    .row = {"HasAns_exact", "Exact, answerable", "", higher_is_better, ratio, kAccuracy,
            "SQuAD 2.0: as exact, over the questions that have an answer alone.",
            "the task does not ask for it"},
    .right_or_wrong = true,
    .range = Range{}};
constinit const TaskMetric no_answer_exact{
    .row = {"NoAns_exact", "Exact, unanswerable", "", higher_is_better, ratio, kAccuracy,
            "SQuAD 2.0: as exact, over the questions that have no answer alone.",
            "the task does not ask for it"},
    .right_or_wrong = true,
    .range = Range{}};
constinit const TaskMetric has_answer_f1{
    .row = {"HasAns_f1", "F1, answerable", "", higher_is_better, ratio, kAccuracy,
            "SQuAD 2.0: as f1, over the questions that have an answer alone.",
            "the task does not ask for it"},
    .range = Range{}};
constinit const TaskMetric no_answer_f1{
    .row = {"NoAns_f1", "F1, unanswerable", "", higher_is_better, ratio, kAccuracy,
            "SQuAD 2.0: as f1, over the questions that have no answer alone.",
            "the task does not ask for it"},
    .range = Range{}};
constinit const TaskMetric bleu_max{.row = {"bleu_max", "BLEU right", "", higher_is_better, number, kAccuracy,
                                            "TruthfulQA: mean over items of sacrebleu's sentence BLEU (0 to "
                                            "100) between the answer and the right "
                                            "reference it is most like.",
                                            "the task does not ask for it"},
                                    .range = kPercent};
constinit const TaskMetric bleu_acc{
    .row =
        {"bleu_acc", "BLEU nearer", "", higher_is_better, ratio, kAccuracy,
         "TruthfulQA: share of items whose answer is more like a right reference than like any wrong one, by "
         "bleu_max.",
         "the task does not ask for it"},
    .right_or_wrong = true,
    .range = Range{}};
constinit const TaskMetric bleu_diff{
    .row = {"bleu_diff", "BLEU lead", "", higher_is_better, number, kAccuracy,
            "TruthfulQA: mean over items of bleu_max less the same for wrong references.",
            "the task does not ask for it"},
    .range = kPercentApart};
constinit const TaskMetric rouge1_max{
    .row = {"rouge1_max", "ROUGE-1 right", "", higher_is_better, number, kAccuracy,
            "TruthfulQA: mean over items of the F1 of ROUGE-1 (0 to 100) "
            "between the answer and the right reference "
            "it is most like.",
            "the task does not ask for it"},
    .range = kPercent};
constinit const TaskMetric rouge1_acc{
    .row =
        {"rouge1_acc", "ROUGE-1 nearer", "", higher_is_better, ratio, kAccuracy,
         "TruthfulQA: share of items whose answer is more like a right reference than like any wrong one, by "
         "rouge1_max.",
         "the task does not ask for it"},
    .right_or_wrong = true,
    .range = Range{}};
constinit const TaskMetric rouge1_diff{
    .row = {"rouge1_diff", "ROUGE-1 lead", "", higher_is_better, number, kAccuracy,
            "TruthfulQA: mean over items of rouge1_max less the same for wrong references.",
            "the task does not ask for it"},
    .range = kPercentApart};
constinit const TaskMetric rouge2_max{
    .row = {"rouge2_max", "ROUGE-2 right", "", higher_is_better, number, kAccuracy,
            "TruthfulQA: mean over items of the F1 of ROUGE-2 (0 to 100) "
            "between the answer and the right reference "
            "it is most like.",
            "the task does not ask for it"},
    .range = kPercent};
constinit const TaskMetric rouge2_acc{
    .row =
        {"rouge2_acc", "ROUGE-2 nearer", "", higher_is_better, ratio, kAccuracy,
         "TruthfulQA: share of items whose answer is more like a right reference than like any wrong one, by "
         "rouge2_max.",
         "the task does not ask for it"},
    .right_or_wrong = true,
    .range = Range{}};
constinit const TaskMetric rouge2_diff{
    .row = {"rouge2_diff", "ROUGE-2 lead", "", higher_is_better, number, kAccuracy,
            "TruthfulQA: mean over items of rouge2_max less the same for wrong references.",
            "the task does not ask for it"},
    .range = kPercentApart};
constinit const TaskMetric rouge_l_max{
    .row = {"rougeL_max", "ROUGE-L right", "", higher_is_better, number, kAccuracy,
            "TruthfulQA: mean over items of the F1 of ROUGE-Lsum (0 to 100) between the answer and the right "
            "reference it is most like.",
            "the task does not ask for it"},
    .range = kPercent};
constinit const TaskMetric rouge_l_acc{
    .row =
        {"rougeL_acc", "ROUGE-L nearer", "", higher_is_better, ratio, kAccuracy,
         "TruthfulQA: share of items whose answer is more like a right reference than like any wrong one, by "
         "rougeL_max.",
         "the task does not ask for it"},
    .right_or_wrong = true,
    .range = Range{}};
constinit const TaskMetric rouge_l_diff{
    .row = {"rougeL_diff", "ROUGE-L lead", "", higher_is_better, number, kAccuracy,
            "TruthfulQA: mean over items of rougeL_max less the same for wrong references.",
            "the task does not ask for it"},
    .range = kPercentApart};
constinit const TaskMetric prompt_level_strict_acc{
    .row = {"prompt_level_strict_acc", "Prompt strict", "", higher_is_better, ratio, kAccuracy,
            "IFEval: share of answers that follow all their instructions. Answers with an instruction that "
            "cannot "
            "be checked here are left out.",
            "the task does not ask for it"},
    .right_or_wrong = true,
    .range = Range{}};
constinit const TaskMetric inst_level_strict_acc{
    .row = {"inst_level_strict_acc", "Instruction strict", "", higher_is_better, ratio, kAccuracy,
            "IFEval: share of checkable instructions that are followed.", "the task does not ask for it"},
    .range = Range{}};
constinit const TaskMetric prompt_level_loose_acc{
    .row = {"prompt_level_loose_acc", "Prompt loose", "", higher_is_better, ratio, kAccuracy,
            "As prompt_level_strict_acc; an instruction also counts as followed without the answer's first "
            "line, "
            "last line or asterisks.",
            "the task does not ask for it"},
    .right_or_wrong = true,
    .range = Range{}};
constinit const TaskMetric inst_level_loose_acc{
    .row = {"inst_level_loose_acc", "Instruction loose", "", higher_is_better, ratio, kAccuracy,
            "As inst_level_strict_acc, with the loose rule.", "the task does not ask for it"},
    .range = Range{}};

}  // namespace bantam::metric
