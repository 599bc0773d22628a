#pragma once
// What BLEU, chrF, TER and ROUGE share: words as integers, the n-grams that two sequences of them have in
// common, and counts that are summed over items. Pure; knows nothing of any metric.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace bantam::score {

// What one item adds to a corpus metric: a few counts that are summed over items before the score is taken
// from the sum. The layout belongs to the metric. Doubles, so that they can be stored as they are; all but
// TER's mean reference lengths are whole.
using TextStats = std::vector<double>;

// Element by element. An empty total takes the item's size; else both must have the same size.
void add_stats(TextStats& total, std::span<const double> item);

// Numbers for words, in the order in which they are first seen, so that metrics compare integers. Holds
// views: the texts must outlive it.
class WordIds {
 public:
  std::uint32_t id(std::string_view word);
  std::optional<std::uint32_t> find(std::string_view word) const;
  std::string_view word(std::uint32_t id) const { return words_[id]; }
  // Ids are 0 .. size() - 1.
  std::uint32_t size() const { return static_cast<std::uint32_t>(words_.size()); }
  void reserve(std::size_t words);

 private:
  void rehash(std::size_t slots);
  // The slot of `word`, or the free one where it belongs.
  std::size_t find_slot(std::string_view word, std::uint64_t hash) const;

  std::vector<std::string_view> words_;
  std::vector<std::uint64_t> hashes_;  // by id
  std::vector<std::uint32_t> slots_;   // id + 1; 0: free. A power of two in number, at most half in use
};

// str.split() as views.
std::vector<std::string_view> word_views(std::string_view utf8);

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
