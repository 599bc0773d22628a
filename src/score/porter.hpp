#pragma once
// Porter's stemmer with the extensions of nltk 3.10 (its default mode): a list of irregular forms, words of
// one or two letters unchanged, -ies after one letter, y only after a consonant, -logi, -fulli, -alli.

#include <string>
#include <string_view>

namespace bantam::score {

// `word` is in lower case already (Python's str.lower); letters outside ASCII count as consonants.
std::string porter_stem(std::string_view word);

}  // namespace bantam::score
