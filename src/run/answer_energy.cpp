#include "run/answer_energy.hpp"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>

#include "measure/energy_figures.hpp"
#include "record/sections.hpp"

namespace bantam::run {
namespace {

using record::BlockEnergy;
using record::SourceEnergy;

// CPU time of all workers that have ended.
double children_cpu_s() {
  rusage usage{};
  if (getrusage(RUSAGE_CHILDREN, &usage) != 0) return 0.0;
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

void add_figure(SourceEnergy& sum, const SourceEnergy& part, std::optional<double> SourceEnergy::*member,
                const char* name) {
  if (sum.*member && part.*member) {
    *(sum.*member) += *(part.*member);
    return;
  }
  if (sum.*member) {  // else its own reason stands
    const auto reason = part.absent.find(name);
    sum.absent[name] = reason == part.absent.end() ? "a part of the items has none" : reason->second;
  }
  (sum.*member).reset();
}

void add_source(SourceEnergy& sum, const SourceEnergy& part) {
  add_figure(sum, part, &SourceEnergy::joules, "joules");
  add_figure(sum, part, &SourceEnergy::net_joules, "net_joules");
  sum.is_invalid = sum.is_invalid || part.is_invalid;
  sum.samples += part.samples;
  sum.peak_w = sum.peak_w && part.peak_w ? std::optional(std::max(*sum.peak_w, *part.peak_w)) : std::nullopt;
  sum.idle_after_w = part.idle_after_w;
  sum.update_period_s = std::max(sum.update_period_s, part.update_period_s);
}

}  // namespace

AnswerEnergy::AnswerEnergy() : before_(measure::read_snapshot()), children_s_(children_cpu_s()) {}

base::Result<BlockEnergy> AnswerEnergy::end(BlockPower& power, const Answering& answering,
                                            const measure::Gates& gates, const Wait& wait) const {
  const measure::Window window = measure::window_between(before_, measure::read_snapshot());
  const double workers_s = children_cpu_s() - children_s_;
  Worked worked;
  worked.window = {answering.from_ns, answering.to_ns};
  worked.requests = answering.items;
  worked.why_no_phases = "items are scored many at once: a phase has no time of its own";
  TRY_ASSIGN(BlockEnergy energy, power.end(worked, wait));
  if (energy.requests == 0) energy.absent = "no item was scored";
  const auto bound = gates.others_share.invalid_above;
  if (!window.others_s || !window.total_s || *window.total_s <= 0.0 || !bound) return energy;
  const double share = (*window.others_s - workers_s) / *window.total_s;
  if (share > *bound)
    energy.absent = fmt::format(
        "other programs used {:.1f} % of the CPU time while items were scored (at most {:.1f} %: "
        "--max-disturbance)",
        100.0 * share, 100.0 * *bound);
  return energy;
}

void add_part(BlockEnergy& sum, const BlockEnergy& part) {
  sum.window_s += part.window_s;
  sum.requests += part.requests;
  sum.sampler_cpu_s += part.sampler_cpu_s;
  if (sum.absent.empty()) sum.absent = part.absent;
  sum.power_trace.reset();
  sum.power_trace_absent = "the items were scored in several parts";
  for (record::GpuLoad& gpu : sum.gpus) {
    const auto more = std::ranges::find(part.gpus, gpu.name, &record::GpuLoad::name);
    if (more != part.gpus.end()) record::add_gpu_load(gpu, *more);
  }
  for (SourceEnergy& source : sum.sources) {
    const auto more = std::ranges::find(part.sources, source.name, &SourceEnergy::name);
    if (more != part.sources.end()) {
      add_source(source, *more);
    } else {
      source.joules.reset();
      source.net_joules.reset();
      source.absent["joules"] = "it was not read for a part of the items";
    }
    source.mean_w =
        source.joules && sum.window_s > 0.0 ? std::optional(*source.joules / sum.window_s) : std::nullopt;
  }
}

void set_answer_energy(record::Record& record, const std::optional<BlockEnergy>& energy) {
  const measure::BlockEnergyFigures figures =
      energy ? measure::answer_energy_figures(*energy, record.metrics)
             : measure::no_answer_energy("no item was scored in this sitting: all were kept from before");
  for (const auto& [name, value] : figures.values) record.metrics[name] = {value, {}, {}, {}};
  for (const auto& [name, reason] : figures.absent) record.absent[name] = reason;
  if (!energy) return;
  record::set_block_energy(record, *energy);
  const BlockEnergy* only = &*energy;
  std::ranges::move(measure::judge_gpus(record.task, {&only, 1}, measure::Gates{}).warnings,
                    std::back_inserter(record.warnings));
  if (const auto none = figures.absent.find("energy_per_item_j"); none != figures.absent.end())
    record.warnings.push_back("no energy of its items: " + none->second);
  std::int64_t items = 0;
  for (const record::TaskFacts& task : record::tasks(record)) items += task.items;
  if (!figures.values.empty() && energy->requests < items)
    record.warnings.push_back(fmt::format(
        "energy is that of {} of {} items: the others were scored before, when no sensor was read",
        energy->requests, items));
}

}  // namespace bantam::run
