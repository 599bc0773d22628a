#pragma once
// What a precision changes against the base precision of the same model, and an adapter against the model
// without it: speed, memory and size as ratios, scores as differences on the same items; and whether two
// records may be compared at all; in a sweep also what a setting of the engine changes. Knows nothing of how
// it is shown.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "analyze/change.hpp"
#include "analyze/configuration.hpp"
#include "analyze/scores.hpp"
#include "analyze/verdict.hpp"
#include "base/result.hpp"
#include "record/record.hpp"
#include "stats/interval.hpp"
#include "stats/means.hpp"

namespace bantam::analyze {

// Why speed and memory of two performance records must not be compared: another machine, or a setting that
// changes the work ("the setting threads differs"). Absent when they may. Settings that only say how often to
// measure do not count, nor do those of the engine that a sweep varies in both.
std::optional<std::string> speed_obstacle(const record::Record& a, const record::Record& b);

// The same for two energy records: also when different sensors measured them, or when one was measured and
// the other imported from a tool that does not tell its sensor.
std::optional<std::string> energy_obstacle(const record::Record& a, const record::Record& b);

// The same for two records of one task: settings that change prompts, items or the arithmetic.
std::optional<std::string> score_obstacle(const record::Record& a, const record::Record& b);

// Two configurations on the same items: who got which right.
struct Pairing {
  std::int64_t common = 0;     // items that both have
  std::int64_t only_base = 0;  // items that only one has
  std::int64_t only_other = 0;
  bool right_or_wrong =
      true;  // every value of the common items is 0 or 1; the counts below mean nothing otherwise
  std::int64_t both = 0;    // both right
  std::int64_t lost = 0;    // right in the base only
  std::int64_t gained = 0;  // right in the other only
  std::int64_t neither = 0;
  std::vector<stats::Cluster> differences;  // other - base, by leaf task

  bool same_items() const { return only_base == 0 && only_other == 0; }
};

// Scores are matched by task and doc_id. An error of either is passed on.
base::Result<Pairing> pair_scores(const NextScore& baseline, const NextScore& other);

// One task's score against the base's.
struct ScoreChange {
  ScoreColumn column;
  std::optional<std::int64_t> n;  // items that both have; absent when not paired
  double difference = 0.0;        // this - base
  std::optional<stats::Interval>
      interval;  // Newcombe's paired interval; from both scores' intervals if not paired
  std::optional<stats::Interval> clustered;  // of the difference, with the tasks of a group as clusters;
                                             // absent for a single task
  std::int64_t lost = 0;                     // items right in the base only
  std::int64_t gained = 0;                   // items right here only
  std::optional<double>
      p;  // exact McNemar; of a group not below the p of its clustered difference; absent when not paired
  std::optional<double> p_holm;      // adjusted over all tests of the analysis
  std::optional<double> detectable;  // smallest true difference these items would show (80 % power); absent
                                     // when not paired, and when no item differs
  std::optional<std::string> unpaired;    // why it is not paired; absent when it is
  std::optional<std::string> no_answers;  // "int4: every answer is empty": one of both says nothing
  // Why interval and verdict tell two stories: the interval leaves 0 out and the corrected p shows no
  // difference, or the other way round. Absent when they agree.
  std::optional<std::string> doubt;
  std::optional<Decided>
      decided;  // paired, and stopped by the rule whose interval and verdict stand here: no
                // p and no detectable, which hold for a number of items chosen beforehand
  Verdict verdict = Verdict::undecided;  // paired: p_holm < 0.05, or decided; else by the intervals
};

struct Impact {
  std::string model;
  std::string precision;
  std::string base_model;
  std::string base_precision;
  bool is_tuned = false;  // a model with an adapter against the model without it

  std::string point = {};  // of a sweep; empty: none
  std::string base_point = {};

  bool is_across_models() const { return base_model != model; }
  std::string setup() const { return setup_name(precision, point); }
  // Without the point where both have the same one.
  std::string base_setup() const {
    return setup_name(base_precision, base_point == point ? std::string() : base_point);
  }

  std::map<std::string, Change> changes;       // by metric, where both have a value and neither is 0
  std::vector<ScoreChange> scores;             // in the order of the columns; one without answers on a side
                                               // only where it is decided
  std::map<std::string, std::string> refused;  // task, or "performance" -> why it is not compared
};

// The metric that stands for memory in summaries: pss_peak_bytes (mapped weights count), else
// private_peak_bytes. Absent when neither was compared.
std::optional<std::string> memory_metric(const Impact& impact);

// The base is the named precision or, when none is named, the model's first (most bits); in a sweep that at
// the same point, and of those at the base precision the first that does the same work. Models without it
// get no impact and a note. A model with an adapter is compared with its own base and, at each precision,
// with the base of the model without one (the first that was made from the same file). An error of `items` is
// passed on.
base::Result<std::vector<Impact>> find_impacts(const std::vector<Configuration>& configurations,
                                               const std::vector<ScoreColumn>& columns,
                                               const std::string& base_precision, const ScoreSource& items,
                                               std::vector<std::string>& notes);

// The same comparison seen from the other side.
Impact inverted(const Impact& impact);

// Any two configurations, `configuration` against `baseline`; each has its items from its own store.
base::Result<Impact> compare_two(const Configuration& baseline, const ScoreSource& base_items,
                                 const Configuration& configuration, const ScoreSource& items);

}  // namespace bantam::analyze
