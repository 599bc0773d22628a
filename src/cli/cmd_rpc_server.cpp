// `bantam rpc-server`: this machine's CPU for a model that is measured from another machine.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <optional>

#include "cli/command.hpp"
#include "cli/terminal.hpp"
#include "engine/cores.hpp"
#include "engine/llama/rpc.hpp"

namespace bantam::cli {
namespace {

constexpr int kDefaultPort = 50'052;  // as llama.cpp's rpc-server

struct RpcServerArguments {
  int port = kDefaultPort;
  std::optional<int> threads;
};

base::Result<int> serve(const RpcServerArguments& arguments) {
  const int threads = arguments.threads.value_or(engine::physical_cores());
  note(fmt::format(
      "bantam: {} threads for layers of others at 127.0.0.1:{}; Ctrl-C ends it. On the machine that "
      "measures: ssh -L {}:127.0.0.1:{} HOST, then bantam run --rpc 127.0.0.1:{}",
      threads, arguments.port, arguments.port, arguments.port, arguments.port));
  return engine::serve_rpc(arguments.port, threads).map([] { return kOk; });
}

}  // namespace

Command setup_rpc_server(CLI::App& app) {
  CLI::App* command = app.add_subcommand(
      "rpc-server", "lend this machine's CPU to a model that is measured from another machine");
  add_examples(
      *command,
      {{"bantam rpc-server", "on the board that lends its CPU"},
       {"bantam rpc-server --port 50060 -t 4", "on another port, with four threads"}},
      "Listens on 127.0.0.1 only: llama.cpp's protocol has no passwords and no encryption, and trusts "
      "whoever connects.\nAnother machine reaches it through a tunnel (ssh -L).");
  auto arguments = std::make_shared<RpcServerArguments>();
  command->add_option("--port", arguments->port, "the port on 127.0.0.1")
      ->check(CLI::Range(1, 65'535))
      ->capture_default_str()
      ->type_name("N");
  command->add_option("-t,--threads", arguments->threads, "CPU threads [physical cores]")
      ->check(CLI::Range(1, 512))
      ->type_name("N");
  return {command, [arguments] { return finish(serve(*arguments)); }};
}

}  // namespace bantam::cli
