#include "run/power.hpp"

#include <algorithm>
#include <utility>

#include "base/text.hpp"
#include "energy/choose.hpp"
#include "energy/figures.hpp"
#include "energy/judged.hpp"
#include "energy/window_energy.hpp"
#include "measure/figures.hpp"
#include "run/power_trace.hpp"

namespace bantam::run {
namespace {

using base::Result;
using base::Status;
using energy::Window;
using record::BlockEnergy;
using record::SourceEnergy;

constexpr double kKeptS = 7200.0;  // a block and its idle times, by far
constexpr double kMostKept = 1e6;  // readings of one sensor
constexpr double kSettleS = 0.3;   // until a machine that has worked counts as idle

std::int64_t ns_of(double seconds) {
  return static_cast<std::int64_t>(seconds * 1e9);
}

// The counted requests of a block, by the clock of the sensors.
struct Work {
  Window window;
  std::vector<energy::RequestStamps> requests;
  std::int64_t prompt_tokens = 0;
  std::int64_t output_tokens = 0;
};

// An encoder's sequence has no tokens: it is one phase from begin to end.
void add_requests(const record::Trial& trial, std::int64_t start_ns, Work& work) {
  const std::int64_t end_ns = start_ns + ns_of(trial.wall_s);
  if (trial.streams.empty()) work.requests.push_back({start_ns, end_ns, end_ns});
  for (const record::Stream& stream : trial.streams) {
    const std::int64_t first_ns = stream.token_ns.empty() ? end_ns : start_ns + stream.token_ns.front();
    const std::int64_t last_ns = stream.token_ns.empty() ? end_ns : start_ns + stream.token_ns.back();
    work.requests.push_back({start_ns, first_ns, last_ns});
    work.prompt_tokens += stream.prompt_tokens;
    work.output_tokens += std::ssize(stream.token_ns);
  }
}

Work work_of(const std::vector<record::Trial>& trials, std::int64_t origin_ns) {
  Work work;
  for (const record::Trial& trial : trials) {
    if (trial.warmup) continue;
    const std::int64_t start_ns = origin_ns + ns_of(trial.start_s);
    const std::int64_t end_ns = start_ns + ns_of(trial.wall_s);
    if (work.requests.empty()) work.window = {start_ns, end_ns};
    work.window.from_ns = std::min(work.window.from_ns, start_ns);
    work.window.to_ns = std::max(work.window.to_ns, end_ns);
    add_requests(trial, start_ns, work);
  }
  return work;
}

// All that is asked of one sensor.
class Asked {
 public:
  Asked(const energy::Recording& recording, const energy::Trace& trace, const Work& work)
      : recording_(recording), trace_(trace), work_(work) {
    rules_.working = true;
    source_.name = trace.facts.name;
    source_.kind = trace.facts.kind;
    source_.scope = energy::name(trace.facts.scope);
    source_.grade = device::name(trace.facts.grade);
  }

  SourceEnergy answer(const std::optional<Window>& before, const std::optional<Window>& after) && {
    const auto energy = in(work_.window, rules_);
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
    const auto phases = energy::split_phases(trace_, work_.requests, rules_);
    const auto of = [&phases](energy::PhaseEnergy energy::SplitEnergy::*phase) -> Result<double> {
      if (!phases) return tl::unexpected(phases.error());
      return ((*phases).*phase).joules;
    };
    take(of(&energy::SplitEnergy::prefill), "prefill_joules", source_.prefill_joules);
    take(of(&energy::SplitEnergy::decode), "decode_joules", source_.decode_joules);
  }

