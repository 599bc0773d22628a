#include "run/resources.hpp"

#include <fmt/format.h>

#include <array>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "base/text.hpp"
#include "measure/block.hpp"
#include "measure/bottleneck.hpp"
#include "measure/judge_trials.hpp"
#include "measure/load.hpp"
#include "metric/catalogue.hpp"
#include "record/scenario.hpp"

namespace bantam::run {
namespace {

using base::Json;
using base::Result;
using measure::PhaseSeen;
using record::Record;

struct Phase {
  const char* name;
  const char* scenario;
  bool is_load;
};
constexpr auto kPhases = std::to_array<Phase>({{"load_cold", measure::kLoadCold, true},
                                               {"load_warm", measure::kLoadWarm, true},
                                               {"prefill", record::kPrompt, false},
                                               {"decode", record::kGeneration, false}});

// Sets a metric, or why it is not there.
void set(Record& record, const std::string& metric, const std::optional<double>& value, std::int64_t n,
         const std::string& why_not) {
  if (value)
    record.metrics[metric] = record::Value{*value, {}, {}, n};
  else
    record.absent[metric] = why_not;
}

std::optional<double> ratio(const std::optional<std::int64_t>& part,
                            const std::optional<std::int64_t>& whole) {
  if (!part || !whole || *whole <= 0) return std::nullopt;
  return static_cast<double>(*part) / static_cast<double>(*whole);
}

void add_counted(const std::string& phase, const PhaseSeen& seen, Record& record) {
  const bool any = seen.trials > 0 && seen.wall_s > 0.0;
  const std::string none = "no run was counted";
  set(record, phase + "_cpus", any && seen.cpu_s ? std::optional(*seen.cpu_s / seen.wall_s) : std::nullopt,
      seen.trials, any ? "the system does not tell CPU times" : none);
  set(record, phase + "_ipc", ratio(seen.instructions, seen.cycles), seen.trials,
      any ? "the processor's counters cannot be read; `bantam device` tells why" : none);
}

void add_shares(const Result<measure::WorkFacts>& facts, const PhaseSeen& prefill, const PhaseSeen& decode,
                Record& record) {
  const std::string why = facts ? "no run was counted" : facts.error().message;
  const auto share = [&](const PhaseSeen& seen, auto of, const measure::PhaseWork& work,
                         double limit) -> std::optional<double> {
    if (seen.steps <= 0 || !(seen.wall_s > 0.0) || !(limit > 0.0)) return std::nullopt;
    return of(seen, work, limit);
  };
  const measure::WorkFacts known = facts.value_or(measure::WorkFacts{});
  set(record, "decode_mbu", share(decode, measure::bandwidth_share, known.decode, known.read_bytes_per_s),
      decode.trials, why);
  set(record, "prefill_mfu", share(prefill, measure::compute_share, known.prefill, known.operations_per_s),
      prefill.trials, why);
}

Json phase_json(const PhaseSeen& seen, const Result<measure::PhaseVerdict>& verdict) {
  Json json = measure::to_json(seen);
  if (verdict)
    json["verdict"] = measure::to_json(*verdict);
  else
    json["absent"] = verdict.error().message;
  return json;
}

Result<measure::WorkFacts> facts_of(const CellContext& context) {
  const TellWork& tell = context.inputs.tell_work;
  if (!tell) return base::fail(base::ErrorKind::environment, "what this machine can do was not measured");
  context.observer.on_progress({"measuring what this machine can do", 0, 0, {}, ""});
  return tell(context.plan, context.cell.cell);
}

void judge_machine(const CellWork& work, const std::vector<record::Trial>& trials, Record& record) {
  measure::Trials all;
  for (const record::Trial& trial : trials) all.push_back(&trial);
  const measure::Validity validity =
      measure::judge_block(all, measure::gates_for(work.context.performance()));
  record.warnings.insert(record.warnings.end(), validity.warnings.begin(), validity.warnings.end());
  if (validity.reasons.empty()) return;
  record.outcome = record::Outcome::invalid;
  record.reasons.insert(record.reasons.end(), validity.reasons.begin(), validity.reasons.end());
}

}  // namespace

base::Status summarize_resources(const CellWork& work, const PartEnd&, Record& record) {
  TRY_ASSIGN(const auto trials, work.context.store.trials(record.cell_key, record.attempt));
  const auto facts = facts_of(work.context);
  Json phases = Json::object();
  std::map<std::string, PhaseSeen> all;
  for (const Phase& phase : kPhases) {
    const PhaseSeen seen = measure::phase_seen(trials, phase.scenario);
    const measure::WorkFacts known = facts.value_or(measure::WorkFacts{});
    auto verdict = phase.is_load
                       ? measure::judge_load(seen)
                       : measure::judge_phase(
                             seen, phase.scenario == record::kPrompt ? known.prefill : known.decode, known);
    if (!facts && !phase.is_load) verdict = tl::unexpected(facts.error());
    phases[phase.name] = phase_json(seen, verdict);
    if (!phase.is_load) add_counted(phase.name, seen, record);
    all[phase.name] = seen;
  }
  add_shares(facts, all["prefill"], all["decode"], record);
  Json& resources = record.task_info["resources"] = Json{{"phases", std::move(phases)}};
  if (facts)
    resources["machine"] = measure::to_json(*facts);
  else
    record.warnings.push_back("the limits of this machine are not known: " + facts.error().message);
  judge_machine(work, trials, record);
  return {};
}

}  // namespace bantam::run
