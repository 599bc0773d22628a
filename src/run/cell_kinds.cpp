#include "run/cell_kinds.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "damage/fidelity.hpp"
#include "damage/similarity.hpp"
#include "evaluate/task_scores.hpp"
#include "measure/block.hpp"
#include "measure/open_loop.hpp"
#include "measure/scenario.hpp"
#include "measure/summary.hpp"
#include "plan/gates.hpp"
#include "record/block_energy.hpp"
#include "record/memory_line.hpp"
#include "record/min_memory.hpp"
#include "record/sections.hpp"
#include "run/estimates.hpp"
#include "run/min_memory.hpp"
#include "run/power.hpp"
#include "run/program.hpp"
#include "run/questions.hpp"
#include "run/resources.hpp"
#include "run/served.hpp"

namespace bantam::run {
namespace {

using base::Json;
using base::Status;

void append(std::vector<std::string>& to, std::vector<std::string> more) {
  std::move(more.begin(), more.end(), std::back_inserter(to));
}

record::TaskFacts task_facts(const task::Task& task) {
  record::TaskFacts facts;
  facts.name = task.name;
  facts.output_type = metric::name(task.output_type);
  facts.num_fewshot = task.num_fewshot.value_or(0);
  facts.version = task.version;
  facts.data = task.data.text();
  facts.config = task.config;
  for (const task::FilterSpec& filter : task.filters) facts.filters.push_back(filter.name);
  for (const task::MetricSpec& metric : task.metrics) facts.metrics.push_back(metric.name());
  if (task.output_type == task::OutputType::generate_until) {
    Json& generation = facts.generation.emplace(base::child_at(task.config, "generation_kwargs"));
    generation["until"] = task.generation.until;
    generation["max_gen_toks"] = task.generation.max_gen_toks;
    if (task.generation.sampling) generation["top_k"] = task.generation.sampling->top_k;
  }
  return facts;
}

record::GroupFacts group_facts(const task::Group& group, const evaluate::Scores& scores) {
  return {group.name, group.alias, group.parts, group.version, scores.metrics};
}

// The groups that a selection unfolded, the selected one first; none for a task or a tag.
std::vector<record::GroupFacts> group_facts(const task::Selection& selection, evaluate::TaskScores& result) {
  std::vector<record::GroupFacts> groups;
  if (!selection.group || selection.group->parts.empty()) return groups;
  groups.push_back(group_facts(*selection.group, evaluate::Scores{}));
  for (const task::Subgroup& inner : selection.subgroups)
    groups.push_back(group_facts(inner.group, result.subgroups[inner.group.name]));
  return groups;
}

void add_file_facts(const gguf::ModelInfo& info, record::Record& record) {
  record.metrics["parameters"] = {static_cast<double>(info.parameters), {}, {}, {}};
  record.metrics["bits_per_weight"] = {info.bits_per_weight, {}, {}, {}};
  record.metrics["file_bytes"] = {static_cast<double>(info.file_bytes), {}, {}, {}};
  record.metrics["weight_bytes"] = {static_cast<double>(info.weight_bytes), {}, {}, {}};
}

const TaskInput& task_input(const CellContext& context) {
  return context.inputs.tasks.at(context.cell.cell.task);
}

using Obstacle = std::optional<std::string>;

Obstacle no_energy(const Inputs& inputs, const PreparedCell&) {
  return no_power(*inputs.power);
}

Obstacle no_phases(const Inputs& inputs, const PreparedCell& cell) {
  if (!gguf::embeds(inputs.sources[cell.source].info)) return std::nullopt;
  return "an encoder has no prompts and tokens apart";
}

// Another sensor gives another result; none, and there is none.
void add_power(const Inputs& inputs, const PreparedCell&, Json& key) {
  Json names = Json::array();
  for (const std::size_t i : inputs.power->headline)
    names.push_back(inputs.power->found.present[i]->facts().name);
  key["power"] = std::move(names);
}

// A model that only has a classification head.
Obstacle not_classified(const Inputs& inputs, const PreparedCell& cell) {
  if (inputs.sources[cell.source].info.labels.empty()) return std::nullopt;
  return inputs.tasks.at(cell.cell.task).not_classified;
}

void add_text(const Inputs& inputs, const PreparedCell& cell, Json& key) {
  key["text"] = inputs.text_sha256[cell.source];
}

// Texts of answers depend on it. The tokenizers that put a space before the first word have kept it in the
// text in earlier versions.
void add_decoding(const Inputs& inputs, const PreparedCell& cell, Json& key) {
  const auto& tokenizer = inputs.sources[cell.source].info.tokenizer;
  if (tokenizer == "llama" || tokenizer == "t5") key["decoding"] = 2;
}

void add_embedder(const Inputs& inputs, const PreparedCell& cell, Json& key) {
  add_decoding(inputs, cell, key);
  if (inputs.embedder) key["embedder"] = inputs.embedder->sha256;
}

void add_task_files(const Inputs& inputs, const PreparedCell& cell, Json& key) {
  const TaskInput& task = inputs.tasks.at(cell.cell.task);
  key["task_files"] = task.fingerprint;
  const auto writes = [](const task::Task& leaf) {
    return leaf.output_type == task::OutputType::generate_until;
  };
  if (std::ranges::any_of(task.selection.leaves, writes)) add_decoding(inputs, cell, key);
}

// A chat template that must not reach the worker that holds the model.
Status try_chat_template(const CellWork& work, record::Record&) {
  const plan::AccuracySettings& accuracy = work.context.plan.accuracy_settings;
  if (!accuracy.apply_chat_template || !work.context.has_own_file()) return {};
  return check_chat_template(work.files.model.path, accuracy, &work.context.interrupts);
}

Status name_embedder(const CellWork& work, record::Record& record) {
  const auto& embedder = work.context.inputs.embedder;
  if (!embedder) return {};
  record::set_embedding_model(record, {embedder->reference.text, embedder->sha256, {}, {}});
  return {};
}

Json performance_job(const CellWork& work, const Part& part, record::DoneItems) {
  if (work.context.is_served()) return served_job(work, part);
  const std::int64_t round = part.round.value_or(0);
  job::PerformanceJob job;
  job.model = opened_file(work.context, work.files.model);
  job.engine = work.engine;
  job.performance = measure::block_settings(work.context.performance(), round, part.rounds_sharing);
  job.cold_load = round == 0;
  job.round = round;
  const auto& drafts = work.context.inputs.drafts;
  if (const auto draft = drafts.find(work.engine.draft.value_or("")); draft != drafts.end())
    job.draft_model = engine::ModelFile(draft->second.path);
  return to_json(job);
}

// Its requests go on for the whole time of the block: a short window says nothing of energy.
Json energy_job(const CellWork& work, const Part& part, record::DoneItems done) {
  Json json = performance_job(work, part, std::move(done));
  json["cold_load"] = false;
  json["warm_load"] = false;
  json["performance"]["target_interval"] = -1.0;  // never reached: the time alone ends it
  return json;
}

Json resources_job(const CellWork& work, const Part& part, record::DoneItems done) {
  Json json = performance_job(work, part, std::move(done));
  json["count_resources"] = true;
  return json;
}

Json fidelity_job(const CellWork& work, const Part&, record::DoneItems done) {
  return to_json(job::FidelityJob{
      opened_file(work.context, work.files.model), baseline_file(work.context, work.files), work.engine,
      work.context.plan.fidelity_settings, embedded_name(work.context.source()), std::move(done)});
}

Json similarity_job(const CellWork& work, const Part&, record::DoneItems done) {
  job::SimilarityJob job{opened_file(work.context, work.files.model),
                         baseline_file(work.context, work.files),
                         work.engine,
                         work.context.plan.similarity_settings,
                         std::nullopt,
                         std::move(done)};
  if (const auto& embedder = work.context.inputs.embedder)
    job.embedding_model = engine::ModelFile(embedder->path);
  job.baseline_engine = work.baseline_engine;
  return to_json(job);
}

Json accuracy_job(const CellWork& work, const Part& part, record::DoneItems done) {
  job::AccuracyJob job = questions_of(work.context.plan, task_input(work.context).selection);
  job.model =
      work.context.is_served() ? served_file(work.context) : opened_file(work.context, work.files.model);
  job.engine = work.engine;
  job.done = std::move(done);
  job.stage = part.stage;
  return to_json(job);
}

// What scoring cost, over the parts of this sitting; items of interrupted runs are not in it.
void add_scoring(const PartEnd& end, record::Record& record) {
  const auto answer = job::answer_from<job::ItemsAnswer>(end.answer);
  if (!answer || !answer->scoring) return;
  const record::Scoring& scoring = *answer->scoring;
  record::add_scoring(record, scoring);
  if (scoring.why_unshared && scoring.largest_sharing_difference)
    record.warnings.push_back(fmt::format("prefixes are not shared: {}", *scoring.why_unshared));
  if (scoring.why_engine_kernels)
    record.warnings.push_back(
        fmt::format("scored with the engine's kernels: {}", *scoring.why_engine_kernels));
}

// What the blocks tell beside their trials.
Status add_blocks(const std::vector<record::Block>& blocks, measure::Observed& observed,
                  record::Record& record) {
  for (const record::Block& block : blocks) {
    TRY_ASSIGN(auto answer, job::answer_from<job::PerformanceAnswer>(block.answer));
    if (block.engine.is_object()) record.engine.update(block.engine);
    append(record.warnings, block.warnings);
    observed.engine_memory = answer.memory;
    observed.encoder = answer.encoder;
    observed.weights_resident_bytes =
        std::max(observed.weights_resident_bytes, answer.weights_resident_bytes);
    observed.private_peak_bytes = std::max(observed.private_peak_bytes, block.private_peak_bytes);
    for (auto& [metric, reason] : answer.absent) observed.absent[metric] = std::move(reason);
  }
  return {};
}

void add_min_memory(record::Record& record) {
  constexpr const char* kMetric = "min_memory_bytes";
  const auto found = record::min_memory(record);
  if (!found) return;
  if (const auto value = record::min_memory_value(*found)) {
    record.metrics[kMetric] = *value;
    record.absent.erase(kMetric);
  } else {
    record.absent[kMetric] = found->absent.value_or("the kernel does not tell which pages are used");
  }
}

// All that the store has of a cell that is measured in rounds.
Status observe(const CellWork& work, const std::vector<record::Block>& blocks, measure::Observed& observed,
               record::Record& record) {
  TRY(add_blocks(blocks, observed, record));
  TRY_ASSIGN(observed.trials, work.context.store.trials(record.cell_key, record.attempt));
  observed.cpus_before = work.context.machine.cpus;
  const plan::PerformanceSettings settings = work.context.performance();
  observed.load = measure::load_of(settings);
  observed.load.served = work.context.is_served();
  observed.warm_up_is_forced = settings.num_warmup.has_value();
  for (const std::string& gate : plan::gates_off(settings))
    record.warnings.push_back(fmt::format("the gate '{}' is off: what it sees makes no round invalid", gate));
  return {};
}

void keep(measure::Summary summary, const std::vector<record::Block>& blocks, record::Record& record) {
  for (record::BlockFigures& figures : summary.blocks) {
    const auto block = std::ranges::find(blocks, figures.round, &record::Block::round);
    if (block == blocks.end()) continue;
    figures.series = block->series;
  }
  record::set_block_figures(record, summary.blocks);
  record::set_steadiness(record, summary.steadiness);
  record.metrics = std::move(summary.metrics);
  record.absent = std::move(summary.absent);
  append(record.warnings, std::move(summary.warnings));
  if (summary.reasons.empty()) return;
  record.outcome = record::Outcome::invalid;
  append(record.reasons, std::move(summary.reasons));
}

Status summarize_performance(const CellWork& work, const PartEnd&, record::Record& record) {
  measure::Observed observed;
  TRY_ASSIGN(const auto blocks, work.context.store.blocks(record.cell_key, record.attempt));
  TRY(observe(work, blocks, observed, record));
  keep(measure::summarize(observed, measure::gates_for(work.context.performance())), blocks, record);
  const auto with_line =
      std::ranges::find_if(blocks, [](const record::Block& block) { return block.memory_line.has_value(); });
  if (with_line != blocks.end()) record::set_memory_line(record, *with_line->memory_line);
  add_min_memory(record);
  if (work.context.is_served()) {
    add_server(work.context, record);
  } else if (work.context.is_in_program()) {
    add_program_facts(work.context.source(), record);
  } else {
    add_file_facts(work.info, record);
  }
  return {};
}

// The record keeps what all sensors said of one block: the first that counts, or else the first.
void keep_sources(const std::vector<record::Block>& blocks, record::Record& record) {
  const auto figures = record::block_figures(record);
  const record::BlockEnergy* kept = nullptr;
  for (const record::Block& block : blocks) {
    if (!block.energy) continue;
    if (kept == nullptr) kept = &*block.energy;
    const auto found = std::ranges::find(figures, block.round, &record::BlockFigures::round);
    if (found == figures.end() || !found->reasons.empty()) continue;
    kept = &*block.energy;
    break;
  }
  if (kept == nullptr) return;
  record::set_block_energy(record, *kept);
  const record::SourceEnergy* headline = kept->headline();
  if (headline != nullptr && headline->grade == device::name(device::Grade::d))
    record.warnings.push_back(
        fmt::format("energy is an estimate (grade D): {} takes a constant power", headline->name));
}

Status summarize_energy(const CellWork& work, const PartEnd&, record::Record& record) {
  measure::Observed observed;
  TRY_ASSIGN(const auto blocks, work.context.store.blocks(record.cell_key, record.attempt));
  TRY(observe(work, blocks, observed, record));
  observed.absent.clear();  // of loads and memory
  for (const record::Block& block : blocks) {
    if (block.energy) observed.energy[block.round] = *block.energy;
  }
  keep(measure::summarize_energy(observed, measure::gates_for(work.context.performance())), blocks, record);
  keep_sources(blocks, record);
  return {};
}

Status complete_accuracy(const CellWork& work, record::Record& record) {
  TRY(compare_answers(work, record));
  return add_code_values(work, record);
}

Status summarize_accuracy(const CellWork& work, const PartEnd&, record::Record& record) {
  const task::Selection& selection = task_input(work.context).selection;
  TRY_ASSIGN(const auto items, work.context.store.items(record.cell_key));
  TRY_ASSIGN(const auto code, code_scores(work, items));
  evaluate::TaskScores result = evaluate::task_scores(selection, items, code);
  record::set_groups(record, group_facts(selection, result));
  record.metrics = std::move(result.total.metrics);
  record.absent = std::move(result.total.absent);
  append(record.warnings, std::move(result.total.warnings));
  for (auto& [leaf, scores] : result.leaves) record.subtasks[leaf] = std::move(scores.metrics);
  record::set_items(record, std::ssize(items));
  std::vector<record::TaskFacts> tasks;
  for (const task::Task& leaf : selection.leaves) {
    append(record.warnings, leaf.warnings);
    record::TaskFacts& facts = tasks.emplace_back(task_facts(leaf));
    facts.items = std::ranges::count(items, leaf.name, &record::Item::task);
    facts.chance = evaluate::chance_level(leaf, items);
    facts.rows = leaf.rows;
  }
  record::set_tasks(record, tasks);
  for (const task::Task& leaf : selection.leaves) {
    if (leaf.code) record.task_info["code_sha256"][leaf.name] = leaf.code->sha256;
  }
  if (work.context.is_served()) add_server(work.context, record);
  return {};
}

template <typename Summary>
Status add_damage(const CellWork& work, Summary (*summarize)(const std::vector<record::Item>&),
                  record::Record& record) {
  TRY_ASSIGN(const auto items, work.context.store.items(record.cell_key));
  Summary summary = summarize(items);
  record.metrics = std::move(summary.metrics);
  record.absent = std::move(summary.absent);
  record::set_items(record, std::ssize(items));
  if (work.context.is_in_program())
    add_program_facts(work.context.source(), record);
  else
    add_file_facts(work.info, record);
  return {};
}

Status summarize_fidelity(const CellWork& work, const PartEnd&, record::Record& record) {
  return add_damage(work, damage::summarize_fidelity, record);
}

Status summarize_similarity(const CellWork& work, const PartEnd&, record::Record& record) {
  return add_damage(work, damage::summarize_similarity, record);
}

using enum record::CellKind;

constexpr std::array kRows{
    CellKindWork{.kind = performance,
                 .obstacle = nullptr,
                 .add_to_key = nullptr,
                 .begin = nullptr,
                 .job = performance_job,
                 .after_part = nullptr,
                 .complete = find_min_memory,
                 .summarize = summarize_performance,
                 .step = "the current run, while the round that has begun starts anew next time",
                 .estimate_s = estimate_performance_s},
    CellKindWork{.kind = energy,
                 .obstacle = no_energy,
                 .add_to_key = add_power,
                 .begin = nullptr,
                 .job = energy_job,
                 .after_part = nullptr,
                 .complete = nullptr,
                 .summarize = summarize_energy,
                 .step = "the current run, while the round that has begun starts anew next time",
                 .estimate_s = estimate_energy_s,
                 .not_served = "what the model takes behind a server is not what this program takes"},
    CellKindWork{.kind = resources,
                 .obstacle = no_phases,
                 .add_to_key = nullptr,
                 .begin = nullptr,
                 .job = resources_job,
                 .after_part = nullptr,
                 .complete = nullptr,
                 .summarize = summarize_resources,
                 .step = "the current run",
                 .estimate_s = nullptr,
                 .not_served = "what a server does cannot be seen from here"},
    CellKindWork{.kind = fidelity,
                 .obstacle = nullptr,
                 .add_to_key = add_text,
                 .begin = nullptr,
                 .job = fidelity_job,
                 .after_part = nullptr,
                 .complete = nullptr,
                 .summarize = summarize_fidelity,
                 .step = "the current chunk of text",
                 .estimate_s = nullptr,
                 .not_served = "a server does not give the probabilities of all tokens"},
    CellKindWork{.kind = similarity,
                 .obstacle = nullptr,
                 .add_to_key = add_embedder,
                 .begin = name_embedder,
                 .job = similarity_job,
                 .after_part = nullptr,
                 .complete = nullptr,
                 .summarize = summarize_similarity,
                 .step = "the current answers",
                 .estimate_s = nullptr,
                 .not_served =
                     "nobody tells the precision behind a server, and there is no base of it to compare with",
                 .compares_answers = true},
    CellKindWork{.kind = accuracy,
                 .obstacle = not_classified,
                 .add_to_key = add_task_files,
                 .begin = try_chat_template,
                 .job = accuracy_job,
                 .after_part = add_scoring,
                 .complete = complete_accuracy,
                 .summarize = summarize_accuracy,
                 .step = "the current batch of items",
                 .estimate_s = estimate_accuracy_s},
};
static_assert(kRows.size() == record::kCellKinds.size());
static_assert(std::ranges::is_sorted(kRows, {}, &CellKindWork::kind));

}  // namespace

const CellKindWork& cell_work(record::CellKind kind) {
  return kRows[static_cast<std::size_t>(kind)];
}

}  // namespace bantam::run
