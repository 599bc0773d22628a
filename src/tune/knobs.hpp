#pragma once
// The settings of the engine that tuning tries, one after the other, and the values of each that make sense
// on this machine and for this work. Pure.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "base/result.hpp"
#include "plan/plan.hpp"

namespace bantam::tune {

struct Choice {
  std::string label;               // "threads=2"
  std::vector<std::string> flags;  // as `bantam run` takes it: "--threads", "2"
  base::Json engine;  // the members of plan::EngineSettings that it sets, as to_json() writes them
};

struct Knob {
  std::string name;                  // "threads", "flash_attn", "repack", "n_ubatch", "kv_cache", "draft"
  std::vector<Choice> choices = {};  // the current settings' own value among them or not; empty when skipped
  std::optional<std::string> skipped = {};  // why nothing is tried
  bool is_lossy = false;                    // outputs may change: the damage is measured before it is chosen
};

struct KnobFacts {
  int physical_cores = 1;
  int allowed_cpus = 1;
  int prompt_tokens = 256;  // of a request
  bool is_batched = false;  // several requests at once
  std::vector<std::string> given =
      {};  // settings that the user has fixed, by their name in EngineSettings' JSON
  std::optional<std::string> draft_model = {};  // a reference, tried beside prompt lookup
};

// All knobs in the order in which they are tried; what the user has fixed, and what can make no difference,
// is there with its reason.
std::vector<Knob> knobs_for(const KnobFacts& facts);

// Names of all knobs, for --only and messages.
const std::vector<std::string_view>& knob_names();

// The settings with a choice applied.
plan::EngineSettings with(const plan::EngineSettings& settings, const Choice& choice);
// The choice that leaves the settings as they are: what its members are now.
Choice current(const plan::EngineSettings& settings, const Knob& knob);

}  // namespace bantam::tune
