#pragma once
// What trackers of experiments show of a configuration, which is one model at one precision and, in a sweep,
// at one point of it: names of figures, settings, what is absent and why. The same for all trackers; folders
// of the machine and secrets are left out. Knows nothing of the trackers' formats.

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.hpp"
#include "base/result.hpp"
#include "record/block.hpp"
#include "record/record.hpp"

namespace bantam::tracker {

// A figure of a cell that came out ok. Others have none: neither zero nor what was measured until then.
struct Figure {
  std::string name;  // figure_name() of the next three
  std::string task;
  std::string part;  // of a group: the task or group within it; empty: the group's own
  std::string key;   // catalogue name, with its filter: "exact_match,strict-match"
  record::Value value;
  bool is_imported = false;
};

// The medians of one round of the performance cell.
struct Step {
  std::int64_t round = 0;
  std::optional<std::int64_t> time_s;  // its end, since 1970; absent where the store keeps no block of it
  bool counts = true;
  std::map<std::string, double> values;  // by catalogue name; empty where it does not count
};

// How a cell came out.
struct CellOutcome {
  std::string text;      // "ok", "failed: SIGILL"
  std::string evidence;  // "measured", "imported from SLiM-Eval"
};

struct Run {
  std::string model;
  std::string precision;
  std::string point;        // empty without a sweep
  std::string device;       // board, processor or identity; "unknown device" where no record tells
  std::string machine;      // its identity; empty where no record tells
  std::string evidence;     // measured, imported, mixed
  std::string key;          // SHA-256 of what the configuration is; stays when more of it is measured
  std::string results;      // SHA-256 of all its records; another one when anything in them is
  std::string started_at;   // UTC
  std::string finished_at;  // UTC
  bool has_ok = false;      // whether any cell came out ok
  std::map<std::string, CellOutcome> cells;  // by task
  base::Json config;                         // versions, device, model and, by cell, its settings and outcome
  std::vector<Figure> figures;
  std::vector<Step> steps;

  std::string setup() const;  // "int4 threads=2"
};

// The blocks of an attempt, as the store keeps them; none where they were not kept.
using BlockSource = std::function<base::Result<std::vector<record::Block>>(const std::string& cell_key,
                                                                           std::int64_t attempt)>;

struct Runs {
  std::vector<Run> runs;           // in the order of the tables
  std::vector<std::string> notes;  // where of several records of a cell the newest counts
};

// bad_input when there is no record. Errors of `blocks`, which may be empty, are passed on.
base::Result<Runs> runs_of(const std::vector<record::Record>& records, const BlockSource& blocks);

// "performance/ttft_s", "gsm8k/exact_match/strict-match", "mmlu/mmlu_anatomy/acc": ASCII letters, digits,
// '_', '-',
// '.' between slashes, of at most 240 characters, as MLflow and W&B take them. What is none of these becomes
// '_', and a hash keeps such names apart.
std::string figure_name(std::string_view task, std::string_view part, std::string_view key);
// A metric of a step: "rounds/ttft_s".
std::string step_name(std::string_view metric);

// The figure and what is known of how sure it is: NAME, and NAME_low, NAME_high, NAME_stderr where it has
// them.
std::vector<std::pair<std::string, double>> named_values(const Figure& figure);

// All texts, numbers and switches below `json` by their path: "engine.threads". Lists are JSON texts.
std::vector<std::pair<std::string, std::string>> flattened(const base::Json& json);

// A run's name from a template with {model}, {precision}, {point} and {device}. The point of a sweep is
// appended where the template does not name it. usage, naming the place holders, for others and for braces
// without an end.
base::Status check_name_template(std::string_view pattern);
std::string name_from(std::string_view pattern, const Run& run);
inline constexpr const char* kUsualName = "{model} {precision}";
// The same among others: a name that several runs would have gets model and precision behind it.
std::string name_among(std::string_view pattern, const Run& run, const Runs& all);

}  // namespace bantam::tracker
