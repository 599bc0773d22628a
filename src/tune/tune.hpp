#pragma once
// The search for the engine's settings that serve a model best on this machine: knob after knob, every value
// of one is measured beside the settings so far, in paired rounds, and what is shown to be faster is kept. At
// the end the chosen settings are measured against the defaults anew: what a search has picked from noisy
// figures looks better than it is. Each comparison is a store of its own, which an interrupted search goes on
// with.

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "analyze/impact.hpp"
#include "base/result.hpp"
#include "job/interrupts.hpp"
#include "model/locate.hpp"
#include "plan/plan.hpp"
#include "run/observer.hpp"
#include "tune/knobs.hpp"
#include "tune/stage.hpp"

namespace bantam::tune {

struct Request {
  plan::Plan plan;        // one model at one precision; its settings of the engine are the defaults
  std::string objective;  // a metric of speed by catalogue name
  Limits limits;
  std::vector<Knob> knobs;       // in the order of trying
  std::filesystem::path folder;  // of the stores
  double time_budget_s = 600.0;  // of all comparisons
};

struct Report {
  std::string model;
  std::string reference;
  std::string precision;
  std::string objective;
  plan::PerformanceSettings workload;
  plan::EngineSettings engine;  // the defaults that the search began with
  std::vector<Stage> stages;
  std::vector<Choice> chosen;              // beyond the defaults, in the order of choosing
  std::optional<analyze::Impact> last;     // of the chosen settings against the defaults, measured anew
  std::optional<std::string> last_failed;  // why there is none although settings were chosen
  Verdict verdict;
  std::filesystem::path folder;
};

struct Surroundings {
  model::LocateOptions locate;
  job::Interrupts& interrupts;
  // For one comparison after the other.
  std::function<run::Observer&(const std::string& title)> observer;
};

// Errors: of finding the model, the stores', and interrupted. What goes wrong with one choice refuses it.
base::Result<Report> tune(const Request& request, const Surroundings& surroundings);

}  // namespace bantam::tune
