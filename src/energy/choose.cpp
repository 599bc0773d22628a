#include "energy/choose.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <tuple>

#include "base/text.hpp"

namespace bantam::energy {
namespace {

// What covers most comes first.
constexpr std::array kByBreadth{Scope::wall, Scope::battery, Scope::board,        Scope::package,
                                Scope::gpu,  Scope::rail,    Scope::package_part, Scope::dram};

auto standing(const SourceFacts& facts) {
  return std::tuple(facts.grade, std::ranges::find(kByBreadth, facts.scope) - kByBreadth.begin(),
                    facts.least_window_s);
}

// Rails and parts of packages may contain each other.
bool may_be_added(const SourceFacts& a, const SourceFacts& b) {
  return a.kind == b.kind && a.scope == b.scope && a.quantity == b.quantity && a.scope != Scope::rail &&
         a.scope != Scope::package_part;
}

std::string names_of(std::span<const SourceFacts> sources) {
  std::vector<std::string> names;
  for (const SourceFacts& facts : sources) names.push_back(base::printable(facts.name));
  return names.empty() ? "there is none" : "there is: " + base::join(names, ", ");
}

}  // namespace

base::Result<std::vector<std::size_t>> choose_headline(std::span<const SourceFacts> sources,
                                                       const std::string& wanted) {
  const bool is_one = std::ranges::find(sources, wanted, &SourceFacts::name) != sources.end();
  const auto is_wanted = [&](const SourceFacts& facts) {
    return wanted.empty() || facts.name == wanted || (!is_one && facts.kind == wanted);
  };
  const SourceFacts* best = nullptr;
  for (const SourceFacts& facts : sources) {
    if (is_wanted(facts) && (best == nullptr || standing(facts) < standing(*best))) best = &facts;
  }
  if (best == nullptr) {
    if (wanted.empty()) return std::vector<std::size_t>{};
    return base::fail(
        base::ErrorKind::usage,
        fmt::format("--energy-source: no sensor '{}' can be read here", base::printable(wanted)),
        names_of(sources));
  }
  std::vector<std::size_t> chosen;
  for (std::size_t i = 0; i < sources.size(); ++i) {
    const bool is_best = &sources[i] == best;
    if (is_best || (!is_one && may_be_added(sources[i], *best))) chosen.push_back(i);
  }
  return chosen;
}

}  // namespace bantam::energy
