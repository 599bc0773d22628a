#include "run/compare_answers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "evaluate/encoder_metrics.hpp"
#include "job/job.hpp"
#include "job/process.hpp"
#include "run/cell.hpp"
#include "run/task_set.hpp"

namespace bantam::run {
namespace {

using base::Json;
using base::Result;
using base::Status;

// How each leaf's BERTScore is computed, by name: nothing of it can be told from the value.
Json how_of(const model::Source& embedder, const std::vector<task::Task>& leaves) {
  Json how{{"reference", embedder.reference.text}, {"sha256", embedder.sha256}};
  const std::string model = embedder.info.name.value_or(embedder.path.stem().string());
  const auto last = static_cast<int>(embedder.info.layers.value_or(0));
  how["name"] = model;
  for (const task::Task& task : leaves) {
    const auto part = std::ranges::find_if(
        task.metrics, [](const auto& metric) { return metric.metric->of_bert_score != nullptr; });
    if (part == task.metrics.end()) continue;
    const score::BertScoreOptions options = metric::bert_score_options(part->options);
    const int layer = options.layer == 0 ? last : options.layer;
    how["bertscore"][task.name] = {{"name", evaluate::bert_score_name(model, layer, options.idf)},
                                   {"layer", layer},
                                   {"layers", last},
                                   {"idf", options.idf},
                                   {"rescaled", false}};
  }
  return how;
}

std::int64_t pairs_in(const evaluate::WaitingAnswers& answers) {
  std::size_t pairs = 0;
  for (const evaluate::AnswerSet& set : answers.sets) pairs += set.pairs.size();
  return static_cast<std::int64_t>(pairs);
}

// A failure of the embedding model must not read like one of the model that is measured.
Ended named(Ended ended, const model::Source& embedder) {
  if (ended.error) {
    ended.error->message =
        fmt::format("--embedding-model {}: {}", embedder.reference.text, ended.error->message);
  }
  return ended;
}

Ended compare(const CellRun& run, const std::string& cell_key, evaluate::WaitingAnswers answers) {
  Progress progress{"comparing answers", 0, 0, pairs_in(answers), "answers"};
  run.observer.on_progress(progress);
  const auto store = [&](const Json& message) -> Status {
    if (base::string_at(message, "type") != job::message::kAdditions) return {};
    std::vector<record::Item> additions;
    for (const Json& json : base::child_at(message, "items")) {
      TRY_ASSIGN(record::Item item, record::item_from(json));
      additions.push_back(std::move(item));
    }
    TRY(run.store.extend_items(cell_key, additions));
    progress.done += static_cast<std::int64_t>(additions.size());
    run.observer.on_progress(progress);
    return {};
  };
  job::WorkerOptions options;
  options.on_interrupt = [&run] {
    run.observer.on_notice("finishing the answers at work; Ctrl-C again stops at once");
  };
  options.hang_timeout_s = run.plan.hang_timeout_s;
  const job::CompareJob job{engine::ModelFile(run.embedder->path), run.plan.engine, std::move(answers)};
  return ended_by(job::run_worker(to_json(job), options, &run.interrupts, store));
}

}  // namespace

Result<Ended> compare_answers(const CellRun& run, record::Record& record) {
  if (run.embedder == nullptr || !plan::is_accuracy_task(run.cell.cell.task)) return Ended{};
  TRY_ASSIGN(const auto library, task::open_library(run.plan.accuracy_settings.include_paths));
  TRY_ASSIGN(const task::Selection selection, library.find(run.cell.cell.task));
  const auto needs = [](const task::Task& task) { return task::needs_encoder(task); };
  if (std::ranges::none_of(selection.leaves, needs)) return Ended{};
  record.task_info["embedding_model"] = how_of(*run.embedder, selection.leaves);
  TRY_ASSIGN(const auto items, run.store.items(record.cell_key));
  auto answers = evaluate::waiting_answers(selection.leaves, items);
  if (answers.sets.empty()) return Ended{};
  const FileIdentity before = identity_of(run.embedder->path);
  Ended ended = compare(run, record.cell_key, std::move(answers));
  if (ended.error && ended.error->kind == base::ErrorKind::storage) return tl::unexpected(*ended.error);
  if (!ended.interrupted && !ended.error && identity_of(run.embedder->path) != before) {
    TRY(run.store.drop_items(record.cell_key));  // nobody knows which content gave which value
    ended.error =
        base::Error{base::ErrorKind::integrity, "the file changed while it was in use", "run it again"};
  }
  return named(std::move(ended), *run.embedder);
}

}  // namespace bantam::run
