#pragma once
// Words as nltk 3.10's word_tokenize(text, preserve_line=True) splits them: Penn Treebank conventions, no
// splitting into sentences, so that a full stop comes off only at the very end.

#include <string>
#include <string_view>
#include <vector>

namespace bantam::score {

std::vector<std::string> nltk_words(std::string_view text);

}  // namespace bantam::score
