#include "cli/command_line.hpp"

#include <CLI/CLI.hpp>

namespace bantam::cli {
namespace {

constexpr const char* kAbout =
    "bantam measures small language models on this device: speed, memory and accuracy at several "
    "precisions,\n"
    "and says which one to deploy.";

}  // namespace

CommandLine make_command_line() {
  auto app = std::make_shared<CLI::App>(kAbout, "bantam");
  add_examples(*app, {{"bantam run embedded:nano", "the built-in model at fp16, int8, int4"},
                      {"bantam run my.gguf --precisions fp16 Q5_K_M", "speed and memory of your own"},
                      {"bantam analyze", "the tables of what was measured"},
                      {"bantam device", "what this machine is and can measure"}});
  app->set_version_flag("--version", "bantam " BANTAM_VERSION);
  app->require_subcommand(1);
  std::vector<Command> commands{
      setup_run(*app),     setup_recommend(*app), setup_predict(*app),    setup_analyze(*app),
      setup_report(*app),  setup_serve(*app),     setup_compare(*app),    setup_tune(*app),
      setup_audit(*app),   setup_device(*app),    setup_rpc_server(*app), setup_models(*app),
      setup_engines(*app), setup_tasks(*app),     setup_import(*app),     setup_export(*app),
      setup_verify(*app),  setup_help(*app),      setup_docs(*app),       setup_worker(*app)};
  return {std::move(app), std::move(commands)};
}

}  // namespace bantam::cli
