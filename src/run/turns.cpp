#include "run/turns.hpp"

#include <fmt/format.h>

#include <utility>

#include "measure/block.hpp"
#include "record/sections.hpp"

namespace bantam::run {
namespace {

using base::Result;
using base::Status;
using record::Outcome;

void count(RunSummary& summary, const record::Record& record, bool reused) {
  summary.reused += reused ? 1 : 0;
  switch (record.outcome) {
    case Outcome::ok:
      ++summary.ok;
      summary.with_failed_items += record.metrics.contains("failed") ? 1 : 0;
      return;
    case Outcome::skipped:
      ++summary.skipped;
      return;
    case Outcome::failed:
      ++summary.failed;
      break;
    case Outcome::invalid:
      ++summary.invalid;
      break;
  }
  if (summary.first_failure) return;
  summary.first_failure = record.outcome == Outcome::invalid ? base::ErrorKind::invalid_measurement
                                                             : kind_of_failure(record.failure);
}

// A record whose score is that of a part of the items only.
std::string early_stop_warning(std::int64_t used, std::int64_t total) {
  return fmt::format(
      "stopped after {} of {} items, when the comparison was decided: the score is that of a seeded part, "
      "and its interval takes no account of the stopping",
      used, total);
}

// Whether an earlier run has left a record on as many items.
bool is_known_with(const Walker& walker, const std::optional<record::Adaptive>& adaptive) {
  if (!walker.known || walker.known->outcome != Outcome::ok || !adaptive) return false;
  const auto known = record::adaptive(*walker.known);
  return known && known->n_used == adaptive->n_used;
}

}  // namespace

std::optional<base::ErrorKind> kind_of_failure(const std::optional<record::Failure>& failure) {
  if (!failure) return std::nullopt;
  if (failure->kind != kDoesNotFit) return base::error_kind_from(failure->kind);
  return failure->signal ? base::ErrorKind::worker : base::ErrorKind::environment;
}

Result<Walker> Turns::walker(std::size_t index) {
  TRY_ASSIGN(auto known, context_.store.find_record(context_.cells[index].key));
  return Walker{{context_.plan, context_.inputs, context_.cells[index], context_.machine, context_.kernels,
                 context_.store, context_.interrupts, context_.observer},
                {index, context_.cells.size(), context_.cells[index].cell, ""},
                std::move(known)};
}

bool Turns::is_final(const Walker& walker) const {
  return walker.known && run::is_final(*walker.known, context_.plan.retry);
}

Status Turns::check_interrupts() {
  context_.interrupts.update();
  if (context_.interrupts.count() == 0) return {};
  return base::fail(base::ErrorKind::interrupted, "stopped");
}

Status Turns::open(Walker& walker) {
  if (walker.open) return {};
  TRY_ASSIGN(walker.open, OpenCell::begin(walker.context));
  return {};
}

Status Turns::settle(Walker& walker, const record::Record& record, bool reused) {
  walker.open.reset();
  walker.is_settled = true;
  count(summary_, record, reused);
  return context_.observer.on_cell_finished(walker.position, record, reused);
}

Status Turns::walk_alone(std::size_t index) {
  Group group;
  TRY_ASSIGN(Walker alone, walker(index));
  group.push_back(std::move(alone));
  Walker& walker = group.front();
  if (is_final(walker)) return settle(walker, *walker.known, true);
  OnePart schedule;
  const auto& skip_reason = context_.cells[index].skip_reason;
  if (!skip_reason) return take_turns(group, schedule);
  TRY(check_interrupts());
  context_.observer.on_cell_started(walker.position);
  TRY(open(walker));
  TRY_ASSIGN(const auto record, walker.open->skip(*skip_reason));
  return settle(walker, record, false);
}

// Carries out the steps of the schedule. A record of an earlier run to which nothing was added stands.
Status Turns::take_turns(Group& group, Schedule& schedule) {
  while (true) {
    TRY_ASSIGN(const auto step, schedule.next());
    if (!step) break;
    TRY(std::visit([&](const auto& one) { return take(one, group, schedule); }, *step));
  }
  for (Walker& walker : group) {
    if (!walker.is_settled && walker.known) TRY(settle(walker, *walker.known, true));
  }
  return {};
}

Status Turns::take(const MeasurePart& step, Group& group, Schedule& schedule) {
  TRY(check_interrupts());
  return judged(measure(group[step.cell], step.part), step.cell, group, schedule);
}

Status Turns::take(const CloseCell& step, Group& group, Schedule& schedule) {
  Walker& walker = group[step.cell];
  if (!walker.open && is_known_with(walker, step.adaptive)) return {};
  return judged(close(walker, step), step.cell, group, schedule);
}

Status Turns::take(const FailCell& step, Group& group, Schedule& schedule) {
  return failed(step.error, step.cell, group, schedule);
}

// Errors of a step: the run's as they are, the cell's as its record. A file that cannot be made for want of
// space fails its cell; only the store ends the run.
Status Turns::judged(const Status& done, std::size_t cell, Group& group, Schedule& schedule) {
  if (done) return done;
  const base::ErrorKind kind = done.error().kind;
  const bool is_the_stores = kind == base::ErrorKind::storage && !group[cell].cannot_be_prepared;
  if (is_the_stores || kind == base::ErrorKind::interrupted) return done;
  return failed(done.error(), cell, group, schedule);
}

Status Turns::failed(const base::Error& error, std::size_t cell, Group& group, Schedule& schedule) {
  Walker& walker = group[cell];
  TRY(open(walker));
  TRY_ASSIGN(const auto record, walker.open->fail(error));
  TRY(settle(walker, record, false));
  schedule.on_failed(cell, error);
  return {};
}

Status Turns::measure(Walker& walker, const Part& part) {
  TRY(open(walker));
  CellPosition position = walker.position;
  position.part = part.name;
  position.is_announced = part.round.has_value();
  context_.observer.on_cell_started(position);
  if (!walker.is_prepared) {
    const Status ready = walker.open->prepare();
    walker.cannot_be_prepared = !ready;
    if (!ready) return ready;
  }
  walker.is_prepared = true;
  walker.has_worked = true;
  if (part.round) {
    TRY(wait_until_quiet());
    TRY(wait_until_cool(walker, part));
  }
  return walker.open->work(part);
}

Status Turns::close(Walker& walker, const CloseCell& step) {
  if (!walker.has_worked && step.last) TRY(measure(walker, *step.last));
  TRY(walker.open->complete());
  TRY(walker.open->summarize());
  record::Record& record = walker.open->record();
  if (step.adaptive) {
    record::set_adaptive(record, *step.adaptive);
    const std::int64_t used = step.adaptive->n_used.value_or(0);
    if (used < step.adaptive->n_total)
      record.warnings.push_back(early_stop_warning(used, step.adaptive->n_total));
  }
  TRY_ASSIGN(const auto stored, walker.open->finish());
  return settle(walker, stored, false);
}

Status Turns::wait_until_quiet() {
  const double wait_s = context_.plan.performance_settings.wait_quiet_s;
  if (wait_s <= 0.0) return {};
  context_.observer.on_progress({"waiting for a quiet machine", 0, 0, {}, ""});
  TRY_ASSIGN(const auto share, measure::wait_until_quiet(wait_s, [this] {
               context_.observer.on_tick();
               return check_interrupts();
             }));
  if (share && *share > measure::kQuietShare) {
    context_.observer.on_notice(
        fmt::format("the machine did not become quiet within {:g} s: others take {:.0f} % of the CPU", wait_s,
                    100.0 * *share));
  }
  return {};
}

// One that stays too hot is measured all the same, and its record says so.
Status Turns::wait_until_cool(Walker& walker, const Part& part) {
  const plan::PerformanceSettings& settings = context_.plan.performance_settings;
  if (!settings.start_temperature_c) return {};
  context_.observer.on_progress({"waiting until it is cool", 0, 0, {}, ""});
  const double wait_s = settings.cool_timeout_s.value_or(plan::kDefaultCoolTimeoutS);
  const auto tick = [this] {
    context_.observer.on_tick();
    return check_interrupts();
  };
  TRY_ASSIGN(const auto now_c, measure::wait_until_cool(*settings.start_temperature_c, wait_s, tick,
                                                        context_.plan.energy_settings.sysfs_root));
  std::vector<std::string>& warnings = walker.open->record().warnings;
  if (!now_c)
    warnings.emplace_back("--start-temperature has no effect: no temperature can be read here");
  else if (*now_c > *settings.start_temperature_c)
    warnings.push_back(fmt::format("{} began at {:.0f} °C, above the {:g} °C that were asked for", part.name,
                                   *now_c, *settings.start_temperature_c));
  return {};
}

}  // namespace bantam::run
