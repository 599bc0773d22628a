#include "report/deploy_command.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <optional>
#include <set>

#include "base/files.hpp"
#include "base/text.hpp"
#include "plan/plan.hpp"
#include "plan/program.hpp"
#include "plan/served.hpp"
#include "plan/settings_options.hpp"
#include "recommend/next_run.hpp"
#include "record/cell_kind.hpp"
#include "record/sections.hpp"
#include "report/run_command.hpp"

namespace bantam::report {
namespace {

// llama.cpp's flags of what differs from its defaults; the threads always.
std::vector<std::string> engine_flags(const plan::EngineSettings& engine) {
  const plan::EngineSettings usual;
  std::vector<std::string> flags;
  if (engine.threads) flags.push_back(fmt::format("-t {}", *engine.threads));
  if (engine.cache_type_k != usual.cache_type_k) flags.push_back("-ctk " + shell_word(engine.cache_type_k));
  if (engine.cache_type_v != usual.cache_type_v) flags.push_back("-ctv " + shell_word(engine.cache_type_v));
  if (engine.flash_attn != usual.flash_attn) flags.push_back("-fa " + shell_word(engine.flash_attn));
  if (engine.n_batch != usual.n_batch) flags.push_back(fmt::format("-b {}", engine.n_batch));
  if (engine.n_ubatch != usual.n_ubatch) flags.push_back(fmt::format("-ub {}", engine.n_ubatch));
  if (engine.n_gpu_layers) flags.push_back(fmt::format("-ngl {}", *engine.n_gpu_layers));
  if (!engine.repack) flags.emplace_back("--no-repack");
  if (engine.gpu_index) flags.push_back(fmt::format("-mg {}", *engine.gpu_index));
  if (engine.rpc) flags.push_back("--rpc " + shell_word(*engine.rpc));
  return flags;
}

// Tokens of the context that memory was measured with; llama-server would take the model's own.
std::optional<std::int64_t> context_of(const record::Record& record) {
  return base::integer_at(record.engine, "n_ctx");
}

// "--tasks performance,accuracy --accuracy-tasks nano_qa"; empty for what cannot be measured again like this.
std::string tasks_again(const analyze::Configuration& configuration) {
  const record::Record* record = leading_cell(configuration);
  if (record == nullptr || record::is_imported(*record) || !configuration.point.empty()) return {};
  std::set<record::CellKind> kinds;
  std::vector<std::string> tasks;
  for (const auto& [task, cell] : configuration.cells) {
    kinds.insert(record::cell_kind(task));
    if (record::is_scored_task(task)) tasks.push_back(task);
  }
  std::vector<std::string> names;
  for (const record::CellKind kind : kinds) names.emplace_back(record::name(kind));
  std::string flags = "--tasks " + base::join(names, ",");
  if (!tasks.empty()) flags += " --accuracy-tasks " + shell_word(base::join(tasks, ","));
  return flags;
}

// Cells that one run with these settings measures again, without the model and its precisions.
struct RunAgain {
  plan::OptionValues settings;
  std::set<record::CellKind> kinds;
  std::vector<std::string> tasks;

