#pragma once
// What a command line that cannot be parsed is answered with: what is unknown, and what was meant.

#include <string>
#include <vector>

#include "base/result.hpp"

namespace CLI {
class App;
class ParseError;
}  // namespace CLI

namespace bantam::cli {

// "bantam models pull".
std::string full_name(const CLI::App& command);
// The innermost command that was named.
const CLI::App& asked_command(const CLI::App& root);
// On a terminal broken at its width.
std::string help_text(const CLI::App& command);
// Help on lines of at most `columns`; what explains a name goes on below itself.
std::string fitted_help(const std::string& text, std::size_t columns);

// True for a command of subcommands that was named alone.
bool wants_help(const CLI::ParseError& error, const CLI::App& root);
// Names the first word that nobody takes, with the closest one that is known; else what the error says.
base::Error usage_error(const CLI::ParseError& error, const CLI::App& root);
base::Error unknown_command(const CLI::App& command, const std::string& word);

}  // namespace bantam::cli
