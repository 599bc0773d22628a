#pragma once
// What a run is to leave for trackers of experiments at its end. No part of the plan: it changes neither a
// cell nor its key. Knows no tracker's rules for names (tracker/wandb.hpp).

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace bantam::plan {

struct Tracking {
  bool is_enabled = false;   // --wandb-enabled
  bool is_disabled = false;  // --wandb-mode disabled, which counts more
  std::string project;       // these four: empty where nothing is asked for
  std::string entity;
  std::string name;  // of the runs; a template
  std::vector<std::string> tags;

  bool is_wanted() const { return is_enabled && !is_disabled; }
};

// As Apply of the options that change the plan (plan/option_values.hpp).
using Track = std::function<base::Status(Tracking&, std::string_view name, const std::vector<std::string>&)>;

}  // namespace bantam::plan
