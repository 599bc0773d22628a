#pragma once
// Words as nltk 3.10's word_tokenize(text, preserve_line=True) splits them: Penn Treebank conventions, no
// splitting into sentences, so that a full stop comes off only at the very end.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace bantam::score {

std::vector<std::string> nltk_words(std::string_view text);

// Counting sentences and looking at letter case, on UTF-8, with Unicode's rules. Knows nothing of scores.

// Sentences of an English text by Unicode's sentence boundaries (UAX 29, with CLDR's list of abbreviations).
// Line ends count as spaces, so that only punctuation ends a sentence. A text without a letter or digit has
// none.
std::int64_t count_sentences(std::string_view text);

// str.isupper(), str.islower(): at least one cased character, and none of the other case.
bool is_upper(std::string_view text);
bool is_lower(std::string_view text);

}  // namespace bantam::score
