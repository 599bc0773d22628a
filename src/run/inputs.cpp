#include "run/inputs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "base/hash.hpp"
#include "base/text.hpp"
#include "damage/fidelity.hpp"
#include "evaluate/classify.hpp"
#include "evaluate/judged.hpp"
#include "evaluate/prompts.hpp"
#include "job/process.hpp"
#include "model/calibration.hpp"
#include "model/llama/quantize.hpp"
#include "model/program_files.hpp"
#include "plan/program.hpp"
#include "plan/served.hpp"
#include "run/machine.hpp"
#include "run/power.hpp"
#include "run/program.hpp"
#include "run/served.hpp"
#include "task/code_rows.hpp"
#include "task/documents.hpp"
#include "task/subset.hpp"
#include "task/task_data.hpp"

namespace bantam::run {
namespace {

using base::ErrorKind;
using base::Result;
using base::Status;

// What is measured of a model's speed and energy: one workload each or, in a sweep, one for each point.
std::vector<plan::PerformanceSettings> workloads(const plan::Plan& plan, const plan::ModelEntry& entry) {
  std::vector<plan::PerformanceSettings> all;
  for (const record::CellKind kind : plan.kinds) {
    if (!record::row(kind).runs_requests) continue;
    if (plan.points.empty() || !record::row(kind).is_in_rounds)
      all.push_back(plan::performance_of(plan, {entry, {}, kind, {}, {}}));
    if (!record::row(kind).is_in_rounds) continue;
    for (const plan::Point& point : plan.points)
      all.push_back(plan::performance_of(plan, {entry, {}, kind, {}, point}));
  }
  return all;
}

Status check_context(const plan::Plan& plan, const plan::ModelEntry& entry, const gguf::ModelInfo& info) {
  const std::int64_t most = info.context_train.value_or(INT64_MAX);
  const auto refused = [&](std::string_view flag, std::int64_t asked) {
    return base::fail(
        ErrorKind::usage,
        fmt::format("--{} {}: model {} has a context of {} tokens", flag, asked, entry.name, most),
        fmt::format("give at most {}", most));
  };
  const auto& longest = plan::engine_of(plan, entry).max_model_len;
  if (longest && *longest > most) return refused("max-model-len", *longest);
  if (gguf::embeds(info)) return {};  // longer sequences are cut, and the record says so
  for (const plan::PerformanceSettings& speed : workloads(plan, entry)) {
    const std::int64_t depth = speed.n_depth.value_or(0);
    const auto flag = [depth](const char* name) {
      return depth > 0 ? fmt::format("n-depth {} and --{}", depth, name) : std::string(name);
    };
    if (speed.n_prompt && depth + *speed.n_prompt > most) return refused(flag("n-prompt"), *speed.n_prompt);
    if (speed.n_gen && depth + *speed.n_gen > most) return refused(flag("n-gen"), *speed.n_gen);
    if (speed.prompt_tokens && *speed.prompt_tokens >= most)
      return refused("prompt-tokens", *speed.prompt_tokens);
  }
  const int chunk = plan.fidelity_settings.context;
  if (plan.measures(record::CellKind::fidelity) && chunk > most) return refused("fidelity-context", chunk);
  return {};
}

// Whether the engine takes the cache types for this model: a worker asks it, from the model's head alone.
Status check_cache_types(const plan::Plan& plan, const plan::ModelEntry& entry, const model::Source& source) {
  const plan::EngineSettings usual;
  const plan::EngineSettings& engine = plan::engine_of(plan, entry);
  const auto is_usual = [&usual](const plan::EngineSettings& one) {
    return one.cache_type_k == usual.cache_type_k && one.cache_type_v == usual.cache_type_v;
  };
  std::vector<plan::EngineSettings> asked;
  if (!is_usual(engine)) asked.push_back(engine);
  // In a search a choice that cannot be is only not taken: its cell will say why.
  for (const plan::Point& point : plan.decide_by ? std::vector<plan::Point>{} : plan.points) {
    const auto of_point = plan::engine_of(plan, {entry, {}, record::CellKind::performance, {}, point});
    if (!is_usual(of_point)) asked.push_back(of_point);
  }
  if (asked.empty() || (source.path.empty() && !source.shape)) return {};
  job::CacheJob job;
  job.head = source.path;
  if (source.shape) job.shape = source.shape->name;
  job.settings = std::move(asked);
  job::WorkerOptions options;
  options.hang_timeout_s = plan.hang_timeout_s;
  options.busy_is_alive = true;
  options.kill_on_interrupt = true;
  const auto told = job::run_worker(job, options, nullptr);
  if (!told) return {};  // a cell will say what is wrong
  for (const auto& cache : told->caches) {
    if (!cache.why_not) continue;
    return base::fail(ErrorKind::usage, fmt::format("model {}: {}", entry.name, *cache.why_not),
                      "leave out --cache-type-k and --cache-type-v, or name types that fit");
  }
  return {};
}

// Without a file nothing is known of it.
model::Source source_behind_server(const model::Reference& reference) {
  model::Source source;
  source.reference = reference;
  return source;
}

Result<model::Source> find_model(const plan::Plan& plan, const plan::ModelEntry& entry,
                                 const model::LocateOptions& options) {
  TRY_ASSIGN(const model::Reference reference, model::parse_reference(entry.reference));
  if (reference.kind == model::ReferenceKind::served) return source_behind_server(reference);
  if (reference.kind == model::ReferenceKind::program) return model::find_program_model(reference);
  TRY_ASSIGN(model::Source source, model::locate(reference, options));
  TRY(model::check_architecture(source.info, entry.reference));
  TRY(check_context(plan, entry, source.info));
  TRY(check_cache_types(plan, entry, source));
  const bool classifies = !source.info.labels.empty();
  const bool must_generate = std::ranges::any_of(plan.kinds, [classifies](record::CellKind kind) {
    const record::CellKindRow& row = record::row(kind);
    return row.needs_generation && !(classifies && row.takes_classifier);
  });
  if (must_generate) {
    TRY(gguf::check_generates(source.info, entry.name));
  }
  source.merge = source.adapter && plan.lora_mode == plan::kMergeAdapters;
  return source;
}

Result<BaseModel> find_similarity_base(const std::string& text, const plan::Plan& plan,
                                       const model::LocateOptions& options) {
  TRY_ASSIGN(plan::SimilarityBase named, plan::parse_similarity_base(text));
  BaseModel base;
  if (named.engine == plan::kOwnEngine) {
    TRY_ASSIGN(const model::Reference reference, model::parse_reference(named.model));
    TRY_ASSIGN(base.source, model::locate(reference, options));
    TRY(gguf::check_generates(base.source.info, named.model));
  } else {
    TRY_ASSIGN(const model::Reference reference, model::parse_reference(plan::kProgramScheme + named.model));
    TRY_ASSIGN(base.source, model::find_program_model(reference));
    TRY_ASSIGN(base.program, find_program(named.engine, plan.hang_timeout_s, options.stopped));
    if (!base.program->can_load(named.precision))
      return base::fail(
          ErrorKind::usage,
          fmt::format("--similarity-base: the engine {} loads {} on this machine, not {}", named.engine,
                      base::join(base.program->precisions, ", "), base::printable(named.precision)),
          "name one of them");
  }
  base.named = std::move(named);
  return base;
}

// The tasks of a plan, one leaf at a time. The hub is opened when the first task needs it.
class TaskFinder {
 public:
  TaskFinder(const plan::AccuracySettings& settings, std::uint64_t seed, const model::LocateOptions& options)
      : options_(options) {
    chosen_.limit = settings.limit;
    chosen_.num_fewshot = settings.num_fewshot;
    chosen_.seed = seed;
    staged_ = settings.until_decided_points.has_value();
  }

