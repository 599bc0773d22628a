#include "score/ngrams.hpp"

#include <algorithm>
#include <cstddef>
#include <cstring>

#include "score/python_text.hpp"

namespace bantam::score {

void add_stats(TextStats& total, std::span<const double> item) {
  if (total.empty()) total.assign(item.size(), 0.0);
  const std::size_t n = std::min(total.size(), item.size());
  for (std::size_t i = 0; i < n; ++i) total[i] += item[i];
}

namespace {

// Multiply and fold, eight bytes at a time; the keys come from texts, not from an adversary with a budget.
std::uint64_t word_hash(std::string_view word) {
  constexpr std::uint64_t kOdd = 0x9e3779b97f4a7c15u;
  std::uint64_t hash = word.size() * kOdd;
  std::uint64_t chunk = 0;
  while (word.size() >= sizeof chunk) {
    std::memcpy(&chunk, word.data(), sizeof chunk);
    hash = (hash ^ chunk) * kOdd;
    hash ^= hash >> 32;
    word.remove_prefix(sizeof chunk);
  }
  chunk = 0;
  std::memcpy(&chunk, word.data(), word.size());
  hash = (hash ^ chunk) * kOdd;
  return hash ^ (hash >> 32);
}

bool is_ascii_space(unsigned char c) {
  return c == ' ' || (c >= 0x09 && c <= 0x0d) || (c >= 0x1c && c <= 0x1f);
}

}  // namespace

std::size_t WordIds::find_slot(std::string_view word, std::uint64_t hash) const {
  const std::size_t mask = slots_.size() - 1;
  std::size_t slot = hash & mask;
  while (slots_[slot] != 0) {
    const std::uint32_t id = slots_[slot] - 1;
    if (hashes_[id] == hash && words_[id] == word) break;
    slot = (slot + 1) & mask;
  }
  return slot;
}

void WordIds::rehash(std::size_t slots) {
  slots_.assign(slots, 0);
  for (std::uint32_t id = 0; id < size(); ++id) slots_[find_slot(words_[id], hashes_[id])] = id + 1;
}

void WordIds::reserve(std::size_t words) {
  std::size_t slots = 64;
  while (slots < 2 * words) slots *= 2;
  words_.reserve(words);
  hashes_.reserve(words);
  if (slots > slots_.size()) rehash(slots);
}

std::uint32_t WordIds::id(std::string_view word) {
  if (2 * (words_.size() + 1) > slots_.size()) rehash(slots_.empty() ? 64 : 2 * slots_.size());
  const std::uint64_t hash = word_hash(word);
  const std::size_t slot = find_slot(word, hash);
  if (slots_[slot] == 0) {
    words_.push_back(word);
    hashes_.push_back(hash);
    slots_[slot] = size();
  }
  return slots_[slot] - 1;
}

std::optional<std::uint32_t> WordIds::find(std::string_view word) const {
  if (words_.empty()) return std::nullopt;
  const std::uint32_t found = slots_[find_slot(word, word_hash(word))];
  if (found == 0) return std::nullopt;
  return found - 1;
}

std::vector<std::string_view> word_views(std::string_view utf8) {
  std::vector<std::string_view> words;
  words.reserve(utf8.size() / 6 + 1);
  std::size_t start = 0;
  for (std::size_t at = 0; at < utf8.size();) {
    const std::size_t here = at;
    const auto byte = static_cast<unsigned char>(utf8[at]);
    const bool space = byte < 0x80 ? is_ascii_space(byte) : is_space(next_code_point(utf8, at));
    if (byte < 0x80) ++at;
    if (!space) continue;
    if (here > start) words.push_back(utf8.substr(start, here - start));
    start = at;
  }
  if (start < utf8.size()) words.push_back(utf8.substr(start));
  return words;
}

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
