#include "report/gpu_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/text.hpp"
#include "base/units.hpp"
#include "record/block_energy.hpp"
#include "report/grouped_lines.hpp"

namespace bantam::report {
namespace {

using record::GpuFigure;
using record::GpuLoad;
using record::GpuSpan;
using record::kGpuFigureFacts;
using record::kGpuFigures;
using table::Cell;
using table::Mark;
using table::Table;

struct Watched {
  const analyze::Configuration* configuration;
  std::string task;
  GpuLoad gpu;
};

std::vector<Watched> watched_in(const analyze::Analysis& analysis) {
  std::vector<Watched> all;
  for (const analyze::Configuration& configuration : analysis.configurations) {
    for (const auto& [task, record] : configuration.cells) {
      const auto energy = record::block_energy(record);
      if (!energy) continue;
      for (const GpuLoad& gpu : energy->gpus) all.push_back({&configuration, task, gpu});
    }
  }
  return all;
}

// "63 % (40–85)", "10.2 GiB (10.1–10.2)".
std::string span_text(std::size_t figure, const GpuSpan& span) {
  if (figure == static_cast<std::size_t>(GpuFigure::memory_used))
    return fmt::format("{} (at most {})", base::format_bytes(span.mean), base::format_bytes(span.max));
  return fmt::format("{:.0f} {} ({:.0f}–{:.0f})", span.mean, kGpuFigureFacts[figure].unit, span.min,
                     span.max);
}

Cell throttle_cell(const GpuLoad& gpu) {
  if (!gpu.throttle) return {"–", Mark::none};
  if (gpu.throttle->times == 0) return {"no", Mark::none};
  return {fmt::format("{:.1f} % of the time", 100.0 * gpu.throttle->share), Mark::problem};
}

std::string title_of(const std::string& key) {
  const auto found = std::ranges::find(kGpuFigureFacts, key, &record::GpuFigureFacts::key);
  return found == kGpuFigureFacts.end() ? "throttling" : std::string(found->title);
}

// "nvml:0 does not tell temperature: Not Supported.", once for all cells.
void add_absent(const std::vector<Watched>& all, Table& table) {
  std::map<std::string, std::vector<std::string>> titles;
  for (const Watched& one : all) {
    for (const auto& [key, reason] : one.gpu.absent) {
      std::vector<std::string>& of_reason = titles[one.gpu.name + "\n" + reason];
      if (const std::string title = title_of(key); std::ranges::find(of_reason, title) == of_reason.end())
        of_reason.push_back(title);
    }
  }
  for (const auto& [place, missing] : titles) {
    const auto line = place.find('\n');
    table.notes.push_back(base::printable(
        fmt::format("No {} of {}: {}.", enumerated(missing), place.substr(0, line), place.substr(line + 1))));
  }
}

// The share of the time with a power limit, which is no fault of the machine.
void add_reasons(const Watched& one, Table& table) {
  if (!one.gpu.throttle) return;
  const std::string where = fmt::format("{} {} {} {}", one.configuration->model, one.configuration->setup(),
                                        one.task, one.gpu.name);
  if (const std::string text = record::throttling_text(*one.gpu.throttle); !text.empty())
    table.notes.push_back(base::printable(fmt::format("{} was throttled: {}.", where, text)));
  const auto capped = one.gpu.throttle->shares.find("sw_power_cap");
  if (capped != one.gpu.throttle->shares.end())
    table.notes.push_back(base::printable(
        fmt::format("{} was at its power limit {:.1f} % of the time.", where, 100.0 * capped->second)));
}

}  // namespace

Table gpu_table(const analyze::Analysis& analysis) {
  Table table("GPUs while energy was measured", 4, {"Model", "Precision", "Task", "GPU"});
  const std::vector<Watched> all = watched_in(analysis);
  if (all.empty()) return table;
  std::vector<std::size_t> shown;
  for (std::size_t i = 0; i < kGpuFigures; ++i) {
    if (std::ranges::none_of(all, [i](const Watched& one) { return one.gpu.figures[i].has_value(); }))
      continue;
    shown.push_back(i);
    std::string head(kGpuFigureFacts[i].title);
    head.front() = static_cast<char>(std::toupper(static_cast<unsigned char>(head.front())));
    table.add_column(std::move(head));
  }
  table.add_column("Throttled");
  for (const Watched& one : all) {
    std::vector<Cell> row{{one.configuration->model, Mark::none},
                          {one.configuration->setup(), Mark::none},
                          {base::printable(one.task), Mark::none},
                          {base::printable(one.gpu.name), Mark::none}};
    for (const std::size_t i : shown) {
      const auto& span = one.gpu.figures[i];
      row.push_back({span ? span_text(i, *span) : "–", Mark::none});
    }
    row.push_back(throttle_cell(one.gpu));
    table.rows.push_back(std::move(row));
    add_reasons(one, table);
  }
  add_absent(all, table);
  return table;
}

}  // namespace bantam::report
