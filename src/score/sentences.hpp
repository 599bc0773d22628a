#pragma once
// Counting sentences and looking at letter case, on UTF-8, with Unicode's rules. Knows nothing of scores.

#include <cstdint>
#include <string_view>

namespace bantam::score {

// Sentences of an English text by Unicode's sentence boundaries (UAX 29, with CLDR's list of abbreviations).
// Line ends count as spaces, so that only punctuation ends a sentence. A text without a letter or digit has
// none.
std::int64_t count_sentences(std::string_view text);

// str.isupper(), str.islower(): at least one cased character, and none of the other case.
bool is_upper(std::string_view text);
bool is_lower(std::string_view text);

}  // namespace bantam::score
