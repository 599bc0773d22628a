#pragma once
// Numbers for words, in the order in which they are first seen, so that metrics compare integers. Holds
// views: the texts must outlive it. Also the splitting of a text into words as views.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace bantam::score {

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
  std::size_t slot_of(std::string_view word, std::uint64_t hash) const;

  std::vector<std::string_view> words_;
  std::vector<std::uint64_t> hashes_;  // by id
  std::vector<std::uint32_t> slots_;   // id + 1; 0: free. A power of two in number, at most half in use
};

// str.split() as views.
std::vector<std::string_view> word_views(std::string_view utf8);

}  // namespace bantam::score
