#pragma once
// What an audit says: one finding a check, and the verdict of all. Pure.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"

namespace bantam::audit {

enum class Standing { passed, failed, cannot_tell };
// "passed", "failed", "cannot tell".
std::string_view name(Standing standing);
// Absent when the text is none of them.
std::optional<Standing> standing_from(std::string_view text);

struct Finding {
  std::string_view check;  // one of kChecks
  Standing standing = Standing::cannot_tell;
  std::string figure;                      // what was seen
  std::string meaning;                     // what follows from it
  base::Json data = base::Json::object();  // the figures, with their units
};

namespace checks {
inline constexpr std::string_view kClock = "clock";
inline constexpr std::string_view kOwnCost = "own_cost";
inline constexpr std::string_view kWatching = "watching";
inline constexpr std::string_view kSensors = "sensors";
inline constexpr std::string_view kOutputs = "outputs";
inline constexpr std::string_view kRepeats = "repeats";
inline constexpr std::string_view kTokens = "tokens";
inline constexpr std::string_view kEqualModels = "equal_models";
}  // namespace checks
// In the order in which they are made and shown.
const std::vector<std::string_view>& all_checks();

// failed if one failed; else cannot_tell if one could not tell.
Standing verdict(const std::vector<Finding>& findings);

}  // namespace bantam::audit
