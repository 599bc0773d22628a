#pragma once
// Translation edit rate as sacrebleu 2.6.0 computes it (Snover et al. 2006; greedy shifts and beam as in
// Tercom), for one sentence or a corpus.

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "score/text_stats.hpp"

namespace bantam::score {

struct TerOptions {
  bool normalized = false;      // Tercom's tokenization: punctuation split off, XML entities resolved
  bool no_punctuation = false;  // . , ? : ; ! " ( ) removed
  bool asian = false;           // with the two above: CJK characters apart, full-width punctuation too
  bool case_sensitive = false;
};

// Fewest edits to any reference; mean length of the references in words.
TextStats ter_stats(std::string_view prediction, std::span<const std::string_view> references,
                    const TerOptions& options);

struct TerScore {
  double score =
      0.0;  // 100 * edits / reference_length; may exceed 100; 100 when only the references are empty
  double edits = 0.0;
  double reference_length = 0.0;
};

// From one item's statistics or a sum. All 0 for empty statistics.
TerScore ter_score(std::span<const double> stats);

// sacrebleu's signature and line ("TER|nrefs:1|... = 64.78"). `references`: per item; absent when items
// differ.
std::string ter_signature(const TerOptions& options, std::optional<int> references, bool brief = false);
std::string ter_line(double score, const TerOptions& options, std::optional<int> references);

}  // namespace bantam::score
