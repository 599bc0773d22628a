#include "run/power.hpp"

#include <algorithm>
#include <utility>

#include "base/text.hpp"
#include "energy/choose.hpp"
#include "energy/gpu_figures.hpp"
#include "run/power_trace.hpp"

namespace bantam::run {
namespace {

using base::Result;
using base::Status;
using energy::Window;
using record::BlockEnergy;
using record::SourceEnergy;

constexpr double kKeptS = 20'000.0;  // a block and its idle times by far, or the items of most tasks
constexpr double kMostKept = 1e6;    // readings of one sensor
constexpr double kSettleS = 0.3;     // until a machine that has worked counts as idle

std::int64_t ns_of(double seconds) {
  return static_cast<std::int64_t>(seconds * 1e9);
}

energy::Request request_of(const plan::Plan& plan) {
  const plan::EnergySettings& settings = plan.energy_settings;
  energy::Request request;
  request.roots = energy::roots_under(settings.sysfs_root);
  if (!settings.meter.empty()) request.meter = settings.meter;
  request.meter_field = settings.meter_field.value_or("");
  request.meter_baud = settings.meter_baud;
  request.tdp_w = settings.tdp_w;
  if (plan.engine.gpu_index) request.gpu = std::to_string(*plan.engine.gpu_index);
  return request;
}

// Nobody would see that another sensor stands in for a meter that was named and is not there.
Status check_meter(const energy::Request& request, const energy::Found& found) {
  const auto meter = std::ranges::find(found.absent, "external_meter", &energy::AbsentSource::kind);
  if (!request.meter || meter == found.absent.end()) return {};
  return base::fail(base::ErrorKind::usage,
                    "--meter " + base::printable(request.meter->string()) + ": " + meter->reason,
                    "`bantam device --power 10 --meter PATH` shows what it gives");
}

}  // namespace

Result<std::shared_ptr<Power>> find_power(const plan::Plan& plan) {
  auto power = std::make_shared<Power>();
  power->request = request_of(plan);
  TRY_ASSIGN(power->found, energy::find_sources(power->request, power->clock));
  TRY(check_meter(power->request, power->found));
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
                                    power.clock, {settings.sample_rate_hz, kept_s}, power.found.gpus));
  std::unique_ptr<BlockPower> block(new BlockPower(power, settings, std::move(sampler)));
  if (settings.idle_s > 0.0) TRY(wait(kSettleS + settings.idle_s));
  return block;
}

void BlockPower::work_begins() {
  work_begins_ns_ = power_->clock.now_ns();
}

Result<BlockEnergy> BlockPower::end(const Worked& worked, const Wait& wait) {
  const std::int64_t work_ended_ns = power_->clock.now_ns();
  // A meter that writes by itself may be a little late.
  TRY(wait(settings_->idle_s > 0.0 ? kSettleS + settings_->idle_s : kSettleS));
  const energy::Recording recording = sampler_.stop();
  BlockEnergy block;
  block.window_s = worked.window.length_s();
  block.requests = worked.requests;
  block.prompt_tokens = worked.prompt_tokens;
  block.output_tokens = worked.output_tokens;
  block.rate_hz = settings_->sample_rate_hz;
  block.sampler_cpu_s = recording.cpu_s;
  block.carbon_g_per_kwh = power_->carbon_g_per_kwh;
  block.battery_wh = power_->battery_wh;
  if (worked.requests == 0) {
    block.absent = "no request was counted";
    return block;
  }
  IdleTimes idle;
  if (settings_->idle_s > 0.0) {
    idle.before = Window{begin_ns_ + ns_of(kSettleS), work_begins_ns_};
    idle.after = Window{work_ended_ns + ns_of(kSettleS), work_ended_ns + ns_of(kSettleS + settings_->idle_s)};
  }
  const BlockTimes times{worked.window, idle.before, work_begins_ns_, idle.after};
  for (const energy::GpuReadings& gpu : recording.gpus)
    block.gpus.push_back(energy::gpu_load(gpu, worked.window, all_of(times)));
  std::vector<SourceEnergy> headline;
  for (std::size_t i = 0; i < recording.traces.size(); ++i) {
    SourceEnergy source = source_energy(recording, recording.traces[i], worked, idle);
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
  add_power_trace(recording, power_->headline, times, worked.stamps, block);
  return block;
}

}  // namespace bantam::run