  // The leaf learns how many rows its data has.
  base::Status add(task::Task& leaf, TaskInput& input) {
    const bool with_fewshot = evaluate::fewshot_count(leaf, chosen_) > 0;
    if (task::is_remote(leaf, with_fewshot)) {
      TRY_ASSIGN(const bool there, bring(leaf, with_fewshot, input));
      if (!there) return {};
    }
    if (leaf.code) TRY(run_code(leaf, with_fewshot));
    TRY_ASSIGN(const std::string fingerprint, task::fingerprint(leaf, with_fewshot));
    input.fingerprint += fingerprint + " ";
    TRY_ASSIGN(const std::size_t rows, staged_ ? add_stages(leaf, input) : count_rows(leaf));
    leaf.rows = static_cast<std::int64_t>(rows);
    input.items += items_asked(rows);
    return {};
  }

  // Code of one selection does not meet that of another.
  void begin_selection() { runner_.reset(); }

 private:
  base::Status run_code(task::Task& leaf, bool with_fewshot) {
    if (!runner_) {
      TRY_ASSIGN(taskcode::Runner runner, taskcode::Runner::start(options_.stopped));
      runner_.emplace(std::move(runner));
    }
    return task::run_code_of_rows(leaf, with_fewshot, *runner_);
  }

  static Result<std::size_t> count_rows(const task::Task& leaf) {
    TRY_ASSIGN(const auto rows, task::load_rows(leaf, false));
    return rows.docs.size();
  }

