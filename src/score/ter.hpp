#pragma once
// Translation edit rate as sacrebleu 2.6.0 computes it (Snover et al. 2006; greedy shifts and beam as in
// Tercom), for one sentence or a corpus. And its edit distances between word sequences: the exact one, 64
// cells of the table at a time (Myers 1999, in blocks as in Hyyro 2003), and Tercom's, which looks only at a
// beam of cells around the diagonal and remembers how it got there. All costs are 1.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "score/ngrams.hpp"

namespace bantam::score {

// A reference prepared for the exact distance, row by row: a row stands for one more word of the hypothesis.
class EditRows {
 public:
  struct Row {
    std::vector<std::uint64_t> up, down;  // bit j: the distance grows, falls from reference word j to j + 1
    std::int64_t last = 0;                // distance to the whole reference
  };

  // Ids lie below `id_count`.
  EditRows(Ids reference, std::uint32_t id_count);

  Row first() const;
  // One more word.
  void step(Row& row, std::uint32_t word) const;

 private:
  std::size_t length_ = 0;
  std::size_t blocks_ = 0;
  std::vector<std::uint32_t> mask_of_;  // by id: which of masks_; 0: not in the reference
  std::vector<std::uint64_t> masks_;    // where a word stands in the reference
};

// How a hypothesis becomes the reference with the fewest edits.
struct Alignment {
  std::int64_t distance = 0;
  std::vector<std::int64_t> place;             // by reference word: hypothesis word at or before it; -1: none
  std::vector<std::int64_t> reference_errors;  // [i]: words before i that have no equal partner
  std::vector<std::int64_t> hypothesis_errors;  // likewise
};

// The beam for hypotheses of one length: sacrebleu's, 25 words to each side of the diagonal, wider where the
// lengths differ so much that two rows would not meet.
class Beam {
 public:
  Beam(std::size_t hypothesis_length, std::size_t reference_length);

  // Cells begin(i) .. end(i) - 1 of row i are looked at; i from 1.
  std::size_t begin(std::size_t i) const;
  std::size_t end(std::size_t i) const;
  // Fewest edits of any way that leaves the beam: an exact distance below it is the beam's distance too.
  std::int64_t cheapest_escape() const { return cheapest_escape_; }

 private:
  std::size_t diagonal(std::size_t i) const;

  std::size_t rows_, columns_;
  double ratio_ = 1.0;
  std::size_t width_ = 0;
  std::int64_t cheapest_escape_ = 0;
};

std::int64_t beam_distance(Ids hypothesis, Ids reference, const Beam& beam);
// Among equally short ways: equal words or substitution first, then deletion, then insertion, from the end.
Alignment beam_alignment(Ids hypothesis, Ids reference, const Beam& beam);

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

}  // namespace bantam::score
