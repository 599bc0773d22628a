#include "cli/consent.hpp"

#include <unistd.h>

#include <iostream>

#include "base/text.hpp"
#include "cli/terminal.hpp"

namespace bantam::cli {

base::Status ask_to_install(bool yes, const std::string& missing, const std::string& hint) {
  using base::ErrorKind;
  if (yes) return {};
  if (::isatty(STDIN_FILENO) != 1) return base::fail(ErrorKind::environment, missing, hint);
  note("Install? [y/N]");
  std::string answer;
  std::getline(std::cin, answer);
  const std::string lower = base::ascii_lower(base::trim(answer));
  if (lower == "y" || lower == "yes") return {};
  return base::fail(ErrorKind::environment, "nothing was installed", hint);
}

}  // namespace bantam::cli
