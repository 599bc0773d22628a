#include "recommend/next_run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>
#include <vector>

#include "plan/complete.hpp"
#include "plan/model_settings.hpp"
#include "plan/option_values.hpp"
#include "plan/program.hpp"
#include "plan/served.hpp"
#include "plan/settings_options.hpp"
#include "recommend/objective.hpp"
#include "record/sections.hpp"
#include "stats/blocks.hpp"

namespace bantam::recommend {
namespace {

using analyze::Configuration;
using Kind = NextMeasurement::Kind;
template <typename T>
using OrText = tl::expected<T, std::string>;

constexpr std::int64_t kMostRounds = 1000;
constexpr double kMostSeconds = 1e7;
constexpr double kMostRuns = 1e6;

tl::unexpected<std::string> because(std::string reason) {
  return tl::unexpected<std::string>(std::move(reason));
}

// A model of the plan, and which of its precisions are measured.
struct Subject {
  std::string text;  // as models are named: "small=a.gguf", "a.gguf"
  std::string model;
  std::vector<std::string> precisions;
};

std::optional<std::string> reference_of(const Configuration& configuration) {
  for (const auto& [task, record] : configuration.cells) {
    if (record::evidence_of(record) == record::Evidence::measured) return record.reference;
  }
  if (configuration.predicted) return configuration.predicted->reference;
  return std::nullopt;
}

// As `bantam run` takes it; absent where a name or a reference has marks that would be read otherwise.
std::optional<std::string> model_text(const std::string& model, const std::string& reference) {
  const bool is_default = plan::default_model_name(reference) == model;
  const std::string text = is_default ? reference : fmt::format("{}={}", model, reference);
  const plan::ModelEntry entry = plan::model_entry_from(text);
  if (text.ends_with(".txt") || entry.reference != reference || entry.name != (is_default ? "" : model))
    return std::nullopt;
  return text;
}

OrText<std::vector<Subject>> find_subjects(const std::vector<const Configuration*>& wanted) {
  std::vector<Subject> subjects;
  for (const Configuration* one : wanted) {
    const std::string name = name_of(*one);
    if (!one->point.empty())
      return because(fmt::format("{} is a point of a sweep: run the sweep itself again", name));
    const auto reference = reference_of(*one);
    if (!reference)
      return because(
          fmt::format("{} was measured by another tool, and nobody has said where its model lies: name it "
                      "with --predict {}=REF",
                      name, one->model));
    if (reference->starts_with(plan::kServedScheme))
      return because(fmt::format("{} is behind a server: measure it there again, with more rounds", name));
    if (reference->starts_with(plan::kProgramScheme))
      return because(
          fmt::format("{} is in a program of its own: measure it there again, with more rounds", name));
    const auto text = model_text(one->model, *reference);
    if (!text) return because(fmt::format("{} cannot be named to a run: {}", name, *reference));
    const auto known = std::ranges::find(subjects, one->model, &Subject::model);
    if (known == subjects.end()) {
      subjects.push_back({*text, one->model, {one->precision}});
    } else if (known->text != *text) {
      return because(fmt::format("{} was measured from another file than {}", name, known->text));
    } else {
      known->precisions.push_back(one->precision);
    }
  }
  return subjects;
}

// The first cell of the task that bantam has measured.
const record::Record* measured_cell(const std::vector<const Configuration*>& wanted,
                                    const std::string& task) {
  for (const Configuration* one : wanted) {
    const auto cell = one->cells.find(task);
    if (cell != one->cells.end() && record::evidence_of(cell->second) == record::Evidence::measured)
      return &cell->second;
  }
  return nullptr;
}

plan::CellSettings speed_settings(const std::vector<const Configuration*>& wanted) {
  const record::Record* source = measured_cell(wanted, std::string(analyze::kPerformance));
  for (const Configuration* one : wanted) {
    if (source == nullptr && one->predicted) source = &*one->predicted;
  }
  plan::CellSettings settings =
      source != nullptr ? plan::cell_settings_from(source->settings) : plan::CellSettings{};
  if (!settings.performance) settings.performance.emplace();
  settings.performance->time_budget_s.reset();
  return settings;
}

// Of requests whose energy is measured; a sensor that is not named is found anew.
plan::CellSettings energy_settings(const std::vector<const Configuration*>& wanted) {
  const record::Record* source = measured_cell(wanted, std::string(analyze::kEnergy));
  plan::CellSettings settings =
      source != nullptr ? plan::cell_settings_from(source->settings) : plan::CellSettings{};
  if (!settings.performance) settings.performance.emplace();
  if (!settings.energy) settings.energy.emplace();
  settings.performance->time_budget_s.reset();
  return settings;
}

// As many rounds as are missing beside those that there are: a run measures all of them anew, side by side.
// Always more than the settings ask for, since cells of the same settings are there already.
void set_rounds(plan::CellSettings& all, const NextMeasurement& next) {
  plan::PerformanceSettings& settings = *all.performance;
  const std::int64_t least =
      std::max<std::int64_t>(stats::kRoundLooks.front(), settings.rounds.value_or(0) + 1);
  const std::int64_t wanted =
      std::clamp(next.known + next.rounds.value_or(0), least, std::max(least, kMostRounds));
  if (next.known > 0) {
    // A block keeps its length.
    const double times = std::max(1.0, static_cast<double>(wanted) / static_cast<double>(next.known));
    settings.max_seconds = std::min(kMostSeconds, settings.max_seconds * times);
    if (settings.num_runs)
      settings.num_runs = static_cast<int>(std::min(kMostRuns, std::ceil(*settings.num_runs * times)));
    if (all.energy) {
      all.energy->seconds = std::min(kMostSeconds, all.energy->seconds * times);
      if (all.energy->sample_runs)
        all.energy->sample_runs =
            static_cast<int>(std::min(kMostRuns, std::ceil(*all.energy->sample_runs * times)));
    }
  }
  settings.rounds = static_cast<int>(std::min(wanted, kMostRounds));
}

bool uses_every_item(const record::Record& cell) {
  const auto tasks = record::tasks(cell);
  return !tasks.empty() && std::ranges::all_of(tasks, [](const record::TaskFacts& task) {
    return task.rows && task.items >= *task.rows;
  });
}

OrText<plan::CellSettings> score_settings(const std::vector<const Configuration*>& wanted,
                                          const std::string& task, const NextMeasurement& next) {
  const record::Record* cell = measured_cell(wanted, task);
  plan::CellSettings settings =
      cell != nullptr ? plan::cell_settings_from(cell->settings) : plan::CellSettings{};
  if (!settings.accuracy) settings.accuracy.emplace();
  plan::AccuracySettings& accuracy = *settings.accuracy;
  accuracy.until_decided_points.reset();
  if (!next.items) return settings;
  if (!accuracy.limit || (cell != nullptr && uses_every_item(*cell)))
    return because("every item of the tasks is scored already: more tasks would tell, with --accuracy-tasks");
  const double times = static_cast<double>(next.known + *next.items) /
                       static_cast<double>(std::max<std::int64_t>(1, next.known));
  const bool is_share = *accuracy.limit < 1.0;
  const double limit = *accuracy.limit * times;
  if (is_share && limit >= 1.0)
    accuracy.limit.reset();
  else
    accuracy.limit = is_share ? limit : std::ceil(limit);
  return settings;
}

void append(plan::OptionValues& options, plan::OptionValues more) {
  for (auto& one : more) options.push_back(std::move(one));
}

plan::OptionValues named(const std::vector<Subject>& subjects) {
  std::vector<std::string> texts;
  for (const Subject& subject : subjects) texts.push_back(subject.text);
  plan::OptionValues options;
  options.emplace_back("models", std::move(texts));
  return options;
}

// Each model has its own, unless they are the same.
void add_precisions(const std::vector<Subject>& subjects, plan::OptionValues& options) {
  const bool are_same = std::ranges::all_of(
      subjects, [&](const Subject& subject) { return subject.precisions == subjects.front().precisions; });
  if (are_same) {
    options.emplace_back("precisions", subjects.front().precisions);
    return;
  }
  std::vector<std::string> settings;
  for (const Subject& subject : subjects) {
    base::Json own = base::Json::object();
    own["precisions"] = subject.precisions;
    settings.push_back(plan::model_setting(subject.text, std::move(own)));
  }
  options.emplace_back(plan::kModelSettings, std::move(settings));
}

std::vector<std::string> names_of(const QualityTasks& tasks) {
  std::vector<std::string> names;
  for (const QualityTask& task : tasks.tasks) names.push_back(task.column.task);
  return names;
}

OrText<plan::OptionValues> scoring(const std::vector<const Configuration*>& wanted, const QualityTasks& tasks,
                                   const NextMeasurement& next, const std::vector<Subject>& subjects) {
  for (const Subject& subject : subjects) {
    if (subject.text.find("synthetic:") != std::string::npos)
      return because(fmt::format("{} has random weights, whose answers mean nothing", subject.model));
  }
  const auto settings = score_settings(wanted, tasks.tasks.front().column.task, next);
  if (!settings) return because(settings.error());
  plan::OptionValues options = named(subjects);
  options.emplace_back("tasks", std::vector{std::string(record::name(record::CellKind::accuracy))});
  options.emplace_back("accuracy_tasks", names_of(tasks));
  append(options, plan::options_of(*settings));
  add_precisions(subjects, options);
  return options;
}

plan::OptionValues timing(const std::vector<const Configuration*>& wanted, const NextMeasurement& next,
                          const std::vector<Subject>& subjects) {
  plan::CellSettings settings = next.is_of_energy ? energy_settings(wanted) : speed_settings(wanted);
  if (next.kind != Kind::choice) set_rounds(settings, next);
  // What is predicted of memory is the least that it runs in.
  if (next.kind == Kind::choice) settings.performance->min_memory = true;
  plan::OptionValues options = named(subjects);
  options.emplace_back(
      "tasks", std::vector{std::string(next.is_of_energy ? analyze::kEnergy : analyze::kPerformance)});
  append(options, plan::options_of(settings));
  add_precisions(subjects, options);
  return options;
}

}  // namespace

tl::expected<plan::OptionValues, std::string> measuring_run(const analyze::Configuration& configuration) {
  const std::vector<const Configuration*> wanted{&configuration};
  const auto subjects = find_subjects(wanted);
  if (!subjects) return because(subjects.error());
  return timing(wanted, {}, *subjects);
}

tl::expected<plan::OptionValues, std::string> next_run(const analyze::Analysis& analysis,
                                                       const QualityTasks& tasks, const Answer& answer) {
  if (!answer.choice || !answer.next) return because("nothing is left that a measurement would tell");
  const NextMeasurement& next = *answer.next;
  std::vector<const Configuration*> wanted{&analysis.configurations[*answer.choice]};
  for (const Place& place : answer.places) {
    if (next.kind != Kind::choice && place.standing == Standing::rival)
      wanted.push_back(&analysis.configurations[place.configuration]);
  }
  const auto subjects = find_subjects(wanted);
  if (!subjects) return because(subjects.error());
  const bool is_of_scores = next.kind == Kind::items || next.kind == Kind::same_items;
  if (is_of_scores && tasks.tasks.empty()) return because("no task was scored");
  if (is_of_scores) return scoring(wanted, tasks, next, *subjects);
  return timing(wanted, next, *subjects);
}

}  // namespace bantam::recommend
