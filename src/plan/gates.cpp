#include "plan/gates.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "plan/option_values.hpp"

namespace bantam::plan {
namespace {

constexpr std::string_view kOff = "off";

std::vector<std::string> names() {
  std::vector<std::string> all;
  for (const GateName& gate : kGates) all.emplace_back(gate.name);
  return all;
}

}  // namespace

base::Result<GateSetting> gate_from(std::string_view flag, const std::string& text) {
  const std::size_t equals = text.find('=');
  const std::string name = text.substr(0, equals);
  const auto gate = std::ranges::find(kGates, name, &GateName::name);
  if (gate == kGates.end()) {
    const auto near = base::closest(name, names());
    return base::fail(base::ErrorKind::usage,
                      fmt::format("--{}: there is no gate '{}'", flag, base::printable(name)),
                      fmt::format("{}known: {}", near ? fmt::format("did you mean {}? ", *near) : "",
                                  base::join(names(), ", ")));
  }
  if (equals == std::string::npos) {
    return base::fail(base::ErrorKind::usage, fmt::format("--{}: {} has no threshold", flag, name),
                      fmt::format("write {}=X or {}=off; a measurement does not count with more than X: {}",
                                  name, name, gate->what));
  }
  const std::string value = text.substr(equals + 1);
  if (value == kOff) return GateSetting{name, std::nullopt};
  TRY_ASSIGN(const double most, number_from(fmt::format("{} {}", flag, name), value, 0.0, gate->most));
  return GateSetting{name, most};
}

std::string to_text(const GateSetting& setting) {
  return setting.most ? fmt::format("{}={}", setting.name, *setting.most)
                      : fmt::format("{}={}", setting.name, kOff);
}

std::optional<GateSetting> gate_setting(const PerformanceSettings& settings, std::string_view name) {
  std::optional<GateSetting> found;
  if (!settings.gates) return found;
  for (const std::string& text : *settings.gates) {
    const auto setting = gate_from("gate", text);
    if (setting && setting->name == name) found = *setting;
  }
  return found;
}

std::vector<std::string> gates_off(const PerformanceSettings& settings) {
  std::vector<std::string> off;
  for (const GateName& gate : kGates) {
    const auto setting = gate_setting(settings, gate.name);
    if (setting && !setting->most) off.emplace_back(gate.name);
  }
  return off;
}

}  // namespace bantam::plan
