// How much of a written answer is in its references: shared words, pairs, characters, edits.

#include <fmt/format.h>

#include <memory>

#include "metric/metric_objects.hpp"
#include "score/bleu.hpp"
#include "score/chrf.hpp"
#include "score/meteor.hpp"
#include "score/python_truth.hpp"
#include "score/rouge.hpp"
#include "score/ter.hpp"
#include "score/wer.hpp"
#include "score/wordnet.hpp"

namespace bantam::metric {
namespace {

using base::Json;
using References = std::span<const std::string_view>;
using std::optional;

constinit const MetricOption kStemmer{"use_stemmer", MetricOption::Kind::flag};
constexpr const MetricOption* kRougeOptions[] = {&kStemmer};

using RougeKind = decltype(score::RougeScores::rouge1) score::RougeScores::*;

template <RougeKind kKind>
base::Result<AnswerJudge> rouge(const Json& entry) {
  const score::RougeOptions options{score::python_truth(base::child_at(entry, kStemmer.key))};
  return [options](const std::string& answer, References references) {
    return AnswerValue{(score::rouge_best(answer, references, options).*kKind).f1, nullptr};
  };
}

// Of the sum of the items' statistics; no score where no item drawn has any.
template <typename Score>
ScoreOf of_summed(const ItemList& items, const std::string& key, Score score) {
  std::vector<score::TextStats> of_items;
  for (const record::Item* item : items) {
    score::TextStats& own = of_items.emplace_back();
    for (const Json& count : item_statistics(*item, key)) {
      if (count.is_number()) own.push_back(count.get<double>());
    }
  }
  return [of_items = std::move(of_items), score](std::span<const std::size_t> positions) -> optional<double> {
    score::TextStats total;
    for (const std::size_t position : positions) {
      if (!of_items[position].empty()) score::add_stats(total, of_items[position]);
    }
    if (total.empty()) return std::nullopt;
    return score(total);
  };
}

std::vector<MetricOption::Fault> tokenizer_faults(const Json& value) {
  const auto tokenizer = value.get<std::string>();
  if (score::bleu_tokenizer_named(tokenizer)) return {};
  return {{"", fmt::format("tokenize '{}' is not supported", tokenizer), "use 13a, intl, char or none"}};
}

constinit const MetricOption kTokenize{"tokenize", MetricOption::Kind::text, tokenizer_faults};
constinit const MetricOption kLowercase{"lowercase", MetricOption::Kind::flag};
constexpr const MetricOption* kBleuOptions[] = {&kTokenize, &kLowercase};

base::Result<AnswerJudge> sentence_bleu(const Json& entry) {
  score::BleuOptions options;
  const auto tokenizer = score::bleu_tokenizer_named(base::string_at(entry, kTokenize.key).value_or("13a"));
  if (tokenizer) options.tokenizer = *tokenizer;
  options.lower_case = score::python_truth(base::child_at(entry, kLowercase.key));
  return [options](const std::string& answer, References references) {
    const score::TextStats stats = score::bleu_stats(answer, references, options);
    score::BleuOptions alone = options;
    alone.effective_order = true;
    return AnswerValue{score::bleu_score(stats, alone).score, stats};
  };
}

ScoreOf corpus_bleu(const ItemList& items, const std::string& key) {
  return of_summed(items, key, [](const auto& total) { return score::bleu_score(total, {}).score; });
}

score::ChrfOptions chrf_options(int word_order) {
  score::ChrfOptions options;
  options.word_order = word_order;
  return options;
}

template <int kWordOrder>
base::Result<AnswerJudge> sentence_chrf(const Json& /*entry*/) {
  return [](const std::string& answer, References references) {
    const score::ChrfOptions options = chrf_options(kWordOrder);
    const score::TextStats stats = score::chrf_stats(answer, references, options);
    return AnswerValue{score::chrf_score(stats, options), stats};
  };
}

template <int kWordOrder>
ScoreOf corpus_chrf(const ItemList& items, const std::string& key) {
  return of_summed(items, key,
                   [](const auto& total) { return score::chrf_score(total, chrf_options(kWordOrder)); });
}

base::Result<AnswerJudge> sentence_ter(const Json& /*entry*/) {
  return [](const std::string& answer, References references) {
    const score::TextStats stats = score::ter_stats(answer, references, {});
    return AnswerValue{score::ter_score(stats).score, stats};
  };
}

ScoreOf corpus_ter(const ItemList& items, const std::string& key) {
  return of_summed(items, key, [](const auto& total) { return score::ter_score(total).score; });
}

// With several references the one that is nearest.
base::Result<AnswerJudge> edited_words(const Json& /*entry*/) {
  return [](const std::string& answer, References references) {
    AnswerValue least{std::nullopt, nullptr};
    for (const std::string_view reference : references) {
      const auto rate = score::word_error_rate(answer, reference);
      if (rate && (!least.value || *rate < *least.value)) least.value = rate;
    }
    return least;
  };
}

base::Result<AnswerJudge> with_synonyms(const Json& /*entry*/) {
  std::shared_ptr<const score::WordNet> wordnet;
  if (const auto folder = score::WordNet::installed_folder()) {
    TRY_ASSIGN(score::WordNet loaded, score::WordNet::load(*folder));
    wordnet = std::make_shared<const score::WordNet>(std::move(loaded));
  }
  return [wordnet](const std::string& answer, References references) {
    return AnswerValue{score::meteor_best(answer, references, wordnet.get()), nullptr};
  };
}

base::Result<AnswerJudge> without_synonyms(const Json& /*entry*/) {
  return [](const std::string& answer, References references) {
    return AnswerValue{score::meteor_best(answer, references, nullptr), nullptr};
  };
}

// Items are scored one by one, so that there is nothing to concatenate.
constinit const MetricOption kConcatenate{.key = "concatenate_texts",
                                          .without_effect = "each item is scored alone"};
constexpr const MetricOption* kWerOptions[] = {&kConcatenate};

using enum Aggregation::Kind;
constinit const Aggregation kBleu{"bleu", resampled_shortly, corpus_bleu};
constinit const Aggregation kChrf{"chrf", resampled_shortly, corpus_chrf<0>};
constinit const Aggregation kChrfPlusPlus{"chrf++", resampled_shortly, corpus_chrf<2>};
constinit const Aggregation kTer{"ter", resampled_shortly, corpus_ter};
constexpr const Aggregation* kBleuOnly[] = {&kBleu};
constexpr const Aggregation* kChrfOnly[] = {&kChrf};
constexpr const Aggregation* kChrfPlusPlusOnly[] = {&kChrfPlusPlus};
constexpr const Aggregation* kTerOnly[] = {&kTer};

}  // namespace

constinit const TaskMetric rouge1{
    .row = {"rouge1", "ROUGE-1", "", higher_is_better, ratio, kAccuracy,
            "Mean over items of the F1 of shared words (rouge_score); with several references the best.",
            "the task does not ask for it"},
    .of_answer = OfAnswer{.value = rouge<&score::RougeScores::rouge1>,
                          .aggregations = aggregations::kMeans,
                          .options = kRougeOptions},
    .range = Range{}};
constinit const TaskMetric rouge2{
    .row = {"rouge2", "ROUGE-2", "", higher_is_better, ratio, kAccuracy,
            "As rouge1, of shared pairs of words.", "the task does not ask for it"},
    .of_answer = OfAnswer{.value = rouge<&score::RougeScores::rouge2>,
                          .aggregations = aggregations::kMeans,
                          .options = kRougeOptions},
    .range = Range{}};
constinit const TaskMetric rouge_l{
    .row = {"rougeL", "ROUGE-L", "", higher_is_better, ratio, kAccuracy,
            "As rouge1, of the longest common subsequence of words.", "the task does not ask for it"},
    .of_answer = OfAnswer{.value = rouge<&score::RougeScores::rouge_l>,
                          .aggregations = aggregations::kMeans,
                          .options = kRougeOptions},
    .range = Range{}};
constinit const TaskMetric rouge_lsum{
    .row = {"rougeLsum", "ROUGE-Lsum", "", higher_is_better, ratio, kAccuracy,
            "As rougeL, line by line, each line's subsequences united.", "the task does not ask for it"},
    .of_answer = OfAnswer{.value = rouge<&score::RougeScores::rouge_lsum>,
                          .aggregations = aggregations::kMeans,
                          .options = kRougeOptions},
    .range = Range{}};

constinit const TaskMetric bleu{
    .row = {"bleu", "BLEU", "", higher_is_better, number, kAccuracy,
            "Corpus BLEU of all answers (sacrebleu: 13a tokens, exponential smoothing), 0 to 100.",
            "the task does not ask for it"},
    .of_answer = OfAnswer{.value = sentence_bleu,
                          .aggregations = kBleuOnly,
                          .options = kBleuOptions,
                          .logged_as = LoggedAs::target_and_answer}};
constinit const TaskMetric chrf{
    .row = {"chrf", "chrF", "", higher_is_better, number, kAccuracy,
            "Corpus chrF of all answers (sacrebleu: characters 1 to 6, beta 2), 0 to 100.",
            "the task does not ask for it"},
    .of_answer = OfAnswer{
        .value = sentence_chrf<0>, .aggregations = kChrfOnly, .logged_as = LoggedAs::target_and_answer}};
constinit const TaskMetric chrf_plus_plus{
    .row = {"chrf++", "chrF++", "", higher_is_better, number, kAccuracy,
            "As chrf, with words and pairs of words.", "the task does not ask for it"},
    .of_answer = OfAnswer{.value = sentence_chrf<2>, .aggregations = kChrfPlusPlusOnly}};
constinit const TaskMetric ter{
    .row = {"ter", "TER", "", lower_is_better, number, kAccuracy,
            "Translation edit rate of all answers (sacrebleu): edits and shifts / words of the reference, in "
            "percent; may exceed 100.",
            "the task does not ask for it"},
    .of_answer =
        OfAnswer{.value = sentence_ter, .aggregations = kTerOnly, .logged_as = LoggedAs::target_and_answer}};

constinit const TaskMetric wer{
    .row = {"wer", "WER", "", lower_is_better, ratio, kAccuracy,
            "Mean over items of the word error rate (jiwer): edits / words of the reference; may exceed 1.",
            "the task does not ask for it, or no reference has words"},
    .of_answer =
        OfAnswer{.value = edited_words, .aggregations = aggregations::kMeans, .options = kWerOptions}};

constinit const TaskMetric meteor{
    .row = {"meteor", "METEOR", "", higher_is_better, ratio, kAccuracy,
            "Mean over items of METEOR (nltk): aligned words, stems and WordNet synonyms, with a penalty for "
            "broken order.",
            "the task does not ask for it"},
    .of_answer = OfAnswer{.value = with_synonyms, .aggregations = aggregations::kMeans},
    .without_wordnet = &meteor_exact_stem,
    .range = Range{}};
constinit const TaskMetric meteor_exact_stem{
    .row = {"meteor_exact_stem", "METEOR (no synonyms)", "", higher_is_better, ratio, kAccuracy,
            "As meteor, with words and stems only.", "WordNet is installed"},
    .of_answer = OfAnswer{.value = without_synonyms, .aggregations = aggregations::kMeans},
    .range = Range{}};

}  // namespace bantam::metric
