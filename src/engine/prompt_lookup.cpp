#include "engine/prompt_lookup.hpp"

#include <algorithm>

namespace bantam::engine {
namespace {

// Where what follows the latest earlier copy of the last `length` tokens begins; absent: there is none.
std::optional<std::size_t> place_behind(std::span<const Token> text, std::size_t length) {
  if (text.size() <= length) return std::nullopt;
  const auto newest = text.last(length);
  for (std::size_t end = text.size() - 1; end >= length; --end) {
    if (std::ranges::equal(text.subspan(end - length, length), newest)) return end;
  }
  return std::nullopt;
}

}  // namespace

base::Status PromptLookup::propose(std::span<const Token> text, std::size_t most, std::vector<Token>& draft) {
  for (std::size_t length = kLongest; length >= kShortest; --length) {
    const auto place = place_behind(text, length);
    if (!place) continue;
    for (std::size_t i = *place; draft.size() < most; ++i)
      draft.push_back(i < text.size() ? text[i] : draft[i - text.size()]);
    return {};
  }
  return {};
}

}  // namespace bantam::engine