  const energy::Recording& recording_;
  const energy::Trace& trace_;
  const Work& work_;
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

// Several of one kind and scope as one.
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

energy::Request request_of(const plan::Plan& plan) {
  const plan::EnergySettings& settings = plan.energy_settings;
  energy::Request request;
  request.roots = energy::roots_under(settings.sysfs_root);
  if (!settings.meter.empty()) request.meter = settings.meter;
  request.meter_baud = settings.meter_baud;
  request.tdp_w = settings.tdp_w;
  if (plan.engine.gpu_index) request.gpu = std::to_string(*plan.engine.gpu_index);
  return request;
}

}  // namespace

Result<std::shared_ptr<Power>> find_power(const plan::Plan& plan) {
  auto power = std::make_shared<Power>();
  power->request = request_of(plan);
  TRY_ASSIGN(power->found, energy::find_sources(power->request, power->clock));
  std::vector<energy::SourceFacts> facts;
  for (const auto& source : power->found.present) facts.push_back(source->facts());
  TRY_ASSIGN(power->headline, energy::choose_headline(facts, plan.energy_settings.source));
  power->carbon_g_per_kwh = plan.energy_settings.carbon_g_per_kwh;
  power->battery_wh = plan.energy_settings.battery_wh
                          ? plan.energy_settings.battery_wh
                          : energy::battery_capacity_wh(power->request.roots.sysfs);
  return power;
}

std::optional<std::string> no_power(const Power& power) {
  if (!power.headline.empty()) return std::nullopt;
  return "no sensor of energy or power can be read here; `bantam device` tells of each why";
}

BlockPower::BlockPower(const Power& power, const plan::EnergySettings& settings, energy::Sampler sampler)
    : power_(&power), settings_(&settings), sampler_(std::move(sampler)), begin_ns_(power.clock.now_ns()) {}

Result<std::unique_ptr<BlockPower>> BlockPower::begin(const Power& power,
                                                      const plan::EnergySettings& settings,
                                                      const Wait& wait) {
  const double kept_s = std::min(kKeptS, kMostKept / settings.sample_rate_hz);
  TRY_ASSIGN(energy::Sampler sampler,
             energy::Sampler::start(power.found.present, energy::SupplyWatch(power.request.roots.sysfs),
                                    power.clock, {settings.sample_rate_hz, kept_s}));
  std::unique_ptr<BlockPower> block(new BlockPower(power, settings, std::move(sampler)));
  if (settings.idle_s > 0.0) TRY(wait(kSettleS + settings.idle_s));
  return block;
}

void BlockPower::work_begins() {
  work_begins_ns_ = power_->clock.now_ns();
}

Result<BlockEnergy> BlockPower::end(const std::vector<record::Trial>& trials,
                                    std::optional<std::int64_t> origin_ns, const Wait& wait) {
  const std::int64_t work_ended_ns = power_->clock.now_ns();
  // A meter that writes by itself may be a little late.
  TRY(wait(settings_->idle_s > 0.0 ? kSettleS + settings_->idle_s : kSettleS));
  const energy::Recording recording = sampler_.stop();
  const Work work = work_of(trials, origin_ns.value_or(0));
  BlockEnergy block;
  block.window_s = work.window.length_s();
  block.requests = std::ssize(work.requests);
  block.prompt_tokens = work.prompt_tokens;
  block.output_tokens = work.output_tokens;
  block.rate_hz = settings_->sample_rate_hz;
  block.sampler_cpu_s = recording.cpu_s;
  block.carbon_g_per_kwh = power_->carbon_g_per_kwh;
  block.battery_wh = power_->battery_wh;
  if (!origin_ns || work.requests.empty()) {
    block.absent = "no request was counted";
    return block;
  }
  std::optional<Window> before;
  std::optional<Window> after;
  if (settings_->idle_s > 0.0) {
    before = Window{begin_ns_ + ns_of(kSettleS), work_begins_ns_};
    after = Window{work_ended_ns + ns_of(kSettleS), work_ended_ns + ns_of(kSettleS + settings_->idle_s)};
  }
  std::vector<SourceEnergy> headline;
  for (std::size_t i = 0; i < recording.traces.size(); ++i) {
    SourceEnergy source = Asked(recording, recording.traces[i], work).answer(before, after);
    if (std::ranges::find(power_->headline, i) != power_->headline.end()) headline.push_back(source);
    block.sources.push_back(std::move(source));
  }
  if (headline.empty()) {
    block.absent = "no sensor of energy or power can be read here";
    return block;
  }
  SourceEnergy all = sum_of(headline);
  all.is_headline = true;
  std::erase_if(block.sources, [&](const SourceEnergy& source) { return source.name == all.name; });
  block.sources.insert(block.sources.begin(), std::move(all));
  add_power_trace(recording, power_->headline, {work.window, before, work_begins_ns_, after}, work.requests,
                  block);
  return block;
}

}  // namespace bantam::run
