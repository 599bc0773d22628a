#pragma once
// Tags and entities that a model writes as text, in the two notations of lm-eval's filters `regex_pos` and
// `format_span`. Pure functions; know nothing of task files.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bantam::score {

// The tags of a list of Python pairs, "('Mia', 'NOUN'), ('runs', 'VERB')": "NOUN", "VERB". Pairs in other
// quotes are passed over, as there.
std::vector<std::string> tags_of_pairs(std::string_view text);

// "Person: Mia, Tom $$ Location: Oslo" as "per: mia $ per: tom $ loc: oslo": lower case, one label an entity,
// the labels per, loc, org and date also where the model used one of the words that stand for them; entities
// called "none" are left out. Absent when no label stands in the text.
std::optional<std::string> formatted_spans(std::string_view text);

}  // namespace bantam::score
