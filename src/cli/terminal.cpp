#include "cli/terminal.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <optional>

#include "base/files.hpp"
#include "base/secrets.hpp"
#include "base/text.hpp"

namespace bantam::cli {
namespace {

bool is_set(const char* name) {
  const char* value = std::getenv(name);
  return value && *value;
}

// COLUMNS, as the user or the shell exports it; absent where it is no whole number above 0.
std::optional<std::size_t> columns_asked_for() {
  constexpr std::int64_t kMost = 100000;
  const char* text = std::getenv("COLUMNS");
  const auto columns = text == nullptr ? std::nullopt : base::parse_integer(text);
  if (!columns || *columns < 1 || *columns > kMost) return std::nullopt;
  return static_cast<std::size_t>(*columns);
}

Terminal terminal_behind(int descriptor) {
  Terminal terminal;
  const char* type = std::getenv("TERM");
  terminal.is_tty = ::isatty(descriptor) == 1 && type && std::string_view(type) != "dumb";
  terminal.colour = terminal.is_tty && !is_set("NO_COLOR");
  winsize size{};
  if (terminal.is_tty && ::ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
    terminal.columns = size.ws_col;
  } else if (const auto columns = columns_asked_for()) {
    terminal.columns = *columns;
  }
  return terminal;
}

// The last look at a result: pages have nothing left that acts or hides, JSON has the text as it is.
std::string fit_to_be_seen(std::string_view raw) {
  const std::string text = base::mask_known_secrets(raw);
  const bool is_json = text.starts_with('{') || text.starts_with('[');
  return is_json ? base::escape_hidden_marks(text) : base::show_hidden_marks(text);
}

}  // namespace

Terminal stdout_terminal() {
  return terminal_behind(STDOUT_FILENO);
}

Terminal stderr_terminal() {
  return terminal_behind(STDERR_FILENO);
}

table::TerminalStyle page_style() {
  const Terminal terminal = stdout_terminal();
  return {terminal.columns, terminal.colour};
}

base::Status print(std::string_view raw) {
  const std::string text = fit_to_be_seen(raw);
  const bool written =
      std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0;
  // A reader that has left, like `head`, got what it wanted.
  if (written || errno == EPIPE) return {};
  return base::fail(base::ErrorKind::storage,
                    fmt::format("cannot write to stdout: {}", base::errno_text(errno)));
}

std::string wrapped(const std::string& text, std::size_t columns, std::size_t indent) {
  std::string out;
  std::size_t used = 0;
  bool is_first = true;
  for (const std::string& word : base::split(text, ' ')) {
    const std::size_t width = base::display_width(word);
    const bool has_words = out.find_first_not_of(' ') != std::string::npos;
    if (columns > 0 && has_words && used + 1 + width > columns) {
      out.erase(out.find_last_not_of(' ') + 1);
      out += "\n" + std::string(indent, ' ');
      used = indent;
    } else if (!is_first) {
      out += ' ';
      ++used;
    }
    is_first = false;
    out += word;
    used += width;
  }
  return out;
}

void note(std::string_view text) {
  const Terminal terminal = stderr_terminal();
  const std::size_t columns = terminal.is_tty ? terminal.columns - 1 : 0;  // a full line may break again
  for (const std::string& line : base::split(wrapped(std::string(text), columns), '\n')) {
    const std::string shown = base::printable(line) + "\n";
    std::fwrite(shown.data(), 1, shown.size(), stderr);
  }
}

}  // namespace bantam::cli
