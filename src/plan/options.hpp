#pragma once
// The options of a request: one table behind the flags of `bantam run`, the keys of a plan file and their
// help. A plan file and flags are read alike; a flag overrides the file.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "plan/option_values.hpp"
#include "plan/plan.hpp"
#include "plan/tracking.hpp"

namespace bantam::plan {

// Headings of --help.
namespace groups {
inline constexpr std::string_view kWhat = "What to measure";
inline constexpr std::string_view kSpeed = "Performance";
inline constexpr std::string_view kEnergy = "Energy";
inline constexpr std::string_view kScore = "Accuracy";
inline constexpr std::string_view kMaking = "Quantization";
inline constexpr std::string_view kDamage = "Damage against the base precision";
inline constexpr std::string_view kEngine = "Engine";
inline constexpr std::string_view kServed = "Other engines";
inline constexpr std::string_view kFiles = "Files and running";
inline constexpr std::string_view kTrackers = "Experiment trackers";
inline constexpr std::string_view kNoEffect = "Accepted without effect";
}  // namespace groups

struct Option {
  std::string_view name;     // "num_runs": the plan file's key; the flag is --num-runs
  std::string_view aliases;  // further names, separated by spaces; one letter: a short flag
  OptionForm form = OptionForm::text;
  std::string_view group;  // heading in --help; empty: not shown there
  std::string_view metavar;
  std::string_view help;  // with the default, where there is one
};

const std::vector<Option>& options();

// Text values in the order given, by option name; a toggle has the one value "true" or "false".
using OptionValues = std::vector<std::pair<std::string, std::vector<std::string>>>;

// Reads a plan file: a YAML map of option names; `models` may hold maps of name, path and settings of that
// model alone (plan/model_settings.hpp). usage, with file and
// key, for an unknown key or a value of the wrong shape.
base::Result<OptionValues> read_plan_file(const std::filesystem::path& path);

struct Request {
  Plan plan;
  Tracking tracking;
  // What is not wrong but should be known: options without effect, accuracy that has no tasks. A notice may
  // have several lines.
  std::vector<std::string> notices;
};

// Builds and checks the plan: later values override earlier ones of the same option. usage for anything
// unknown, malformed, out of range or contradictory.
base::Result<Request> build_request(const OptionValues& given_values);

// A line of the one table of options: names, help and what each does to the plan or to what trackers get.
struct OptionEntry {
  Option option;
  Apply apply;       // empty, and `track` as well: accepted without effect, for the reason in `help`
  Track track = {};  // of an option that changes what is left for trackers, not the plan
};

// In the order of --help.
const std::vector<OptionEntry>& option_table();

}  // namespace bantam::plan
