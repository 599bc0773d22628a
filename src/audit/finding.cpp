#include "audit/finding.hpp"

#include <algorithm>

namespace bantam::audit {

std::string_view name(Standing standing) {
  switch (standing) {
    case Standing::passed:
      return "passed";
    case Standing::failed:
      return "failed";
    case Standing::cannot_tell:
      return "cannot tell";
  }
  return "";
}

std::optional<Standing> standing_from(std::string_view text) {
  for (const Standing one : {Standing::passed, Standing::failed, Standing::cannot_tell}) {
    if (name(one) == text) return one;
  }
  return std::nullopt;
}

const std::vector<std::string_view>& all_checks() {
  static const std::vector<std::string_view> kAll{checks::kClock,   checks::kOwnCost,    checks::kWatching,
                                                  checks::kSensors, checks::kOutputs,    checks::kRepeats,
                                                  checks::kTokens,  checks::kEqualModels};
  return kAll;
}

Standing verdict(const std::vector<Finding>& findings) {
  const auto has = [&](Standing standing) {
    return std::ranges::any_of(findings, [standing](const Finding& one) { return one.standing == standing; });
  };
  if (has(Standing::failed)) return Standing::failed;
  return has(Standing::cannot_tell) || findings.empty() ? Standing::cannot_tell : Standing::passed;
}

}  // namespace bantam::audit
