#pragma once
// Where text goes: results to stdout, progress and errors to stderr; and what the terminal at hand can show.

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "table/render.hpp"

namespace bantam::cli {

struct Terminal {
  bool is_tty = false;        // and not TERM=dumb
  bool colour = false;        // is_tty, and NO_COLOR is not set
  std::size_t columns = 100;  // of the terminal; without one COLUMNS, else 100
};

Terminal stdout_terminal();
Terminal stderr_terminal();
// How a page is shown on stdout.
table::TerminalStyle page_style();

// Writes to stdout, hidden marks made visible (in JSON as escapes) and known secrets masked; storage when it
// is closed or full. A reader that has left is no error.
base::Status print(std::string_view text);
// On lines of at most `columns`, broken between words; later ones are indented. 0 columns: no limit.
std::string wrapped(const std::string& text, std::size_t columns, std::size_t indent = 4);
// Writes one line to stderr, made printable (base/text.hpp); on a terminal broken at its width.
void note(std::string_view text);

}  // namespace bantam::cli
