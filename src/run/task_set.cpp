#include "run/task_set.hpp"

#include <fmt/format.h>

#include <optional>

#include "base/text.hpp"
#include "cache/embedded.hpp"
#include "evaluate/classify.hpp"
#include "evaluate/encoder_metrics.hpp"
#include "evaluate/judged.hpp"
#include "evaluate/prompts.hpp"
#include "task/documents.hpp"
#include "task/subset.hpp"
#include "task/task_data.hpp"

namespace bantam::run {
namespace {

using base::Result;

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

  base::Status add(const task::Task& leaf, TaskInput& input) {
    const bool with_fewshot = evaluate::shots_of(leaf, chosen_) > 0;
    if (task::is_remote(leaf, with_fewshot)) {
      TRY_ASSIGN(const bool there, bring(leaf, with_fewshot, input));
      if (!there) return {};
    }
    TRY_ASSIGN(const std::string fingerprint, task::fingerprint(leaf, with_fewshot));
    input.fingerprint += fingerprint + " ";
    TRY_ASSIGN(const auto rows, task::load_rows(leaf, false));
    input.items += items_of(rows.docs.size());
    return staged_ ? add_looks(leaf, input) : base::Status{};
  }

 private:
  base::Status add_looks(const task::Task& leaf, TaskInput& input) const {
    task::Settings settings = chosen_;
    settings.num_fewshot = 0;  // examples do not change the order
    TRY_ASSIGN(const auto prompter, evaluate::Prompter::make(leaf, settings, nullptr));
    if (!input.looks) input.looks.emplace();
    add_rows(*input.looks, leaf.name, prompter.order());
    return {};
  }

  std::int64_t items_of(std::size_t docs) const {
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
      if (data.evaluated) input.items += items_of(static_cast<std::size_t>(data.rows.value_or(0)));
    }
    return missing.empty();
  }

  const model::LocateOptions& options_;
  task::Settings chosen_;
  bool staged_ = false;  // the plan stops what is decided
  std::optional<hub::DataHub> hub_;
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

}  // namespace

base::Result<std::map<std::string, TaskInput>> find_tasks(const plan::AccuracySettings& settings,
                                                          std::uint64_t seed,
                                                          const model::LocateOptions& options) {
  TRY_ASSIGN(const auto library, task::open_library(settings.include_paths));
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
    for (const task::Task& leaf : selections[i].leaves) {
      TRY(finder.add(leaf, input));
      input.needs_encoder = input.needs_encoder || task::needs_encoder(leaf);
      if (const auto fits = evaluate::check_classifies(leaf); !fits)
        input.not_classified = fits.error().message;
    }
    if (input.looks) input.looks->metric = metrics[i];
    tasks.emplace(settings.tasks[i], std::move(input));
  }
  return tasks;
}

}  // namespace bantam::run
