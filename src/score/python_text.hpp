#pragma once
// Text operations with the meaning that Python gives them, under the name that scores use.

#include "text/python_text.hpp"

namespace bantam::score {

using text::capitalize;
using text::count_split_pieces;
using text::ends_with_space;
using text::is_ascii_digits;
using text::is_space;
using text::lower;
using text::next_code_point;
using text::split_words;
using text::starts_with_space;
using text::strip;
using text::strip_end;
using text::upper;
using text::without_digits;
using text::without_punctuation;

}  // namespace bantam::score
