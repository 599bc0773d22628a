#pragma once
// BLEU as sacrebleu 2.6.0 computes it (Papineni et al. 2002), for one sentence or a corpus: item statistics
// are summed, the score is taken from the sum. And the steps of tokenization that BLEU (mteval-v13a,
// mteval-v14) and TER (Tercom) share.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "score/ngrams.hpp"

namespace bantam::score {

// Each step takes a line and gives one with blanks put in where words end; none splits.

// &quot; &amp; &lt; &gt; in this order, so that "&amp;lt;" becomes "<".
std::string resolve_entities(std::string text);
// Blanks around ASCII punctuation other than ' , - .
std::string pad_punctuation(std::string_view text);
// Full stops and commas apart from what is not a digit, dashes apart from a digit before them.
std::string split_at_numbers(std::string text);

// The whole lines of BLEU's tokenizers "13a" and "intl".
std::string mteval_13a(std::string_view line);
std::string mteval_international(std::string_view line);

enum class BleuTokenizer { mteval_13a, international, characters, none };
enum class BleuSmoothing { exponential, floor, add_k, none };

struct BleuOptions {
  BleuTokenizer tokenizer = BleuTokenizer::mteval_13a;
  bool lower_case = false;
  BleuSmoothing smoothing = BleuSmoothing::exponential;
  std::optional<double> smoothing_value;  // absent: 0.1 for floor, 1 for add_k
  int max_order = 4;
  bool effective_order =
      false;  // leave out orders that the prediction is too short for: for single sentences
};

// "13a", "intl", "char", "none". Absent for other names.
std::optional<BleuTokenizer> bleu_tokenizer_named(std::string_view name);

// prediction length, closest reference length, matches of order 1.., n-grams of order 1..
TextStats bleu_stats(std::string_view prediction, std::span<const std::string_view> references,
                     const BleuOptions& options);

struct BleuScore {
  double score = 0.0;              // 0..100
  std::vector<double> counts;      // matched n-grams by order, add_k's constant included
  std::vector<double> totals;      // n-grams of the prediction by order, likewise
  std::vector<double> precisions;  // percent, smoothed
  double brevity_penalty = 1.0;
  double prediction_length = 0.0;  // words
  double reference_length = 0.0;
};

// `stats`: of one item, or a sum. All 0 for empty statistics.
BleuScore bleu_score(std::span<const double> stats, const BleuOptions& options);

}  // namespace bantam::score
