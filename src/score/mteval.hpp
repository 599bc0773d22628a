#pragma once
// Steps of tokenization that BLEU (mteval-v13a, mteval-v14) and TER (Tercom) share or resemble, as sacrebleu
// 2.6.0 runs them. Each takes a line and gives one with blanks put in where words end; nothing here splits.

#include <string>
#include <string_view>

namespace bantam::score {

// &quot; &amp; &lt; &gt; in this order, so that "&amp;lt;" becomes "<".
std::string resolve_entities(std::string text);
// Blanks around ASCII punctuation other than ' , - .
std::string pad_punctuation(std::string_view text);
// Full stops and commas apart from what is not a digit, dashes apart from a digit before them.
std::string split_at_numbers(std::string text);

// The whole lines of BLEU's tokenizers "13a" and "intl".
std::string mteval_13a(std::string_view line);
std::string mteval_international(std::string_view line);

}  // namespace bantam::score
