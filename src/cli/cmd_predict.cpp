#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <memory>

#include "cli/arguments.hpp"
#include "cli/command.hpp"
#include "cli/progress.hpp"
#include "cli/terminal.hpp"
#include "plan/option_values.hpp"
#include "plan/options.hpp"
#include "predict/device_rates.hpp"
#include "predict/predict.hpp"
#include "report/calibration_page.hpp"
#include "report/predict_page.hpp"

namespace bantam::cli {
namespace {

using base::Result;

struct PredictArguments {
  std::vector<std::string> models;
  OptionFlags flags;
  std::string memory;
  std::optional<std::int64_t> context;
  bool measure_again = false;
  std::string device;  // of which is predicted; empty: this machine
  std::string format = "table";
};

constexpr const char* kListDevices = "list";

// The options of a run that change what it takes.
const std::vector<std::string>& shared_options() {
  static const std::vector<std::string> kNames{"models",         "hf_repo",      "precisions",   "batch_size",
                                               "max_new_tokens", "prompt",       "n_prompt",     "threads",
                                               "max_model_len",  "cache_type_k", "cache_type_v", "flash_attn",
                                               "n_batch",        "n_ubatch",     "n_gpu_layers", "gpu_index",
                                               "repack",         "draft",        "offline"};
  return kNames;
}

Result<predict::PredictRequest> request_from(const PredictArguments& arguments) {
  TRY(arguments.flags.check_lists());
  plan::OptionValues values = arguments.flags.values_with(arguments.models);
  bool has_precisions = false;
  for (const auto& [name, texts] : values) has_precisions = has_precisions || name == "precisions";
  values.emplace_back("tasks", std::vector{std::string(record::name(record::CellKind::performance))});
  predict::PredictRequest request;
  TRY_ASSIGN(plan::Request planned, plan::build_request(values));
  if (!planned.plan.points.empty()) {
    return base::fail(base::ErrorKind::usage,
                      fmt::format("predict takes one value per option, and these are several: {}",
                                  planned.plan.points.back().label),
                      "call it once for each, or measure all of them with bantam run");
  }
  request.plan = std::move(planned.plan);
  request.own_precision = !has_precisions;
  request.context = arguments.context;
  request.measure_again = arguments.measure_again;
  if (!arguments.device.empty()) {
    TRY_ASSIGN(request.device, predict::find_device(arguments.device));
  }
  if (!arguments.memory.empty()) {
    TRY_ASSIGN(request.memory_bytes, plan::bytes_from("memory", arguments.memory));
  }
  return request;
}

Result<int> predict_and_print(const CLI::App& command, const CLI::Option& models,
                              const PredictArguments& arguments) {
  TRY(check_words(command, models));
  TRY_ASSIGN(const table::Format format, table::parse_format(arguments.format));
  if (arguments.device == kListDevices) {
    TRY_ASSIGN(const auto devices, predict::known_devices());
    TRY(print(report::known_devices_page(devices, format, page_style())));
    return kOk;
  }
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
  add_examples(
      *command,
      {{"bantam predict my.gguf --memory 8GiB", ""},
       {"bantam predict hf:Qwen/Qwen2.5-0.5B-Instruct-GGUF --context 8192", ""},
       {"bantam predict synthetic:llama-3.2-3b --precisions int8 int4", ""},
       {"bantam predict synthetic:llama-3.2-1b --device raspberry-pi-5", "on a machine that is not here"}},
      "Reads the head of a model file (from the hub: some hundred KB), lets the engine plan with it, and "
      "turns\n"
      "the work into times with rates that are measured once on this machine (some seconds) and then kept.");
  auto arguments = std::make_shared<PredictArguments>();
  const CLI::Option* models =
      command->add_option("MODEL", arguments->models, "as --models; several may be given")->type_name("");
  command->add_option("--memory", arguments->memory, "the budget: 8GiB, 512MiB [what is free now]")
      ->type_name("SIZE");
  command
      ->add_option("--context", arguments->context,
                   "KV cache for N tokens per request [what the requests need]")
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{1} << 24))
      ->type_name("N");
  command
      ->add_option("--device", arguments->device,
                   "another machine: a file of bantam device --calibrate, or one of --device list")
      ->type_name("FILE|NAME|list");
  command->add_flag("--measure-again", arguments->measure_again, "measure this machine's rates anew");
  command->add_option("-o,--output", arguments->format, "table, json, csv or md")
      ->capture_default_str()
      ->type_name("FORMAT");
  arguments->flags.add_to(*command, shared_options());
  return {command,
          [command, models, arguments] { return finish(predict_and_print(*command, *models, *arguments)); }};
}

}  // namespace bantam::cli
