#pragma once
// Where text goes: results to stdout, progress and errors to stderr; and what the terminal at hand can show.

#include <cstddef>
#include <string_view>

#include "base/result.hpp"

namespace bantam::cli {

struct Terminal {
  bool is_tty = false;        // and not TERM=dumb
  bool colour = false;        // is_tty, and NO_COLOR is not set
  std::size_t columns = 100;  // of the terminal; 100 when there is none
};

Terminal stdout_terminal();
Terminal stderr_terminal();

// Writes to stdout; storage when it is closed or full.
base::Status print(std::string_view text);
// Writes one line to stderr, control characters made visible.
void note(std::string_view text);
// "bantam: error: MESSAGE" and, where there is one, the remedy on a second line. Returns the exit code.
int report_error(const base::Error& error);

}  // namespace bantam::cli
