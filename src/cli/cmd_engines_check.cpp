#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "base/subprocess.hpp"
#include "base/text.hpp"
#include "cli/command.hpp"
#include "cli/terminal.hpp"
#include "model/engine_environment.hpp"

namespace bantam::cli {
namespace {

using base::Result;

struct CheckArguments {
  std::string engine;
  std::string model;
  std::string precision = "native";
};

constexpr int kSomeFailed = 1;  // what the checking program returns then

Result<int> check(const CheckArguments& arguments) {
  TRY_ASSIGN(base::Program program, [&]() -> Result<base::Program> {
    base::Program asked;
    TRY_ASSIGN(asked.arguments, model::conformance_command());
    TRY_ASSIGN(const auto engine, model::engine_command(arguments.engine));
    for (const std::string& word : {std::string("--model"), arguments.model, std::string("--precision"),
                                    arguments.precision, std::string("--")})
      asked.arguments.push_back(word);
    asked.arguments.insert(asked.arguments.end(), engine.begin(), engine.end());
    return asked;
  }());
  program.on_line = [](std::string_view line) { static_cast<void>(print(base::printable(line) + "\n")); };
  auto end = base::run_program(program);
  if (!end) {
    end.error().hint = "the checks are Python: install python3 (3.9 or newer)";
    return tl::unexpected(end.error());
  }
  if (end->ok()) return kOk;
  if (end->exit_code == kSomeFailed)
    return base::fail(base::ErrorKind::bad_input,
                      fmt::format("{} does not keep to the protocol", base::printable(arguments.engine)),
                      "docs/engines.md has the protocol");
  return base::fail(base::ErrorKind::environment,
                    fmt::format("the checks were not made: {}", end->last_words()));
}

}  // namespace

Command setup_engines_check(CLI::App& app) {
  CLI::App* command = app.add_subcommand(
      "check", "ask an engine program as a run would, and tell where it leaves the protocol");
  add_examples(*command, {{"bantam engines check 'python3 my_engine.py' --model ./my-model", ""},
                          {"bantam engines check onnx --model ./my-onnx-model", ""}});
  auto arguments = std::make_shared<CheckArguments>();
  command->add_option("engine", arguments->engine, "the command that starts it, or transformers or onnx")
      ->required()
      ->type_name("COMMAND");
  command->add_option("--model", arguments->model, "a model that it can load")->required()->type_name("PATH");
  command->add_option("--precision", arguments->precision, "one that it can load")
      ->capture_default_str()
      ->type_name("NAME");
  return {command, [arguments] { return finish(check(*arguments)); }};
}

}  // namespace bantam::cli
