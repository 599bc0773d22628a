#pragma once
// How many n-grams two sequences share, for all orders up to a limit: the core of ROUGE-N, BLEU and chrF.
// Knows only integers.

#include <cstdint>
#include <span>
#include <vector>

namespace bantam::score {

using Ids = std::span<const std::uint32_t>;

// Element n - 1: the n-grams of `hypothesis` that occur in a reference, each counted at most as often as in
// the reference that has it most often (multiset intersection with the maximum over references). Ids lie
// below `id_count`; memory grows with it.
std::vector<std::int64_t> shared_ngrams(Ids hypothesis, std::span<const Ids> references, int max_order,
                                        std::uint32_t id_count);

// Number of n-grams of a sequence.
constexpr std::int64_t ngram_count(std::size_t length, int order) {
  const auto n = static_cast<std::int64_t>(length) - order + 1;
  return n > 0 ? n : 0;
}

}  // namespace bantam::score
