#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/files.hpp"
#include "base/text.hpp"
#include "cli/arguments.hpp"
#include "cli/command.hpp"
#include "cli/progress.hpp"
#include "cli/terminal.hpp"
#include "engine/cores.hpp"
#include "plan/option_values.hpp"
#include "plan/options.hpp"
#include "record/scenario.hpp"
#include "report/tune_page.hpp"
#include "run/machine.hpp"
#include "tune/tune.hpp"

namespace bantam::cli {
namespace {

using base::ErrorKind;
using base::Result;

struct TuneArguments {
  std::vector<std::string> models;
  OptionFlags flags;
  std::string goal = "latency";
  std::vector<std::string> only;
  std::string time_budget = "10min";
  std::string max_memory;
  double max_damage = tune::Limits{}.damage;
  std::string draft_model;
  std::string folder = "tune";
  std::string format = "table";
  bool dry_run = false;
  bool quiet = false;
};

// Work like that of a chat: run's own prompt is too short for its computing to matter.
constexpr int kPromptTokens = 256;
constexpr int kNewTokens = 64;

struct Goal {
  std::string_view name;
  const char* metric;
  const char* scenario;
};
constexpr auto kGoals = std::to_array<Goal>({
    {"latency", "e2e_latency_s", record::kSingleStream},
    {"ttft", "ttft_s", record::kSingleStream},
    {"decode", "decode_tokens_per_s", record::kSingleStream},
    {"prefill", "prefill_tokens_per_s", record::kSingleStream},
    {"throughput", "batch_output_tokens_per_s", record::kOffline},
});

std::string goal_names() {
  std::vector<std::string> names;
  for (const Goal& goal : kGoals) names.emplace_back(goal.name);
  return base::join(names, ", ");
}

const std::vector<std::string>& tune_flags() {
  static const std::vector<std::string> kNames{
      "hf_repo",     "precisions",   "lora_mode",     "prompt",          "prompt_tokens",   "max_new_tokens",
      "batch_size",  "num_warmup",   "rounds",        "max_seconds",     "target_interval", "max_disturbance",
      "max_drift",   "wait_quiet",   "threads",       "max_model_len",   "cache_type_k",    "cache_type_v",
      "flash_attn",  "n_batch",      "n_ubatch",      "n_gpu_layers",    "gpu_index",       "repack",
      "draft",       "draft_tokens", "fidelity_text", "fidelity_chunks", "offline",         "seed",
      "hang_timeout"};
  return kNames;
}

Result<plan::Plan> plan_from(const TuneArguments& arguments, const Goal& goal) {
  TRY(arguments.flags.check_lists());
  plan::OptionValues values{{"precisions", {"int4"}},
                            {"prompt_tokens", {std::to_string(kPromptTokens)}},
                            {"max_new_tokens", {std::to_string(kNewTokens)}},
                            {"tasks", {std::string(record::name(record::CellKind::performance))}},
                            {"scenarios", {goal.scenario}}};
  for (auto& value : arguments.flags.values_with(arguments.models)) values.push_back(std::move(value));
  TRY_ASSIGN(plan::Request request, plan::build_request(values));
  if (request.plan.models.size() != 1 || request.plan.precisions.size() != 1) {
    return base::fail(ErrorKind::usage, "tuning is of one model at one precision",
                      "name one of each: bantam tune my.gguf --precisions int4");
  }
  if (!request.plan.points.empty()) {
    return base::fail(ErrorKind::usage,
                      fmt::format("tune chooses among values by itself, and these are several: {}",
                                  request.plan.points.back().label),
                      "give one value to keep a setting, or leave it out; bantam run measures a sweep");
  }
  return std::move(request.plan);
}

// Of --only; empty: all.
Result<std::set<std::string>> knob_names_from(const std::vector<std::string>& texts) {
  const auto& known = tune::knob_names();
  std::set<std::string> only;
  for (const std::string& text : texts) {
    for (const std::string& name : base::split_list(base::replace_all(text, "-", "_"))) {
      if (std::ranges::find(known, name) == known.end()) {
        return base::fail(ErrorKind::usage, fmt::format("--only: '{}' is no knob", base::printable(name)),
                          fmt::format("knobs are {}", base::join({known.begin(), known.end()}, ", ")));
      }
      only.insert(name);
    }
  }
  return only;
}

Result<std::vector<tune::Knob>> knobs_from(const TuneArguments& arguments, const plan::Plan& plan) {
  tune::KnobFacts facts;
  facts.physical_cores = engine::physical_cores();
  facts.allowed_cpus = engine::allowed_cpus();
  facts.prompt_tokens = plan.performance_settings.prompt_tokens.value_or(kPromptTokens);
  facts.is_batched = plan::most_streams(plan.performance_settings) > 1;
  if (!arguments.draft_model.empty()) facts.draft_model = arguments.draft_model;
  for (const auto& [name, texts] : arguments.flags.values()) facts.given.push_back(name);
  std::vector<tune::Knob> knobs = tune::knobs_for(facts);
  TRY_ASSIGN(const auto only, knob_names_from(arguments.only));
  if (only.empty()) return knobs;
  std::erase_if(knobs, [&only](const tune::Knob& knob) { return !only.contains(knob.name); });
  return knobs;
}

// What would be tried.
std::string dry_run_text(const tune::Request& request) {
  std::string text;
  for (const tune::Knob& knob : request.knobs) {
    std::vector<std::string> labels;
    for (const tune::Choice& choice : knob.choices) labels.push_back(choice.label);
    text += fmt::format("{}: {}\n", knob.name,
                        knob.skipped ? "not tried, " + *knob.skipped : base::join(labels, " "));
  }
  return text + fmt::format(
                    "\nAt most {:g} s in all, and what the round that has begun still takes. Nothing was "
                    "measured.\n",
                    request.time_budget_s);
}

Result<int> tune_model(const TuneArguments& arguments) {
  TRY_ASSIGN(const table::Format format, table::parse_format(arguments.format));
  const auto goal = std::ranges::find(kGoals, arguments.goal, &Goal::name);
  if (goal == kGoals.end()) {
    return base::fail(ErrorKind::usage,
                      fmt::format("--for: '{}' is no goal", base::printable(arguments.goal)),
                      fmt::format("goals are {}", goal_names()));
  }
  tune::Request request;
  TRY_ASSIGN(request.plan, plan_from(arguments, *goal));
  request.objective = goal->metric;
  TRY_ASSIGN(request.time_budget_s, plan::seconds_from("time-budget", arguments.time_budget, 1.0, 1e7));
  if (!arguments.max_memory.empty()) {
    TRY_ASSIGN(const std::int64_t bytes, plan::bytes_from("max-memory", arguments.max_memory));
    request.limits.memory_bytes = static_cast<double>(bytes);
  }
  request.limits.damage = arguments.max_damage;
  request.folder = arguments.folder;
  TRY_ASSIGN(request.knobs, knobs_from(arguments, request.plan));
  // The default by its number, so that it is not tried again as a choice.
  if (!request.plan.engine.threads) request.plan.engine.threads = engine::physical_cores();
  if (arguments.dry_run) {
    TRY(print(dry_run_text(request)));
    return kOk;
  }
  TRY(base::check_writable_folder(request.folder));
  TRY_ASSIGN(job::Interrupts interrupts, job::Interrupts::watch());
  const HashingLine hashing(stderr_terminal(), arguments.quiet, [&] { return interrupts.stopped(); });
  TransferLine transfers(stderr_terminal(), arguments.quiet);
  tune::Surroundings surroundings{.locate = {}, .interrupts = interrupts, .observer = {}};
  surroundings.locate.offline = request.plan.offline;
  surroundings.locate.stopped = [&interrupts] { return interrupts.stopped(); };
  surroundings.locate.on_transfer = [&transfers](const hub::Transfer& transfer) { transfers.show(transfer); };
  std::unique_ptr<ProgressLine> progress;
  std::string shown;
  surroundings.observer = [&](const std::string& title) -> run::Observer& {
    if (progress) progress->clear();
    if (!arguments.quiet && title != shown) note("bantam: " + title);
    shown = title;
    progress = std::make_unique<ProgressLine>(stderr_terminal(), arguments.quiet,
                                              [](const record::Record&, bool) { return base::Status{}; });
    return *progress;
  };
  auto report = tune::tune(request, surroundings);
  if (progress) progress->clear();
  if (!report && report.error().kind == ErrorKind::interrupted) {
    note(
        fmt::format("bantam: stopped; the same command goes on with what is in {}", request.folder.string()));
    return interrupted_code(interrupts.signal_number());
  }
  if (!report) return tl::unexpected(report.error());
  TRY(print(report::tune_page(*report, format, page_style())));
  return report->verdict.outcome == tune::Outcome::cannot_tell ? exit_code(ErrorKind::invalid_measurement)
                                                               : kOk;
}

}  // namespace

Command setup_tune(CLI::App& app) {
  CLI::App* command = app.add_subcommand("tune", "find the engine's best settings for a model, with proof");
  add_examples(
      *command,
      {{"bantam tune my.gguf --precisions int4", "for the time that a request takes"},
       {"bantam tune my.gguf --for throughput --batch-size 8 --max-memory 2GiB",
        "for many requests at once, within a limit"},
       {"bantam tune my.gguf --only threads,repack --time-budget 2min", "two knobs"}},
      "Values of one knob after the other are measured side by side, in paired rounds; what is shown to be "
      "faster is\nkept. The choice is then measured against the defaults anew. A setting that is given "
      "stays. "
      "Unless told otherwise\nthe model is tuned at int4, for prompts of 256 tokens and 64 new ones. The "
      "same "
      "command goes on where it was stopped.");
  auto arguments = std::make_shared<TuneArguments>();
  command->add_option("MODEL", arguments->models, "a model, as bantam run takes it")->type_name("");
  command->add_option("--for", arguments->goal, goal_names() + ": what is to be better")
      ->capture_default_str()
      ->type_name("GOAL");
  command
      ->add_option("--only", arguments->only,
                   "knobs to try: threads repack flash_attn n_ubatch kv_cache draft")
      ->type_name("KNOB");
  command->add_option("--time-budget", arguments->time_budget, "of the whole search")
      ->capture_default_str()
      ->type_name("S");
  command->add_option("--max-memory", arguments->max_memory, "settings that need more are refused: 2GiB")
      ->type_name("SIZE");
  command
      ->add_option("--max-damage", arguments->max_damage,
                   "mean KL divergence in nats per token that another type of the KV cache may cause")
      ->capture_default_str()
      ->type_name("NATS");
  command
      ->add_option("--draft-model", arguments->draft_model, "a smaller model to try for speculative decoding")
      ->type_name("REF");
  command->add_option("--output-dir", arguments->folder, "of the stores with all that was measured")
      ->capture_default_str()
      ->type_name("DIR");
  command->add_option("-o,--output", arguments->format, "table, json, csv or md")
      ->capture_default_str()
      ->type_name("FORMAT");
  command->add_flag("--dry-run", arguments->dry_run, "show what would be tried, measure nothing");
  command->add_flag("-q,--quiet", arguments->quiet, "show failures and the result only");
  arguments->flags.add_to(*command, tune_flags());
  return {command, [arguments] { return finish(tune_model(*arguments)); }};
}

}  // namespace bantam::cli
