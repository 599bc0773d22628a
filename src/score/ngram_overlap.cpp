#include "score/ngram_overlap.hpp"

#include <algorithm>
#include <cstddef>

namespace bantam::score {
namespace {

// An n-gram that may still match: where it starts, and its number among those of its order.
struct Gram {
  std::uint32_t start = 0;
  std::uint32_t id = 0;
};

// Numbers for pairs (n-gram of the order below, next symbol), open addressing. Filled anew for each order.
class PairIds {
 public:
  void clear(std::size_t expected) {
    std::size_t slots = 64;
    while (slots < 2 * expected) slots *= 2;
    slots_.assign(slots, Slot{});
    shift_ = 64 - static_cast<unsigned>(__builtin_ctzll(slots));
    size_ = 0;
  }

  std::uint32_t insert(std::uint64_t key) {
    Slot& slot = find_slot(key);
    if (slot.id == kNone) slot = {key, size_++};
    return slot.id;
  }

  // kNone when the pair is not there.
  std::uint32_t find(std::uint64_t key) { return find_slot(key).id; }
  std::uint32_t size() const { return size_; }

  static constexpr std::uint32_t kNone = 0xffffffff;

 private:
  struct Slot {
    std::uint64_t key = 0;
    std::uint32_t id = kNone;
  };

  Slot& find_slot(std::uint64_t key) {
    std::size_t at = (key * 0x9e3779b97f4a7c15u) >> shift_;
    while (slots_[at].id != kNone && slots_[at].key != key) at = (at + 1) & (slots_.size() - 1);
    return slots_[at];
  }

  std::vector<Slot> slots_;
  unsigned shift_ = 58;
  std::uint32_t size_ = 0;
};

std::vector<Gram> single_symbols(Ids text) {
  std::vector<Gram> grams(text.size());
  for (std::uint32_t i = 0; i < grams.size(); ++i) grams[i] = {i, text[i]};
  return grams;
}

std::uint64_t pair_key(const Gram& gram, Ids text, int order) {
  return std::uint64_t{gram.id} << 32 | text[gram.start + static_cast<std::size_t>(order) - 1];
}

bool has_next(const Gram& gram, Ids text, int order) {
  return gram.start + static_cast<std::size_t>(order) <= text.size();
}

// One order of n-grams at a time. An n-gram can only match where the shorter one that it starts with matches,
// so that each order looks at fewer places than the last.
class Overlap {
 public:
  Overlap(Ids hypothesis, std::span<const Ids> references, std::uint32_t id_count)
      : hypothesis_(hypothesis), references_(references), grams_(single_symbols(hypothesis)) {
    for (const Ids reference : references) reference_grams_.push_back(single_symbols(reference));
    distinct_ = id_count;
  }

  std::int64_t count_and_prune() {
    counts_.assign(distinct_, 0);
    for (const Gram& gram : grams_) ++counts_[gram.id];
    most_.assign(distinct_, 0);
    for (std::vector<Gram>& grams : reference_grams_) {
      std::erase_if(grams, [&](const Gram& gram) { return counts_[gram.id] == 0; });
      in_reference_.assign(distinct_, 0);
      for (const Gram& gram : grams) {
        const std::uint32_t seen = ++in_reference_[gram.id];
        most_[gram.id] = std::max(most_[gram.id], seen);
      }
    }
    std::erase_if(grams_, [&](const Gram& gram) { return most_[gram.id] == 0; });
    std::int64_t shared = 0;
    for (std::uint32_t id = 0; id < distinct_; ++id) shared += std::min(counts_[id], most_[id]);
    return shared;
  }

  void extend_to(int order) {
    pairs_.clear(grams_.size());
    extend(grams_, hypothesis_, order, [&](std::uint64_t key) { return pairs_.insert(key); });
    for (std::size_t i = 0; i < references_.size(); ++i) {
      extend(reference_grams_[i], references_[i], order, [&](std::uint64_t key) { return pairs_.find(key); });
    }
    distinct_ = pairs_.size();
  }

 private:
  template <typename Number>
  static void extend(std::vector<Gram>& grams, Ids text, int order, Number number) {
    std::size_t kept = 0;
    for (const Gram& gram : grams) {
      if (!has_next(gram, text, order)) continue;
      const std::uint32_t id = number(pair_key(gram, text, order));
      if (id != PairIds::kNone) grams[kept++] = {gram.start, id};
    }
    grams.resize(kept);
  }

  Ids hypothesis_;
  std::span<const Ids> references_;
  std::vector<Gram> grams_;
  std::vector<std::vector<Gram>> reference_grams_;
  std::uint32_t distinct_ = 0;
  std::vector<std::uint32_t> counts_, most_, in_reference_;
  PairIds pairs_;
};

}  // namespace

std::vector<std::int64_t> shared_ngrams(Ids hypothesis, std::span<const Ids> references, int max_order,
                                        std::uint32_t id_count) {
  std::vector<std::int64_t> shared(static_cast<std::size_t>(std::max(max_order, 0)), 0);
  Overlap overlap(hypothesis, references, id_count);
  for (int order = 1; order <= max_order; ++order) {
    if (order > 1) overlap.extend_to(order);
    const std::int64_t count = overlap.count_and_prune();
    if (count == 0) break;
    shared[static_cast<std::size_t>(order) - 1] = count;
  }
  return shared;
}

}  // namespace bantam::score
