#include "tune/tune.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/clock.hpp"
#include "gguf/model_info.hpp"
#include "metric/catalogue.hpp"
#include "run/cell.hpp"
#include "run/inputs.hpp"
#include "run/kernels.hpp"
#include "run/machine.hpp"
#include "run/prepare.hpp"
#include "run/walk.hpp"
#include "store/store.hpp"
#include "tune/damage.hpp"

namespace bantam::tune {
namespace {

using analyze::Configuration;
using base::Result;
using base::Status;

// Of the time budget, what is kept for measuring the choice against the defaults.
constexpr double kLastShare = 0.3;

plan::Point point(const Choice& choice) {
  plan::Point point;
  point.label = choice.label;
  point.engine = choice.engine;
  return point;
}

class Search {
 public:
  Search(const Request& request, const Surroundings& surroundings)
      : request_(request),
        surroundings_(surroundings),
        objective_(*metric::find_metric(request.objective)),
        engine_(request.plan.engine),
        start_ns_(clock_.now_ns()) {}

  Result<Report> run() {
    TRY(look_around());
    for (std::size_t i = 0; i < request_.knobs.size(); ++i) {
      const Knob& knob = request_.knobs[i];
      Stage stage{.knob = knob.name, .before = current(engine_, knob), .is_lossy = knob.is_lossy};
      stage.skipped = knob.skipped;
      if (!stage.skipped && i > 0 && remaining_s() <= kept_for_last_s())
        stage.skipped = "the time budget is used up";
      if (!stage.skipped) TRY(try_choices(knob, stage, share_s(i)));
      report_.stages.push_back(std::move(stage));
    }
    if (const auto promising = most_promising(report_.stages, objective_)) {
      const Choice& choice = report_.stages[promising->stage].contenders[promising->contender].choice;
      engine_ = with(engine_, choice);
      report_.chosen.push_back(choice);
    }
    TRY(measure_last());
    std::optional<analyze::Change> gain;
    if (report_.last) {
      const auto found = report_.last->changes.find(request_.objective);
      if (found != report_.last->changes.end()) gain = found->second;
    }
    report_.verdict = conclude(report_.stages, gain, objective_);
    if (!report_.chosen.empty() && !gain) {
      report_.verdict.outcome = Outcome::cannot_tell;
      report_.verdict.sentence =
          "the chosen settings could not be measured against the defaults: keep the defaults";
    }
    return std::move(report_);
  }

 private:
  Status look_around() {
    const plan::ModelEntry& model = request_.plan.models.front();
    report_.model = model.name;
    report_.reference = model.reference;
    report_.precision = request_.plan.precisions.front();
    report_.objective = request_.objective;
    report_.workload = request_.plan.performance_settings;
    report_.folder = request_.folder;
    report_.engine = request_.plan.engine;
    machine_ = run::describe_machine(request_.folder);
    TRY_ASSIGN(kernels_, run::probe_kernels(machine_.engine_identity + machine_.cpu_identity));
    // All models at once: one that is not there is told before anything is measured.
    plan::Plan with_drafts = request_.plan;
    for (const Knob& knob : request_.knobs) {
      for (const Choice& choice : knob.choices) {
        if (choice.engine.contains("draft")) with_drafts.points.push_back(point(choice));
      }
    }
    TRY(run::find_inputs(with_drafts, surroundings_.locate));
    return {};
  }

  double remaining_s() const { return request_.time_budget_s - base::seconds(clock_.now_ns() - start_ns_); }

  // While nothing is taken there may be nothing to measure anew: half of that time is the search's, too.
  double kept_for_last_s() const {
    return (report_.chosen.empty() ? 0.5 : 1.0) * kLastShare * request_.time_budget_s;
  }

  // What this knob gets of the search's time: as much for each choice. It follows from the request alone, so
  // that an interrupted search finds its cells again.
  double share_s(std::size_t knob) const {
    std::size_t all = 0;
    for (const Knob& one : request_.knobs) all += one.skipped ? 0 : one.choices.size() + 1;
    return (1.0 - kLastShare) * request_.time_budget_s *
           static_cast<double>(request_.knobs[knob].choices.size() + 1) / static_cast<double>(all);
  }

  // A plan that measures these settings side by side.
  plan::Plan plan_of(const std::vector<Choice>& choices, double seconds, bool is_search) const {
    plan::Plan plan = request_.plan;
    plan.engine = engine_;
    for (const Choice& choice : choices) plan.points.push_back(point(choice));
    plan.performance_settings.time_budget_s = seconds;
    // So that a block is short enough for the rounds that a comparison takes.
    plan.performance_settings.max_seconds =
        std::min(plan.performance_settings.max_seconds, seconds / static_cast<double>(choices.size()));
    if (is_search) plan.decide_by = request_.objective;
    plan.store = request_.folder / fmt::format("{}-{}.db", ++stores_, is_search ? name_ : "last");
    return plan;
  }

  Status refuse_encoder() const {
    return base::fail(
        base::ErrorKind::bad_input,
        fmt::format("{} gives embeddings: tuning is for models that generate text", report_.model),
        "measure its settings with a sweep: bantam run --threads 1,2,4");
  }

  Status check_model() const {
    const model::Source& source = inputs_.sources.front();
    if (gguf::embeds(source.info)) return refuse_encoder();
    if (const auto& reason = cells_.front().skip_reason) {
      return base::fail(base::ErrorKind::usage,
                        fmt::format("{} at {}: {}", report_.model, report_.precision, *reason),
                        "name another of --precisions");
    }
    return {};
  }

