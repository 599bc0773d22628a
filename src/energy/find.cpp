#include "energy/find.hpp"

#include <algorithm>
#include <map>
#include <system_error>

#include "base/text.hpp"
#include "energy/finders.hpp"

namespace bantam::energy {
namespace {

std::string_view measures(Quantity quantity) {
  return quantity == Quantity::joules ? "energy" : "power";
}

device::Sensor line_of(const Source& source) {
  const SourceFacts& facts = source.facts();
  device::Sensor line{
      facts.name, std::string(measures(facts.quantity)), facts.unit, facts.grade, true, facts.where, ""};
  line.scope = name(facts.scope);
  line.update_period_s = facts.update_period_s;
  return line;
}

device::Sensor line_of(const AbsentSource& absent) {
  return {absent.name, absent.measures, absent.unit, absent.grade, false, absent.where, absent.reason};
}

// What a GPU tells of its load in one line, and a line for each reason why it does not tell the rest.
void add_gpu_lines(const GpuLoad& gpu, std::vector<device::Sensor>& lines) {
  std::vector<std::string> there;
  std::vector<std::string> units;
  std::map<std::string, std::vector<std::string>> missing;
  const auto add = [&](std::string_view title, std::string_view unit, const std::string& absent) {
    if (!absent.empty()) {
      missing[absent].emplace_back(title);
      return;
    }
    there.emplace_back(title);
    if (std::ranges::find(units, unit) == units.end() && !unit.empty()) units.emplace_back(unit);
  };
  for (std::size_t i = 0; i < record::kGpuFigures; ++i)
    add(record::kGpuFigureFacts[i].title, record::kGpuFigureFacts[i].unit, gpu.facts().absent[i]);
  add("throttling", "", gpu.facts().no_reasons);
  const std::string name = gpu.facts().name + ":load";
  if (!there.empty())
    lines.push_back(
        {name, base::join(there, ", "), base::join(units, ", "), {}, true, gpu.facts().product, ""});
  for (const auto& [reason, titles] : missing)
    lines.push_back({name, base::join(titles, ", "), "", {}, false, gpu.facts().product, reason});
}

// Kinds in the order in which they are looked for.
std::vector<std::string> kinds_of(const Found& found) {
  std::vector<std::string> kinds;
  const auto add = [&kinds](const std::string& kind) {
    if (std::ranges::find(kinds, kind) == kinds.end()) kinds.push_back(kind);
  };
  for (const char* kind : {"rapl", "nvml", "hwmon_power", "intel_gpu", "raspberry_pi_pmic", "battery",
                           "battery_power", "external_meter", "tdp"})
    add(kind);
  for (const auto& source : found.present) add(source->facts().kind);
  for (const AbsentSource& absent : found.absent) add(absent.kind);
  return kinds;
}

}  // namespace

Roots roots_under(const std::filesystem::path& folder) {
  if (folder == "/") return {};
  const std::filesystem::path library = folder / "usr/lib/libnvidia-ml.so.1";
  std::error_code error;
  const bool has_library = std::filesystem::is_regular_file(library, error);
  return {folder / "sys", folder / "proc", folder / "usr/bin/vcgencmd",
          has_library ? std::filesystem::absolute(library, error).string() : std::string()};
}

base::Result<Found> find_sources(const Request& request, const base::Clock& clock) {
  Found found;
  find_rapl(request, clock, found);
  find_nvml(request, clock, found);
  find_hwmon(request, clock, found);
  find_pmic(request, clock, found);
  find_batteries(request, clock, found);
  TRY(find_meter(request, clock, found));
  TRY(find_tdp(request, clock, found));
  return found;
}

std::vector<device::Sensor> listing(const Found& found) {
  std::vector<device::Sensor> lines;
  for (const std::string& kind : kinds_of(found)) {
    for (const auto& source : found.present) {
      if (source->facts().kind == kind) lines.push_back(line_of(*source));
    }
    for (const AbsentSource& absent : found.absent) {
      if (absent.kind == kind) lines.push_back(line_of(absent));
    }
    if (kind != "nvml") continue;
    for (const auto& gpu : found.gpus) add_gpu_lines(*gpu, lines);
  }
  return lines;
}

}  // namespace bantam::energy