  // How many rows there are, too.
  Result<std::size_t> add_stages(const task::Task& leaf, TaskInput& input) const {
    task::Settings settings = chosen_;
    settings.num_fewshot = 0;  // examples do not change the order
    TRY_ASSIGN(const auto prompter, evaluate::Prompter::make(leaf, settings));
    if (!input.staged) input.staged.emplace();
    add_rows(*input.staged, leaf.name, prompter.order());
    return prompter.docs();
  }

  std::int64_t items_asked(std::size_t docs) const {
    return static_cast<std::int64_t>(task::subset_size(docs, chosen_));
  }

  // False when the data is not here and is not to be fetched now: `input` then says what would be.
  Result<bool> bring(const task::Task& leaf, bool with_fewshot, TaskInput& input) {
    if (!hub_) {
      TRY_ASSIGN(hub_, hub::open_data_hub({options_.offline, options_.stopped}));
    }
    if (options_.fetch) {
      TRY(task::fetch_data(leaf, with_fewshot, *hub_, options_.on_transfer));
      return true;
    }
    TRY_ASSIGN(const auto missing, task::missing_data(leaf, with_fewshot, *hub_));
    for (const task::MissingData& data : missing) {
      input.fetch_sources += 1;
      input.fetch_rows += data.rows.value_or(0);
      input.fetch_bytes += data.bytes.value_or(0);
      if (data.evaluated) input.items += items_asked(static_cast<std::size_t>(data.rows.value_or(0)));
    }
    return missing.empty();
  }

