#include "run/source_energy.hpp"

#include <algorithm>
#include <utility>

#include "base/text.hpp"

namespace bantam::run {
namespace {

using base::Result;
using energy::Window;
using record::SourceEnergy;

std::int64_t ns_of(double seconds) {
  return static_cast<std::int64_t>(seconds * 1e9);
}

// An encoder's sequence has no tokens: it is one phase from begin to end.
void add_requests(const record::Trial& trial, std::int64_t start_ns, Worked& worked) {
  const std::int64_t end_ns = start_ns + ns_of(trial.wall_s);
  if (trial.streams.empty()) worked.stamps.push_back({start_ns, end_ns, end_ns});
  for (const record::Stream& stream : trial.streams) {
    const std::int64_t first_ns = stream.token_ns.empty() ? end_ns : start_ns + stream.token_ns.front();
    const std::int64_t last_ns = stream.token_ns.empty() ? end_ns : start_ns + stream.token_ns.back();
    worked.stamps.push_back({start_ns, first_ns, last_ns});
    worked.prompt_tokens += stream.prompt_tokens;
    worked.output_tokens += std::ssize(stream.token_ns);
  }
}

// All that is asked of one sensor.
class Asked {
 public:
  Asked(const energy::Recording& recording, const energy::Trace& trace, const Worked& worked)
      : recording_(recording), trace_(trace), worked_(worked) {
    rules_.working = true;
    source_.name = trace.facts.name;
    source_.kind = trace.facts.kind;
    source_.scope = energy::name(trace.facts.scope);
    source_.grade = device::name(trace.facts.grade);
  }

  SourceEnergy answer(const std::optional<Window>& before, const std::optional<Window>& after) && {
    const auto energy = in(worked_.window, rules_);
    source_.idle_before_w = idle(before, "idle_before_w");
    source_.idle_after_w = idle(after, "idle_after_w");
    if (!energy) {
      source_.is_invalid = energy.error().kind == base::ErrorKind::invalid_measurement;
      source_.absent["joules"] = energy.error().message;
      return std::move(source_);
    }
    source_.joules = energy->joules;
    source_.mean_w = energy->mean_w;
    source_.peak_w = energy->peak_w;
    if (!energy->peak_w) source_.absent["peak_w"] = "the time is too short to tell the highest power";
    source_.samples = energy->samples;
    source_.update_period_s = energy->update_period_s;
    take(energy::net_joules(*energy, source_.idle_before_w, source_.idle_after_w), "net_joules",
         source_.net_joules);
    split();
    return std::move(source_);
  }

 private:
  // What the supply did says more than what a reading was like.
  Result<energy::Energy> in(const Window& window, const energy::Rules& rules) const {
    TRY(energy::check_supply(trace_.facts, recording_.supply, window));
    return energy::energy_between(trace_, window, rules);
  }

  std::optional<double> idle(const std::optional<Window>& window, const char* member) {
    if (!window) {
      source_.absent[member] = "--energy-idle is 0";
      return std::nullopt;
    }
    const auto energy = in(*window, energy::Rules{});
    if (energy) return energy->mean_w;
    source_.absent[member] = "idle: " + energy.error().message;
    return std::nullopt;
  }

  void take(const Result<double>& value, const char* member, std::optional<double>& into) {
    if (value)
      into = *value;
    else
      source_.absent[member] = value.error().message;
  }

  void split() {
    if (worked_.stamps.empty()) {
      source_.absent["prefill_joules"] = source_.absent["decode_joules"] = worked_.why_no_phases;
      return;
    }
    const auto phases = energy::split_phases(trace_, worked_.stamps, rules_);
    const auto of = [&phases](energy::PhaseEnergy energy::SplitEnergy::*phase) -> Result<double> {
      if (!phases) return tl::unexpected(phases.error());
      return ((*phases).*phase).joules;
    };
    take(of(&energy::SplitEnergy::prefill), "prefill_joules", source_.prefill_joules);
    take(of(&energy::SplitEnergy::decode), "decode_joules", source_.decode_joules);
  }

  const energy::Recording& recording_;
  const energy::Trace& trace_;
  const Worked& worked_;
  energy::Rules rules_;
  SourceEnergy source_;
};

// The sum of a figure; absent, with the first reason, where one has none.
void add_up(const std::vector<SourceEnergy>& parts, std::optional<double> SourceEnergy::*member,
            const char* name, SourceEnergy& sum) {
  double total = 0.0;
  for (const SourceEnergy& part : parts) {
    if (!(part.*member)) {
      const auto reason = part.absent.find(name);
      sum.absent[name] = part.name + ": " + (reason == part.absent.end() ? "no figure" : reason->second);
      return;
    }
    total += *(part.*member);
  }
  sum.*member = total;
}

}  // namespace

Worked worked_in(const std::vector<record::Trial>& trials, std::int64_t origin_ns) {
  Worked worked;
  for (const record::Trial& trial : trials) {
    if (trial.warmup) continue;
    const std::int64_t start_ns = origin_ns + ns_of(trial.start_s);
    const std::int64_t end_ns = start_ns + ns_of(trial.wall_s);
    if (worked.stamps.empty()) worked.window = {start_ns, end_ns};
    worked.window.from_ns = std::min(worked.window.from_ns, start_ns);
    worked.window.to_ns = std::max(worked.window.to_ns, end_ns);
    add_requests(trial, start_ns, worked);
  }
  worked.requests = std::ssize(worked.stamps);
  return worked;
}

SourceEnergy source_energy(const energy::Recording& recording, const energy::Trace& trace,
                           const Worked& worked, const IdleTimes& idle) {
  return Asked(recording, trace, worked).answer(idle.before, idle.after);
}

SourceEnergy sum_of(const std::vector<SourceEnergy>& parts) {
  SourceEnergy sum = parts.front();
  if (parts.size() == 1) return sum;
  sum = SourceEnergy{};
  sum.kind = parts.front().kind;
  sum.scope = parts.front().scope;
  std::vector<std::string> names;
  for (const SourceEnergy& part : parts) {
    names.push_back(part.name);
    sum.grade = std::max(sum.grade, part.grade);  // the worst: later letters
    sum.is_invalid = sum.is_invalid || part.is_invalid;
    sum.samples += part.samples;
    sum.update_period_s = std::max(sum.update_period_s, part.update_period_s);
  }
  sum.name = base::join(names, " + ");
  using S = SourceEnergy;
  add_up(parts, &S::joules, "joules", sum);
  add_up(parts, &S::net_joules, "net_joules", sum);
  add_up(parts, &S::prefill_joules, "prefill_joules", sum);
  add_up(parts, &S::decode_joules, "decode_joules", sum);
  add_up(parts, &S::mean_w, "mean_w", sum);
  add_up(parts, &S::idle_before_w, "idle_before_w", sum);
  add_up(parts, &S::idle_after_w, "idle_after_w", sum);
  sum.absent["peak_w"] = "the parts need not have their peaks at one time";
  return sum;
}

}  // namespace bantam::run
