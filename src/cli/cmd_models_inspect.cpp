#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "cli/command.hpp"
#include "cli/terminal.hpp"
#include "model/inspection.hpp"
#include "predict/cache.hpp"
#include "report/inspection_page.hpp"

namespace bantam::cli {
namespace {

struct InspectArguments {
  std::string reference;
  std::string format = "table";
  bool tensors = false;
  bool offline = false;
};

base::Result<int> inspect_and_print(const InspectArguments& arguments) {
  TRY_ASSIGN(const table::Format format, table::parse_format(arguments.format));
  TRY_ASSIGN(const model::Inspection inspection,
             model::inspect_reference(arguments.reference, arguments.offline));
  const predict::CacheFacts cache = predict::cache_facts(inspection);
  TRY(print(report::inspection_page(inspection, cache, arguments.tensors, format, page_style())));
  return kOk;
}

}  // namespace

Command setup_models_inspect(CLI::App& app) {
  CLI::App* command = app.add_subcommand("inspect", "what a model file says of itself, checked");
  add_examples(*command,
               {{"bantam models inspect my.gguf --tensors", ""},
                {"bantam models inspect hf:Qwen/Qwen2.5-0.5B-Instruct-GGUF:Q8_0", ""}},
               "Only the head of a model on the hub is read: a few hundred KB to a few MB.");
  auto arguments = std::make_shared<InspectArguments>();
  command->add_option("REF", arguments->reference, "a model as --models takes it, or a LoRA adapter")
      ->required()
      ->type_name("");
  command->add_flag("--tensors", arguments->tensors, "list every tensor");
  command->add_flag("--offline", arguments->offline, "only what is in the cache; also by HF_HUB_OFFLINE=1");
  command->add_option("-o,--output", arguments->format, "table, json or md")
      ->check(CLI::IsMember({"table", "json", "md"}))
      ->capture_default_str()
      ->type_name("FORMAT");
  return {command, [arguments] { return finish(inspect_and_print(*arguments)); }};
}

}  // namespace bantam::cli