  const model::LocateOptions& options_;
  task::Settings chosen_;
  bool staged_ = false;  // the plan stops what is decided
  std::optional<hub::DataHub> hub_;
  std::optional<taskcode::Runner> runner_;
};

using Selections = std::vector<task::Selection>;

// By which metric each selection's precisions are decided. usage, naming all that have none.
Result<std::vector<std::string>> judged_metrics(const Selections& selections) {
  std::vector<std::string> metrics;
  std::vector<std::string> refused;
  std::vector<std::string> rest;
  for (const task::Selection& selection : selections) {
    auto metric = evaluate::judged_metric(selection);
    metrics.push_back(metric.value_or(""));
    (metric ? rest : refused).push_back(metric ? selection.name : metric.error().message);
  }
  if (refused.empty()) return metrics;
  return base::fail(base::ErrorKind::usage,
                    fmt::format("--until-decided cannot decide every task: {}", base::join(refused, "; ")),
                    rest.empty() ? "leave --until-decided out"
                                 : "leave these out: --accuracy-tasks " + base::join(rest, ","));
}

Result<model::Source> find_embedder(const std::string& text, const model::LocateOptions& options) {
  TRY_ASSIGN(const model::Reference reference, model::parse_reference(text));
  TRY_ASSIGN(model::Source source, model::locate(reference, options));
  if (source.shape) {
    return base::fail(base::ErrorKind::usage,
                      fmt::format("--embedding-model {}: random weights embed nothing", text),
                      "give a real embedding model, e.g. all-MiniLM-L6-v2 as a GGUF file");
  }
  if (!gguf::embeds(source.info)) {
    return base::fail(ErrorKind::bad_input,
                      fmt::format("--embedding-model {}: not an embedding model", base::printable(text)),
                      "give a GGUF file that makes one vector of a text, e.g. all-MiniLM-L6-v2");
  }
  return source;
}

// The draft models of cells that are drafted. They are run as their files are, whatever the cell's precision.
Result<std::map<std::string, model::Source>> find_drafts(const plan::Plan& plan,
                                                         const model::LocateOptions& options) {
  std::map<std::string, model::Source> drafts;
  for (const plan::Cell& cell : plan::unfold(plan)) {
    const auto draft = plan::cell_settings(plan, cell).engine.draft;
    const bool names_model = draft && *draft != plan::kPromptLookup;
    if (!names_model || drafts.contains(*draft)) continue;
    TRY_ASSIGN(model::Source source, find_draft(*draft, options));
    drafts.emplace(*draft, std::move(source));
  }
  return drafts;
}

// Every path that is given, whether this plan has a use for it or not: a slip is told before any work.
Status check_paths(const plan::Plan& plan) {
  std::error_code ignored;
  for (const auto& folder : plan.accuracy_settings.include_paths) {
    if (std::filesystem::exists(folder, ignored)) continue;
    return base::fail(ErrorKind::usage,
                      fmt::format("'{}' is not a folder of task files", base::printable(folder.string())),
                      "check the spelling of --include-path");
  }
  TRY(model::check_calibration_text(plan.calibration));
  const auto& text = plan.fidelity_settings.text;
  if (!text.empty() && !std::filesystem::exists(text, ignored)) {
    return base::fail(ErrorKind::bad_input,
                      fmt::format("--fidelity-text {}: no such file", base::printable(text.string())),
                      "give a text file, or leave it out: there is an embedded text");
  }
  const std::string& embedder = plan.similarity_settings.embedding_model;
  if (embedder.empty()) return {};
  TRY_ASSIGN(const model::Reference reference, model::parse_reference(embedder));
  if (reference.kind != model::ReferenceKind::file || std::filesystem::exists(reference.path, ignored))
    return {};
  return base::fail(ErrorKind::bad_input,
                    fmt::format("--embedding-model {}: no such file", base::printable(embedder)),
                    "give a GGUF file that makes one vector of a text, or leave it out");
}

bool needs_embedder(const plan::Plan& plan, const Inputs& inputs) {
  if (plan.similarity_settings.embedding_model.empty()) return false;
  const auto takes_embedder = [](record::CellKind kind) { return record::row(kind).takes_embedder; };
  return std::ranges::any_of(plan.kinds, takes_embedder) ||
         std::ranges::any_of(inputs.tasks, [](const auto& task) { return task.second.needs_encoder; });
}

}  // namespace

Result<model::Source> find_draft(const std::string& reference, const model::LocateOptions& options) {
  const auto refused = [&reference](std::string_view why) {
    return base::fail(ErrorKind::usage, fmt::format("--draft {}: {}", base::printable(reference), why),
                      "give a small model of the same family, or --draft lookup");
  };
  TRY_ASSIGN(const model::Reference parsed, model::parse_reference(reference));
  TRY_ASSIGN(model::Source source, model::locate(parsed, options));
  if (source.shape) return refused("random weights guess nothing");
  if (source.adapter) return refused("a draft model is run without an adapter");
  if (gguf::embeds(source.info)) return refused("not a model that generates text");
  return source;
}

base::Result<std::map<std::string, TaskInput>> find_tasks(const plan::AccuracySettings& settings,
                                                          std::uint64_t seed,
                                                          const model::LocateOptions& options) {
  TRY_ASSIGN(const auto library, task::open_library(settings.include_paths, settings.allow_task_code));
  Selections selections;
  for (const std::string& name : settings.tasks) {
    TRY_ASSIGN(task::Selection selection, library.find(name));
    selections.push_back(std::move(selection));
  }
  std::vector<std::string> metrics(selections.size());
  if (settings.until_decided_points) {
    TRY_ASSIGN(metrics, judged_metrics(selections));
  }
  TaskFinder finder(settings, seed, options);
  std::map<std::string, TaskInput> tasks;
  for (std::size_t i = 0; i < selections.size(); ++i) {
    TaskInput input;
    finder.begin_selection();
    for (task::Task& leaf : selections[i].leaves) {
      TRY(finder.add(leaf, input));
      input.needs_encoder = input.needs_encoder || task::needs_encoder(leaf);
      if (const auto fits = evaluate::check_classifies(leaf); !fits)
        input.not_classified = fits.error().message;
    }
    if (input.staged) input.staged->metric = metrics[i];
    input.selection = std::move(selections[i]);
    tasks.emplace(settings.tasks[i], std::move(input));
  }
  return tasks;
}

std::optional<std::string> embedded_name(const model::Source& source) {
  if (source.reference.kind != model::ReferenceKind::embedded) return std::nullopt;
  return source.reference.target;
}

Result<Inputs> find_inputs(const plan::Plan& plan, const model::LocateOptions& options) {
  TRY(check_paths(plan));
  Inputs inputs;
  if (plan.engine_name == plan::kServedEngine) {
    TRY_ASSIGN(inputs.server, find_server(plan));
  }
  if (plan::is_program_engine(plan.engine_name)) {
    TRY_ASSIGN(inputs.program,
               find_program(plan.engine.program.value_or(""), plan.hang_timeout_s, options.stopped));
  }
  for (const plan::ModelEntry& entry : plan.models) {
    TRY(check_gpu(plan::engine_of(plan, entry)));
    TRY(check_rpc(plan::engine_of(plan, entry)));
    TRY_ASSIGN(model::Source source, find_model(plan, entry, options));
    inputs.sources.push_back(std::move(source));
  }
  if (plan.measures(record::CellKind::accuracy)) {
    TRY_ASSIGN(inputs.tasks, find_tasks(plan.accuracy_settings, plan.seed, options));
  }
  if (plan.measures(record::CellKind::fidelity)) {
    for (const model::Source& source : inputs.sources) {
      TRY_ASSIGN(const std::string text,
                 damage::fidelity_text(plan.fidelity_settings, embedded_name(source)));
      inputs.text_sha256.push_back(base::sha256(text));
    }
  }
  TRY_ASSIGN(inputs.drafts, find_drafts(plan, options));
  if (plan.measures(record::CellKind::energy)) {
    TRY_ASSIGN(inputs.power, find_power(plan));
  }
  if (const auto& base = plan.similarity_settings.base; base && plan.measures(record::CellKind::similarity)) {
    TRY_ASSIGN(inputs.similarity_base, find_similarity_base(*base, plan, options));
  }
  if (needs_embedder(plan, inputs)) {
    TRY_ASSIGN(inputs.embedder, find_embedder(plan.similarity_settings.embedding_model, options));
  }
  return inputs;
}

}  // namespace bantam::run
