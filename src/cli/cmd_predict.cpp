#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <memory>

#include "base/text.hpp"
#include "base/units.hpp"
#include "cli/arguments.hpp"
#include "cli/command.hpp"
#include "cli/progress.hpp"
#include "cli/terminal.hpp"
#include "plan/options.hpp"
#include "predict/predict.hpp"
#include "report/predict_page.hpp"

namespace bantam::cli {
namespace {

using base::ErrorKind;
using base::Result;

struct PredictArguments {
  std::vector<std::string> models;
  OptionFlags flags;
  std::string memory;
  std::optional<std::int64_t> context;
  bool measure_again = false;
  std::string format = "table";
};

// The options of a run that change what it takes.
const std::vector<std::string>& shared_options() {
  static const std::vector<std::string> kNames{
      "models",   "hf_repo",  "precisions",    "batch_size",   "max_new_tokens", "prompt",
      "n_prompt", "threads",  "max_model_len", "cache_type_k", "cache_type_v",   "flash_attn",
      "n_batch",  "n_ubatch", "n_gpu_layers",  "gpu_index",    "repack",         "offline"};
  return kNames;
}

Result<predict::PredictRequest> request_from(const PredictArguments& arguments) {
  plan::OptionValues values = arguments.flags.values();
  bool has_precisions = false;
  std::vector<std::string> models = arguments.models;
  for (auto& [name, texts] : values) {
    has_precisions = has_precisions || name == "precisions";
    if (name == "models") models.insert(models.end(), texts.begin(), texts.end());
  }
  if (!models.empty()) values.emplace_back("models", models);
  values.emplace_back("tasks", std::vector{std::string(record::name(record::CellKind::performance))});
  predict::PredictRequest request;
  TRY_ASSIGN(plan::Request planned, plan::build_request(values));
  request.plan = std::move(planned.plan);
  request.own_precision = !has_precisions;
  request.context = arguments.context;
  request.measure_again = arguments.measure_again;
  if (!arguments.memory.empty()) {
    request.memory_bytes = base::parse_bytes(arguments.memory);
    if (!request.memory_bytes) {
      return base::fail(ErrorKind::usage,
                        fmt::format("--memory '{}' is not a size", base::printable(arguments.memory)),
                        "give a number with a unit: 8GiB, 512MiB, 4GB");
    }
  }
  return request;
}

Result<int> predict_and_print(const PredictArguments& arguments) {
  TRY_ASSIGN(const table::Format format, table::parse_format(arguments.format));
  TRY_ASSIGN(const predict::PredictRequest request, request_from(arguments));
  LiveLine line(stderr_terminal());
  TRY_ASSIGN(const predict::Predictions predictions,
             predict::predict(request, [&line](const std::string& phase) { line.show("bantam: " + phase); }));
  line.clear();
  for (const std::string& warning : predictions.warnings) note("bantam: " + warning);
  TRY(print(report::predict_page(predictions, format, page_style())));
  return kOk;
}

}  // namespace

Command setup_predict(CLI::App& app) {
  CLI::App* command =
      app.add_subcommand("predict", "does it fit, how fast will it be: before any weight is downloaded");
  command->footer(
      "Reads the head of a model file (from the hub: some hundred KB), lets the engine plan with it, and "
      "turns\n"
      "the work into times with rates that are measured once on this machine (some seconds) and then kept.");
  auto arguments = std::make_shared<PredictArguments>();
  command->add_option("MODEL", arguments->models, "as --models; several may be given")->type_name("");
  command->add_option("--memory", arguments->memory, "the budget: 8GiB, 512MiB [what is free now]")
      ->type_name("SIZE");
  command
      ->add_option("--context", arguments->context,
                   "KV cache for N tokens per request [what the requests need]")
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{1} << 24))
      ->type_name("N");
  command->add_flag("--measure-again", arguments->measure_again, "measure this machine's rates anew");
  command->add_option("-o,--output", arguments->format, "table, json, csv or md")
      ->capture_default_str()
      ->type_name("FORMAT");
  arguments->flags.add_to(*command, shared_options());
  return {command, [arguments] { return finish(predict_and_print(*arguments)); }};
}

}  // namespace bantam::cli
