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

void note(std::string_view text) {
  const std::string line = base::printable(text) + "\n";
  std::fwrite(line.data(), 1, line.size(), stderr);
}

}  // namespace bantam::cli
