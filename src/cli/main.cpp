// Parses the command line and hands over to one command. The only catch site: whatever a library throws ends
// here.

#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <algorithm>
#include <csignal>
#include <exception>
#include <new>
#include <sstream>
#include <vector>

#include "base/secrets.hpp"
#include "cli/arguments.hpp"
#include "cli/command.hpp"
#include "cli/out_of_memory.hpp"
#include "cli/progress.hpp"
#include "cli/terminal.hpp"
#include "job/limits.hpp"

namespace {

using namespace bantam;

constexpr const char* kAbout =
    "bantam measures small language models on this device: speed, memory and accuracy at several "
    "precisions,\n"
    "and says which one to deploy.";

constexpr const char* kExamples =
    "Examples:\n"
    "  bantam run --models embedded:nano                       the built-in model at fp16, int8, int4\n"
    "  bantam run --models my.gguf --precisions fp16 Q5_K_M    speed and memory of your own\n"
    "  bantam analyze                                          the tables of what was measured\n"
    "  bantam device                                           what this machine is and can measure\n";

int usage_error(const CLI::ParseError& error, const CLI::App& app) {
  const CLI::App* asked = &app;
  for (const CLI::App* sub : app.get_subcommands()) asked = sub;
  const std::string name = asked == &app ? "bantam" : "bantam " + asked->get_name();
  return cli::report_error({base::ErrorKind::usage, error.what(), fmt::format("see {} --help", name)});
}

bool is_quiet(const std::vector<std::string>& arguments) {
  return std::any_of(arguments.begin(), arguments.end(),
                     [](const std::string& argument) { return argument == "-q" || argument == "--quiet"; });
}

int run_command(int argc, char** argv) {
  const auto arguments = cli::normalized_arguments(argc, argv);
  if (!arguments) return cli::report_error(arguments.error());

  CLI::App app(kAbout, "bantam");
  app.footer(kExamples);
  app.set_version_flag("--version", "bantam " BANTAM_VERSION);
  app.require_subcommand(1);
  const std::vector<cli::Command> commands{
      cli::setup_run(app),    cli::setup_predict(app), cli::setup_analyze(app),
      cli::setup_device(app), cli::setup_models(app),  cli::setup_tasks(app),
      cli::setup_export(app), cli::setup_docs(app),    cli::setup_worker(app)};
  if (arguments->empty()) {
    const auto printed = cli::print(app.help());
    return printed ? 2 : cli::report_error(printed.error());
  }
  try {
    std::vector<std::string> reversed(arguments->rbegin(), arguments->rend());  // as CLI11 takes them
    app.parse(std::move(reversed));
  } catch (const CLI::Success& success) {  // --help, --version
    std::ostringstream text;
    const int code = app.exit(success, text, text);
    const auto printed = cli::print(text.str());
    return printed ? code : cli::report_error(printed.error());
  } catch (const CLI::ParseError& error) {
    return usage_error(error, app);
  }
  if (const auto named = cli::check_file_names(app); !named) return cli::report_error(named.error());
  for (const cli::Command& command : commands) {
    if (!command.app->parsed()) continue;
    if (command.app->get_name() != "worker") {
      if (const auto allowed = job::allow_open_files(); !allowed) return cli::report_error(allowed.error());
    }
    const cli::HashingLine line(cli::stderr_terminal(), is_quiet(*arguments), {});
    return command.run();
  }
  return 2;
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
  } catch (const std::exception& error) {
    return cli::report_error({base::ErrorKind::environment, fmt::format("unexpected: {}", error.what()), ""});
  }
}
