#include "score/word_ids.hpp"

#include <cstring>

#include "score/python_text.hpp"

namespace bantam::score {
namespace {

// Multiply and fold, eight bytes at a time; the keys come from texts, not from an adversary with a budget.
std::uint64_t hash_of(std::string_view word) {
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

std::size_t WordIds::slot_of(std::string_view word, std::uint64_t hash) const {
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
  for (std::uint32_t id = 0; id < size(); ++id) slots_[slot_of(words_[id], hashes_[id])] = id + 1;
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
  const std::uint64_t hash = hash_of(word);
  const std::size_t slot = slot_of(word, hash);
  if (slots_[slot] == 0) {
    words_.push_back(word);
    hashes_.push_back(hash);
    slots_[slot] = size();
  }
  return slots_[slot] - 1;
}

std::optional<std::uint32_t> WordIds::find(std::string_view word) const {
  if (words_.empty()) return std::nullopt;
  const std::uint32_t found = slots_[slot_of(word, hash_of(word))];
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

}  // namespace bantam::score