  plan::OptionValues options() const {
    std::vector<std::string> names;
    for (const record::CellKind kind : kinds) names.emplace_back(record::name(kind));
    plan::OptionValues all{{"tasks", std::move(names)}};
    if (!tasks.empty()) all.emplace_back("accuracy_tasks", tasks);
    all.insert(all.end(), settings.begin(), settings.end());
    return all;
  }
};

// One for each settings that cells were measured with; none of imported ones and of points of sweeps.
std::vector<RunAgain> runs_again(const analyze::Configuration& configuration) {
  std::vector<RunAgain> runs;
  if (!configuration.point.empty()) return runs;
  for (const auto& [task, cell] : configuration.cells) {
    if (record::is_imported(cell)) continue;
    plan::OptionValues settings = plan::options_of(plan::cell_settings_from(cell.settings));
    auto run = std::ranges::find(runs, settings, &RunAgain::settings);
    if (run == runs.end()) run = runs.insert(run, RunAgain{std::move(settings), {}, {}});
    run->kinds.insert(record::cell_kind(task));
    if (record::is_scored_task(task)) run->tasks.push_back(task);
  }
  return runs;
}

// "owner/name" of the hub.
bool is_repository(const std::string& text) {
  return std::ranges::count(text, '/') == 1 && !text.ends_with(".gguf") && !text.starts_with('/') &&
         !text.starts_with('.');
}

}  // namespace

const record::Record* leading_cell(const analyze::Configuration& configuration) {
  const auto cell = configuration.cells.find(std::string(analyze::kPerformance));
  if (cell != configuration.cells.end()) return &cell->second;
  return configuration.cells.empty() ? nullptr : &configuration.cells.begin()->second;
}

bool is_measured_here(const analyze::Configuration& configuration) {
  const record::Record* record = leading_cell(configuration);
  return record != nullptr && record::evidence_of(*record) == record::Evidence::measured;
}

std::string shell_word(const std::string& text) {
  const bool is_plain = std::ranges::all_of(text, [](unsigned char c) {
    return std::isalnum(c) != 0 ||
           std::string_view("-_./:=@+,").find(static_cast<char>(c)) != std::string_view::npos;
  });
  return is_plain && !text.empty() ? text : "'" + base::replace_all(text, "'", "'\\''") + "'";
}

std::vector<std::string> deploy_commands(const analyze::Configuration& configuration) {
  const record::Record* record = leading_cell(configuration);
  if (configuration.predicted && !is_measured_here(configuration)) {
    const auto run = recommend::measuring_run(configuration);
    if (!run) return {};
    return {report::run_command(*run) + "   # predicted: measure it here first"};
  }
  if (record == nullptr) return {};
  const std::string& reference = record->reference;
  if (record::is_imported(*record)) {
    if (!is_repository(reference)) return {};
    return {fmt::format("bantam run {} --precisions {}   # imported: measure it here first",
                        shell_word("hf:" + reference), shell_word(configuration.precision))};
  }
  const plan::EngineSettings used = plan::cell_settings_from(record->settings).engine;
  if (used.server || used.program) return {};  // it is served already, or another program's
  std::vector<std::string> commands;
  std::string serve = "llama-server";
  const bool is_made = record->model_info.contains("made_from");
  const bool is_plain_hub = reference.starts_with("hf:") &&
                            reference.find_first_of("@+") == std::string::npos &&
                            !reference.ends_with(".gguf");
  if (!is_made && is_plain_hub) {
    serve += " -hf " + shell_word(reference.substr(3));
  } else if (!is_made && reference.starts_with("hf:")) {
    commands.push_back("bantam models pull " + shell_word(reference));
    serve += " -m FILE";
  } else if (is_made || reference.find(':') != std::string::npos) {
    const std::string file =
        base::file_name_from(configuration.model + "-" + configuration.precision) + ".gguf";
    commands.push_back(fmt::format("bantam models quantize {} --precisions {} --output {}",
                                   shell_word(reference), shell_word(configuration.precision),
                                   shell_word(file)));
    serve += " -m " + shell_word(file);
  } else {
    serve += " -m " + shell_word(reference);
  }
  if (configuration.encodes) serve += " --embedding";
  const plan::EngineSettings engine = plan::cell_settings_from(record->settings).engine;
  for (const std::string& flag : engine_flags(engine)) serve += " " + flag;
  if (const auto context = context_of(*record)) serve += fmt::format(" -c {}", *context);
  if (engine.draft && *engine.draft != plan::kPromptLookup)
    serve += fmt::format("   # measured with the draft model {}", *engine.draft);
  else if (engine.draft)
    serve += "   # measured with prompt lookup";
  commands.push_back(std::move(serve));
  return commands;
}

std::string reproduce_command(const analyze::Configuration& configuration) {
  const std::string tasks = tasks_again(configuration);
  if (tasks.empty()) return {};
  const plan::EngineSettings engine = plan::cell_settings_from(leading_cell(configuration)->settings).engine;
  if (engine.server)
    return fmt::format("bantam run {} --engine {} --base-url {} {}",
                       shell_word(leading_cell(configuration)->reference), plan::kServedEngine,
                       shell_word(*engine.server), tasks);
  if (engine.program) {
    const bool is_known = plan::is_known_program(*engine.program);
    const std::string command =
        is_known ? "" : fmt::format(" --engine-command {}", shell_word(*engine.program));
    return fmt::format("bantam run {} --engine {}{} --precisions {} {}",
                       shell_word(leading_cell(configuration)->reference),
                       is_known ? *engine.program : plan::kProgramEngine, command,
                       shell_word(configuration.precision), tasks);
  }
  return fmt::format("bantam run {} --precisions {} {}", shell_word(leading_cell(configuration)->reference),
                     shell_word(configuration.precision), tasks);
}

std::vector<std::string> reproduce_commands(const std::vector<analyze::Configuration>& configurations) {
  struct Again {
    std::string reference;
    plan::OptionValues options;
    std::vector<std::string> precisions;
  };
  std::vector<Again> all;
  for (const analyze::Configuration& one : configurations) {
    for (const RunAgain& run : runs_again(one)) {
      Again again{leading_cell(one)->reference, run.options(), {one.precision}};
      const auto same = std::ranges::find_if(all, [&](const Again& other) {
        return other.reference == again.reference && other.options == again.options;
      });
      if (same == all.end())
        all.push_back(std::move(again));
      else
        same->precisions.push_back(one.precision);
    }
  }
  std::vector<std::string> commands;
  for (const Again& again : all) {
    plan::OptionValues options{{"models", {again.reference}}, {"precisions", again.precisions}};
    options.insert(options.end(), again.options.begin(), again.options.end());
    commands.push_back(run_command(options));
  }
  return commands;
}

}  // namespace bantam::report
