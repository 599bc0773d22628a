#pragma once
// Small text operations on UTF-8. Knows nothing of locales.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bantam::base {

// ASCII white space at both ends removed.
std::string_view trim(std::string_view text);
// Pieces between separators; empty pieces are kept. "" gives one empty piece.
std::vector<std::string> split(std::string_view text, char separator);
// A list as users type it: items between commas or white space, empty items dropped.
std::vector<std::string> split_list(std::string_view text);
std::string join(const std::vector<std::string>& parts, std::string_view separator);
std::string ascii_lower(std::string_view text);
std::string replace_all(std::string text, std::string_view from, std::string_view to);

// Number of Unicode code points; an invalid byte counts as one.
std::size_t code_points(std::string_view utf8);
// Columns on a terminal: East Asian wide characters take two, combining marks none.
std::size_t display_width(std::string_view utf8);
// Cuts to at most `columns`, the last one an ellipsis when something was cut.
std::string ellipsize(std::string_view utf8, std::size_t columns);
// Any text as it may be shown: nothing in it acts on a terminal, hides or reorders other text, or is a secret
// (base/secrets.hpp). ASCII control characters become \xNN, hidden marks \u{202e}, invalid UTF-8 U+FFFD.
std::string printable(std::string_view text);
// Whether the text has a mark that is not seen itself: control and format characters (bidirectional controls,
// joiners, tags), line and paragraph separators, and whatever else Unicode has displays ignore. ASCII is not
// looked at.
bool has_hidden_marks(std::string_view text);
// Only hidden marks made visible, for a text that is laid out already.
std::string show_hidden_marks(std::string_view text);
// The same for JSON, where the value stays what it is: \u202e.
std::string escape_hidden_marks(std::string_view json);

// Whole-string conversions, independent of the locale; absent when anything is left over.
std::optional<std::int64_t> parse_integer(std::string_view text);
std::optional<double> parse_number(std::string_view text);

// The closest of `known` to `word` (edit distance at most 3, and less than half of its length); absent if
// none.
std::optional<std::string> closest(std::string_view word, const std::vector<std::string>& known);

// A file-name-safe form of a user's name: letters, digits, '.', '_', '-' stay, the rest becomes '_'.
// Never empty, never starts with '.' or '-'; of more than 160 bytes the end is a hash.
std::string file_name_from(std::string_view name);

}  // namespace bantam::base
