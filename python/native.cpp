// The module bantam._native: scores of texts, for Python. Texts are UTF-8; scores are those of the room `score`.

#include <nanobind/nanobind.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/string_view.h>
#include <nanobind/stl/vector.h>

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "score/bleu.hpp"
#include "score/chrf.hpp"
#include "score/meteor.hpp"
#include "score/rouge.hpp"
#include "score/ter.hpp"
#include "score/text_match.hpp"
#include "score/wer.hpp"

namespace {

namespace nb = nanobind;
using bantam::score::TextStats;
using Texts = std::vector<std::string>;
using References = std::vector<Texts>;

// The summed statistics of a corpus.
template <class Stats>
TextStats corpus_stats(const Texts& predictions, const References& references, const Stats& stats) {
  if (predictions.size() != references.size())
    throw nb::value_error("there must be one list of references for each prediction");
  TextStats sum;
  for (std::size_t i = 0; i < predictions.size(); ++i) {
    const std::vector<std::string_view> views(references[i].begin(), references[i].end());
    if (views.empty()) throw nb::value_error("a prediction has no reference");
    const TextStats one = stats(predictions[i], std::span<const std::string_view>(views));
    if (sum.empty()) sum.resize(one.size(), 0.0);
    for (std::size_t at = 0; at < one.size(); ++at) sum[at] += one[at];
  }
  return sum;
}

double bleu(const Texts& predictions, const References& references, bool lower_case,
            const std::string& tokenize) {
  bantam::score::BleuOptions options;
  options.lower_case = lower_case;
  const auto tokenizer = bantam::score::bleu_tokenizer_named(tokenize);
  if (!tokenizer) throw nb::value_error("tokenize is one of 13a, intl, char, none");
  options.tokenizer = *tokenizer;
  const auto stats = [&](std::string_view prediction, std::span<const std::string_view> views) {
    return bantam::score::bleu_stats(prediction, views, options);
  };
  return bantam::score::bleu_score(corpus_stats(predictions, references, stats), options).score;
}

double chrf(const Texts& predictions, const References& references, int word_order) {
  if (word_order < 0 || word_order > 2) throw nb::value_error("word_order is 0, 1 or 2");
  bantam::score::ChrfOptions options;
  options.word_order = word_order;
  const auto stats = [&](std::string_view prediction, std::span<const std::string_view> views) {
    return bantam::score::chrf_stats(prediction, views, options);
  };
  return bantam::score::chrf_score(corpus_stats(predictions, references, stats), options);
}

double ter(const Texts& predictions, const References& references, bool case_sensitive) {
  bantam::score::TerOptions options;
  options.case_sensitive = case_sensitive;
  const auto stats = [&](std::string_view prediction, std::span<const std::string_view> views) {
    return bantam::score::ter_stats(prediction, views, options);
  };
  return bantam::score::ter_score(corpus_stats(predictions, references, stats)).score;
}

nb::dict rouge(std::string_view prediction, std::string_view reference, bool stem) {
  const auto scores = bantam::score::rouge(prediction, reference, {.stem = stem});
  nb::dict found;
  const auto put = [&](const char* name, const bantam::score::RougeScore& score) {
    nb::dict one;
    one["precision"] = score.precision;
    one["recall"] = score.recall;
    one["f1"] = score.f1;
    found[name] = one;
  };
  put("rouge1", scores.rouge1);
  put("rouge2", scores.rouge2);
  put("rougeL", scores.rouge_l);
  put("rougeLsum", scores.rouge_lsum);
  return found;
}

double meteor(std::string_view prediction, const Texts& references) {
  const std::vector<std::string_view> views(references.begin(), references.end());
  return bantam::score::meteor_best(prediction, views, nullptr);
}

bool exact_match(std::string_view answer, std::string_view reference, bool ignore_case,
                 bool ignore_punctuation, bool ignore_numbers) {
  bantam::score::ExactMatchOptions options;
  options.ignore_case = ignore_case;
  options.ignore_punctuation = ignore_punctuation;
  options.ignore_numbers = ignore_numbers;
  const auto found = bantam::score::exact_match(answer, reference, options);
  if (!found) throw nb::value_error(found.error().message.c_str());
  return *found;
}

}  // namespace

NB_MODULE(_native, module) {
  module.attr("__version__") = BANTAM_VERSION;
  module.def("bleu", &bleu, nb::arg("predictions"), nb::arg("references"), nb::arg("lower_case") = false,
             nb::arg("tokenize") = "13a",
             "Corpus BLEU, 0 to 100, as sacrebleu's. `references`: a list of texts for each prediction.");
  module.def("chrf", &chrf, nb::arg("predictions"), nb::arg("references"), nb::arg("word_order") = 0,
             "Corpus chrF, 0 to 100, as sacrebleu's; word_order=2 is chrF++.");
  module.def("ter", &ter, nb::arg("predictions"), nb::arg("references"), nb::arg("case_sensitive") = false,
             "Corpus translation edit rate in percent, as sacrebleu's; may exceed 100.");
  module.def("rouge", &rouge, nb::arg("prediction"), nb::arg("reference"), nb::arg("stem") = false,
             "ROUGE-1, -2, -L and -Lsum as rouge_score's: {name: {precision, recall, f1}}, each 0 to 1.");
  module.def("meteor", &meteor, nb::arg("prediction"), nb::arg("references"),
             "METEOR by equal words and stems, without WordNet, 0 to 1: the best of the references.");
  module.def("exact_match", &exact_match, nb::arg("answer"), nb::arg("reference"),
             nb::arg("ignore_case") = false, nb::arg("ignore_punctuation") = false,
             nb::arg("ignore_numbers") = false, "Whether both texts are equal, as lm-eval's exact_match.");
  module.def("squad_f1", &bantam::score::squad_f1, nb::arg("answer"), nb::arg("reference"),
             "F1 of the words of both texts, 0 to 1, as SQuAD v1.1's script.");
  module.def("word_error_rate", &bantam::score::word_error_rate, nb::arg("answer"), nb::arg("reference"),
             "Edits of words by words of the reference, as jiwer's; may exceed 1. None where the reference has no word.");
}
