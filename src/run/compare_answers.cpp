#include "run/cell_kinds.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "evaluate/encoder_metrics.hpp"
#include "job/process.hpp"
#include "record/sections.hpp"
#include "run/cell.hpp"

namespace bantam::run {
namespace {

using base::Status;

// How each leaf's BERTScore is computed, by name: nothing of it can be told from the value.
record::EmbeddingModelFacts how_compared(const model::Source& embedder,
                                         const std::vector<task::Task>& leaves) {
  record::EmbeddingModelFacts how{embedder.reference.text, embedder.sha256, {}, {}};
  const std::string model = embedder.info.name.value_or(embedder.path.stem().string());
  const auto last = static_cast<int>(embedder.info.layers.value_or(0));
  how.name = model;
  for (const task::Task& task : leaves) {
    const auto part = std::ranges::find_if(
        task.metrics, [](const auto& metric) { return metric.metric->of_bert_score != nullptr; });
    if (part == task.metrics.end()) continue;
    const score::BertScoreOptions options = metric::bert_score_options(part->options);
    const int layer = options.layer.value_or(last);
    how.bertscore.push_back(
        {task.name, evaluate::bert_score_name(model, layer, options.idf), layer, last, options.idf, false});
  }
  return how;
}

std::int64_t pairs_in(const evaluate::WaitingAnswers& answers) {
  std::size_t pairs = 0;
  for (const evaluate::AnswerSet& set : answers.sets) pairs += set.pairs.size();
  return static_cast<std::int64_t>(pairs);
}

// A failure of the embedding model must not read like one of the model that is measured.
base::Error named(base::Error error, const model::Source& embedder) {
  error.message = fmt::format("--embedding-model {}: {}", embedder.reference.text, error.message);
  return error;
}

Status compare(const CellContext& context, const std::string& cell_key, evaluate::WaitingAnswers answers) {
  Progress progress{"comparing answers", 0, 0, pairs_in(answers), "answers"};
  context.observer.on_progress(progress);
  const auto on_message = [&](const job::Message& message) -> Status {
    const auto* additions = std::get_if<job::ItemsExtended>(&message);
    if (additions == nullptr) return {};
    TRY(context.store.extend_items(cell_key, additions->items));
    progress.done += static_cast<std::int64_t>(additions->items.size());
    context.observer.on_progress(progress);
    return {};
  };
  job::WorkerOptions options;
  options.on_interrupt = [&context] {
    context.observer.on_notice(
        "stopping after the answers that are being compared; Ctrl-C again stops at once");
  };
  options.on_tick = [&context] { context.observer.on_tick(); };
  options.hang_timeout_s = context.plan.hang_timeout_s;
  const job::CompareJob job{engine::ModelFile(context.inputs.embedder->path), context.plan.engine,
                            std::move(answers)};
  TRY(job::run_worker(job, options, &context.interrupts, on_message));
  return {};
}

}  // namespace

Status compare_answers(const CellWork& work, record::Record& record) {
  const CellContext& context = work.context;
  if (!context.inputs.embedder) return {};
  const model::Source& embedder = *context.inputs.embedder;
  const auto& leaves = context.inputs.tasks.at(context.cell.cell.task).selection.leaves;
  const auto needs = [](const task::Task& task) { return task::needs_encoder(task); };
  if (std::ranges::none_of(leaves, needs)) return {};
  record::set_embedding_model(record, how_compared(embedder, leaves));
  TRY_ASSIGN(const auto items, context.store.items(record.cell_key));
  auto answers = evaluate::waiting_answers(leaves, items);
  if (answers.sets.empty()) return {};
  const FileIdentity before = identify(embedder.path);
  if (Status compared = compare(context, record.cell_key, std::move(answers)); !compared) {
    const base::ErrorKind kind = compared.error().kind;
    if (kind == base::ErrorKind::storage || kind == base::ErrorKind::interrupted) return compared;
    return tl::unexpected(named(std::move(compared).error(), embedder));
  }
  if (identify(embedder.path) == before) return {};
  TRY(context.store.drop_items(record.cell_key));  // nobody knows which content gave which value
  return tl::unexpected(
      named({base::ErrorKind::integrity, "the file changed while it was in use", "run it again"}, embedder));
}

}  // namespace bantam::run
