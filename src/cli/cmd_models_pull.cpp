#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "base/text.hpp"
#include "cli/command.hpp"
#include "cli/progress.hpp"
#include "cli/terminal.hpp"
#include "hub/hub.hpp"
#include "job/interrupts.hpp"
#include "model/hub_model.hpp"
#include "model/reference.hpp"
#include "plan/option_values.hpp"
#include "plan/options.hpp"
#include "report/pull_page.hpp"

namespace bantam::cli {
namespace {

using base::Json;
using base::Result;
using report::PulledModel;

struct PullArguments {
  std::vector<std::string> references;  // or lists of them
  std::string plan_file;
  std::vector<std::string> patterns;
  std::string format = "paths";
  bool offline = false;
  bool all = false;
  bool dry_run = false;
  bool quiet = false;
};

// "hf:" may be left out: nothing else can be pulled.
Result<model::Reference> hub_reference(const std::string& text) {
  TRY_ASSIGN(model::Reference reference, model::parse_reference(text));
  if (reference.kind == model::ReferenceKind::hub) return reference;
  if (reference.kind == model::ReferenceKind::file) return model::parse_reference("hf:" + text);
  return base::fail(base::ErrorKind::usage,
                    fmt::format("'{}' is not on a hub", base::ellipsize(base::printable(text), 80)),
                    "models of the hub are written hf:user/repo[:quant|:file][@revision]");
}

Result<model::HubFiles> files_for(hub::Hub& hub, const model::Reference& reference,
                                  const PullArguments& arguments) {
  TRY_ASSIGN(const hub::Listing listing, model::list_on_hub(hub, reference));
  if (!arguments.patterns.empty()) return model::choose_by_patterns(listing, arguments.patterns);
  if (arguments.all) return model::choose_for_conversion(listing);
  TRY_ASSIGN(model::HubFiles files, model::choose_files(listing, reference));
  TRY(model::check_is_gguf(files, reference));
  return files;
}

Result<PulledModel> pull(hub::Hub& hub, const std::string& text, const PullArguments& arguments,
                         const hub::OnTransfer& on_transfer) {
  TRY_ASSIGN(model::Reference reference, hub_reference(text));
  TRY_ASSIGN(model::HubFiles files, files_for(hub, reference, arguments));
  PulledModel pulled{std::move(reference), std::move(files), std::nullopt};
  if (arguments.dry_run) return pulled;
  TRY_ASSIGN(pulled.model, model::fetch(hub, pulled.files, on_transfer));
  return pulled;
}

// What is to be fetched: models that were named, and those of lists and of a plan that lie on a hub.
Result<std::vector<std::string>> wanted_models(const PullArguments& arguments) {
  std::vector<std::string> wanted;
  std::vector<plan::ModelEntry> listed;
  std::vector<std::string> plans;
  if (!arguments.plan_file.empty()) plans.push_back(arguments.plan_file);
  for (const std::string& text : arguments.references) {
    if (text.ends_with(".yaml") || text.ends_with(".yml")) {
      plans.push_back(text);
      continue;
    }
    TRY_ASSIGN(const auto models, plan::models_from({text}));
    if (models.size() == 1 && models.front().reference == text)
      wanted.push_back(text);
    else
      listed.insert(listed.end(), models.begin(), models.end());
  }
  for (const std::string& file : plans) {
    TRY_ASSIGN(const auto values, plan::read_plan_file(file));
    TRY_ASSIGN(const plan::Request request, plan::build_request(values));
    listed.insert(listed.end(), request.plan.models.begin(), request.plan.models.end());
  }
  for (const plan::ModelEntry& entry : listed) {
    TRY_ASSIGN(const model::Reference reference, model::parse_reference(entry.reference));
    if (reference.kind == model::ReferenceKind::hub) {
      wanted.push_back(entry.reference);
    } else if (!arguments.quiet) {
      note(fmt::format("bantam: {} is not on a hub: nothing to fetch", entry.reference));
    }
  }
  if (!wanted.empty() || !listed.empty()) return wanted;
  return base::fail(base::ErrorKind::usage, "no model is named",
                    "give hf:user/repo[:quant], a .txt list of models, or --plan FILE");
}

// Every reference is tried; the code is that of the first failure.
int pull_all(const PullArguments& arguments) {
  const auto wanted = wanted_models(arguments);
  if (!wanted) return report_error(wanted.error());
  auto interrupts = job::Interrupts::watch();
  if (!interrupts) return report_error(interrupts.error());
  const auto stopped = [&] { return interrupts->stopped(); };
  const HashingLine hashing(stderr_terminal(), arguments.quiet, stopped);
  auto hub = hub::open_hub({arguments.offline, stopped});
  if (!hub) return report_error(hub.error());
  TransferLine line(stderr_terminal(), arguments.quiet);
  Json results = Json::array();
  int code = kOk;
  for (const std::string& text : *wanted) {
    const auto pulled =
        pull(*hub, text, arguments, [&](const hub::Transfer& transfer) { line.show(transfer); });
    line.clear();
    if (!pulled) {
      const int failure = report_error(pulled.error());
      if (pulled.error().kind == base::ErrorKind::interrupted)
        return interrupted_code(interrupts->signal_number());
      if (code == kOk) code = failure;
      continue;
    }
    if (!arguments.quiet) note("bantam: " + report::pull_summary(*pulled));
    results.push_back(report::to_json(*pulled));
    if (arguments.format == "json") continue;
    if (const auto printed = print(report::pulled_lines(*pulled)); !printed)
      return report_error(printed.error());
  }
  if (arguments.format == "json") {
    if (const auto printed = print(base::to_text(results, 2) + "\n"); !printed)
      return report_error(printed.error());
  }
  return code;
}

}  // namespace

Command setup_models_pull(CLI::App& app) {
  CLI::App* command = app.add_subcommand("pull", "fetch models of the hub into the shared cache");
  add_examples(*command, {{"bantam models pull Qwen/Qwen2.5-0.5B-Instruct-GGUF:Q8_0", ""},
                          {"bantam models pull models.txt --dry-run", ""},
                          {"bantam models pull --plan plan.yaml", ""}});
  auto arguments = std::make_shared<PullArguments>();
  command
      ->add_option("REF", arguments->references,
                   "hf:user/repo[:quant|:file][@revision], a .txt list of models or a .yaml plan")
      ->type_name("");
  command->add_option("--plan", arguments->plan_file, "the models of this plan file")->type_name("FILE");
  auto* all = command->add_flag("--all", arguments->all,
                                "the safetensors files with what conversion needs, instead of a GGUF file");
  command->add_option("--include", arguments->patterns, "the files whose names fit, with * and ?, instead")
      ->type_name("PATTERN")
      ->excludes(all);
  command->add_flag("--offline", arguments->offline, "only what is in the cache; also by HF_HUB_OFFLINE=1");
  command->add_flag("--dry-run", arguments->dry_run, "list the files, fetch nothing");
  command->add_flag("-q,--quiet", arguments->quiet, "no progress");
  command->add_option("-o,--output", arguments->format, "paths or json")
      ->check(CLI::IsMember({"paths", "json"}))
      ->capture_default_str()
      ->type_name("FORMAT");
  return {command, [arguments] { return pull_all(*arguments); }};
}

}  // namespace bantam::cli
