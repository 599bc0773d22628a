// Parses the command line and hands over to one command. The only catch site: whatever a library throws ends
// here.

#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <algorithm>
#include <csignal>
#include <exception>
#include <new>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "base/secrets.hpp"
#include "cli/arguments.hpp"
#include "cli/command.hpp"
#include "cli/command_line.hpp"
#include "cli/out_of_memory.hpp"
#include "cli/progress.hpp"
#include "cli/terminal.hpp"
#include "cli/usage.hpp"
#include "job/limits.hpp"
#include "job/out_of_memory.hpp"

namespace {

using namespace bantam;

int unexpected(const std::exception& error) {
  return cli::report_error({base::ErrorKind::environment, fmt::format("unexpected: {}", error.what()), ""});
}

int print_text(const std::string& text) {
  const auto printed = cli::print(text);
  return printed ? cli::kOk : cli::report_error(printed.error());
}

// A group of commands that was named alone shows its help, as a usage error.
int answer_error(const CLI::ParseError& error, const CLI::App& app) {
  if (!cli::wants_help(error, app)) return cli::report_error(cli::usage_error(error, app));
  const int code = print_text(cli::help_text(cli::asked_command(app)));
  return code == cli::kOk ? cli::exit_code(base::ErrorKind::usage) : code;
}

bool is_quiet(const std::vector<std::string>& arguments) {
  return std::any_of(arguments.begin(), arguments.end(),
                     [](const std::string& argument) { return argument == "-q" || argument == "--quiet"; });
}

int run_command(int argc, char** argv) {
  const auto arguments = cli::normalized_arguments(argc, argv);
  if (!arguments) return cli::report_error(arguments.error());
  const auto [app, commands] = cli::make_command_line();
  try {
    std::vector<std::string> reversed(arguments->rbegin(), arguments->rend());  // as CLI11 takes them
    app->parse(std::move(reversed));
  } catch (const CLI::CallForVersion& version) {
    return print_text(std::string(version.what()) + "\n");
  } catch (const CLI::Success&) {  // --help
    return print_text(cli::help_text(cli::asked_command(*app)));
  } catch (const CLI::ParseError& error) {
    return answer_error(error, *app);
  }
  if (const auto named = cli::check_file_names(*app); !named) return cli::report_error(named.error());
  for (const cli::Command& command : commands) {
    if (!command.app->parsed()) continue;
    if (command.app->get_name() != "worker") {
      if (const auto allowed = job::allow_open_files(); !allowed) return cli::report_error(allowed.error());
    }
    const cli::HashingLine line(cli::stderr_terminal(), is_quiet(*arguments), {});
    return command.run();
  }
  return cli::exit_code(base::ErrorKind::usage);
}

}  // namespace

int main(int argc, char** argv) {
  base::take_secrets_from_environment();
  // A closed pipe and a full file are errors of the write, not the end of the program.
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
  try {
    return run_command(argc, argv);
  } catch (const std::bad_alloc&) {
    return cli::report_out_of_memory();
  } catch (const std::system_error& error) {
    if (!job::is_lack_of_memory(error.code())) return unexpected(error);
    return cli::report_error({base::ErrorKind::environment,
                              fmt::format("out of memory or processes: no further thread ({})", error.what()),
                              "close other programs, or raise the limits (ulimit -v, -d, -u)"});
  } catch (const std::exception& error) {
    return unexpected(error);
  }
}