  // The configurations in the order of the choices; what has no record is left out of the end.
  Result<std::vector<Configuration>> measure(const plan::Plan& plan, const std::string& title) {
    TRY_ASSIGN(inputs_, run::find_inputs(plan, surroundings_.locate));
    TRY_ASSIGN(cells_, run::prepare(plan, inputs_, machine_, kernels_));
    TRY(check_model());
    TRY_ASSIGN(store::Store store, store::Store::open(plan.store));
    run::Observer& observer = surroundings_.observer(title);
    TRY_ASSIGN(const auto summary, run::run_cells(plan, inputs_, cells_, machine_, kernels_, store,
                                                  surroundings_.interrupts, observer));
    if (summary.interrupted) return base::fail(base::ErrorKind::interrupted, "stopped");
    TRY_ASSIGN(const auto records, store.records());
    std::vector<Configuration> configurations;
    for (const run::PreparedCell& cell : cells_) {
      const auto record = std::ranges::find(records, cell.key, &record::Record::cell_key);
      if (record == records.end()) break;
      if (record->metrics.contains("sequence_latency_s")) return tl::unexpected(refuse_encoder().error());
      configurations.push_back(
          {record->model, record->precision, {{record->task, *record}}, false, record->point});
    }
    return configurations;
  }

  Status try_choices(const Knob& knob, Stage& stage, double seconds) {
    std::vector<Choice> choices{stage.before};
    for (const Choice& choice : knob.choices) {
      if (choice.label == stage.before.label) continue;
      choices.push_back(choice);
      stage.contenders.push_back(
          {.choice = choice, .change = {}, .memory_bytes = {}, .damage = {}, .refused = {}});
    }
    name_ = knob.name;
    const plan::Plan plan = plan_of(choices, seconds, true);
    TRY_ASSIGN(const auto configurations, measure(plan, knob.name));
    judge(stage, configurations, objective_, request_.limits);
    stage.taken = best(stage, objective_);
    while (knob.is_lossy && stage.taken) {
      Contender& contender = stage.contenders[*stage.taken];
      if (contender.damage) break;
      TRY(weigh(plan, contender));
      stage.taken = best(stage, objective_);
    }
    if (!stage.taken) return {};
    const Choice& taken = stage.contenders[*stage.taken].choice;
    engine_ = with(engine_, taken);
    report_.chosen.push_back(taken);
    return {};
  }

  // What a lossy choice does to predictions; too much refuses it.
  Status weigh(const plan::Plan& plan, Contender& contender) {
    const model::Source& source = inputs_.sources.front();
    if (source.shape) {
      contender.refused = "random weights do not tell what it does to answers";
      return {};
    }
    TRY_ASSIGN(store::Store store, store::Store::open_read_only(plan.store));
    const run::CellContext context{
        plan,     inputs_, cells_.front(),           machine_,
        kernels_, store,   surroundings_.interrupts, surroundings_.observer(name_)};
    plan::EngineSettings baseline = plan.engine;
    TRY_ASSIGN(const gguf::ModelInfo info, gguf::inspect(cells_.front().artifact.path));
    baseline.repack = baseline.repack && kernels_.choose(info.tensor_types).repack;
    auto damage =
        measure_damage(run::opened_file(context, cells_.front().artifact), run::embedded_name(source), plan,
                       with(baseline, contender.choice), baseline, surroundings_.interrupts);
    if (!damage && damage.error().kind == base::ErrorKind::interrupted) return tl::unexpected(damage.error());
    if (!damage) {
      contender.refused = fmt::format("its damage could not be measured: {}", damage.error().message);
      return {};
    }
    contender.damage = *damage;
    if (damage->kld_mean > request_.limits.damage)
      contender.refused = fmt::format("it changes predictions by {:.3g} nats per token, more than {:g}",
                                      damage->kld_mean, request_.limits.damage);
    return {};
  }

  // The choice against the defaults, in rounds of their own.
  Status measure_last() {
    if (report_.chosen.empty()) return {};
    Choice defaults{.label = "defaults", .flags = {}, .engine = base::Json::object()};
    Choice chosen{.label = "chosen", .flags = {}, .engine = base::Json::object()};
    const base::Json before = plan::to_json(request_.plan.engine);
    const base::Json after = plan::to_json(engine_);
    for (const Choice& choice : report_.chosen) {
      for (const auto& [key, value] : choice.engine.items()) {
        defaults.engine[key] = before.contains(key) ? before[key] : base::Json();
        chosen.engine[key] = after.contains(key) ? after[key] : base::Json();
      }
    }
    engine_ = request_.plan.engine;
    const plan::Plan plan = plan_of({defaults, chosen}, kLastShare * request_.time_budget_s, false);
    TRY_ASSIGN(const auto configurations, measure(plan, "chosen against defaults"));
    engine_ = with(engine_, chosen);
    if (configurations.size() < 2) {
      report_.last_failed = "it was not measured";
      return {};
    }
    TRY_ASSIGN(analyze::Impact impact, analyze::compare_two(configurations[0], {}, configurations[1], {}));
    const auto refused = impact.refused.find(std::string(analyze::kPerformance));
    if (refused != impact.refused.end()) report_.last_failed = refused->second;
    report_.last = std::move(impact);
    return {};
  }

  const Request& request_;
  const Surroundings& surroundings_;
  const metric::Metric& objective_;
  plan::EngineSettings engine_;  // so far
  base::MonotonicClock clock_;
  std::int64_t start_ns_;
  run::Machine machine_;
  run::KernelVerdicts kernels_;
  run::Inputs inputs_;
  std::vector<run::PreparedCell> cells_;
  std::string name_;
  mutable int stores_ = 0;
  Report report_;
};

}  // namespace

Result<Report> tune(const Request& request, const Surroundings& surroundings) {
  return Search(request, surroundings).run();
}

}  // namespace bantam::tune
