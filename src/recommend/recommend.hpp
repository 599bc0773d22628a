#pragma once
// The answer: which configuration to deploy within limits, why each other was not taken, and how sure that
// is. Pure: the same records give the same answer. Knows nothing of how it is shown.
//
// The rule. A configuration that failed, breaks a limit, or of which a limit cannot be told, is out. So is
// one without the figures that are asked for, and one whose answers are none. Of those that remain, the best
// by the first objective is found, and all that are surely worse than it are out; then the same by the next
// objective, and so on. Comparisons of one step hold together at 95 % (stats::simultaneous). Of what
// is left the most promising is chosen (objective by objective the best, as it looks, and what is near to
// it), and all others are its rivals: nothing that was measured tells them apart. One that was put out by a
// later objective, and may be better by an earlier one by more than a margin, is a rival, too.
//
// Figures that nothing has measured may be predicted (analyze::Configuration::predicted): then limits and
// comparisons go by where they may lie, the answer says so, and measuring the choice is what comes next.

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "analyze/analysis.hpp"
#include "analyze/configuration.hpp"
#include "base/result.hpp"
#include "recommend/limit.hpp"
#include "recommend/memory_need.hpp"
#include "recommend/quality.hpp"

namespace bantam::recommend {

inline constexpr std::string_view kQuality = "quality";
inline constexpr std::string_view kMemory = "memory";  // the need
inline constexpr double kMargin = 0.02;                // of quality
inline constexpr double kSpeedMargin = 0.05;           // of all else, relative
inline constexpr double kMostDamage = 0.2;  // mean KLD in nat: beyond, the text is another one; unless asked

struct Wishes {
  std::optional<double> memory_bytes;
  std::vector<Limit> limits;
  std::vector<std::string> objectives;  // kQuality, kMemory or metrics; empty: default_objectives()
  std::vector<std::string> tasks;       // that make up the quality; empty: all
  std::map<std::string, double> weights;
  double margin = kMargin;
  bool every_budget = false;  // also the answer from each need on
};

// "quality,decode_tokens_per_s", "size", "energy": names as they are typed, canonical. usage, with those that
// there are, for others.
base::Result<std::vector<std::string>> parse_objectives(std::string_view text);

enum class Standing { chosen, rival, out };
std::string_view name(Standing standing);

enum class Rule {
  none,        // chosen
  failed,      // a cell of it failed, or was skipped or invalid
  limit,       // breaks a limit
  unsure,      // whether it keeps a limit cannot be told
  unknown,     // a figure that is asked for was not measured
  no_answers,  // empty, cut or guessed
  dominated,   // another is better in something and worse in nothing
  worse,       // by an objective
  undecided    // a rival
};
std::string_view name(Rule rule);

struct Place {
  std::size_t configuration = 0;
  Standing standing = Standing::out;
  Rule rule = Rule::none;
  std::string reason;             // without the configuration's own name
  std::optional<std::size_t> by;  // the one it lost against
  std::string missing = {};       // of rule unknown, the objective without a value; empty: a limit's figure
};

// What would make the answer surer.
struct NextMeasurement {
  enum class Kind {
    choice,        // the choice itself, of which speed or memory is predicted
    rounds,        // more rounds of the choice and its rivals, side by side
    first_rounds,  // the same, where none were measured side by side yet
    items,         // more items of the choice and its rivals
    same_items     // the same items of the choice and its rivals
  };
  Kind kind = Kind::choice;
  std::optional<std::size_t> rival;    // that it tells from the choice first; absent of the choice by itself
  std::string what;                    // "about 400 more items of qa", "about 12 more rounds"
  std::optional<std::int64_t> items;   // more, over all tasks
  std::optional<std::int64_t> rounds;  // more
  std::int64_t known = 0;              // items or rounds that both have already
  bool is_of_energy = false;           // the rounds are: of energy cells, not of speed
};

struct Answer {
  std::optional<double> memory_bytes;  // the budget
  std::vector<std::string> objectives;
  std::optional<std::size_t> choice;  // absent: none keeps to the limits
  bool is_decided = false;            // there is a choice without rivals
  bool rests_on_imported = false;     // figures of the choice come without samples: taken as they are
  bool rests_on_predicted = false;    // speed or memory that the choice rests on is predicted
  std::vector<Place> places;          // one for each configuration, in their order
  std::optional<std::size_t> runner_up;
  std::vector<std::string> certainty;  // sentences on the choice against each that came close
  std::optional<NextMeasurement> next;
};

// The answer within each of some budgets, and what it says of small models at high precision and large ones
// at low precision.
struct Rung {
  double memory_bytes = 0.0;
  Answer answer;
};
struct SmallOrLarge {
  double memory_bytes = 0.0;
  std::size_t small = 0;  // the best of the smaller model, with more bits per weight
  std::size_t large = 0;
  QualityDifference difference;  // large - small; means something where both have a quality
  std::string no_quality;  // why which is better cannot be said; then both are those with the most weights,
                           // and of these the most bits, that fit; empty where both have a quality
};

struct Recommendation {
  Wishes wishes;
  QualityTasks tasks;
  std::vector<std::optional<Quality>> qualities;  // by configuration
  std::vector<std::optional<MemoryNeed>> needs;   // by configuration
  Answer answer;
  std::vector<Rung> ladder;  // without a budget and limits that name one; empty otherwise
  // From each configuration's memory need on, with its margin and rounded up to three digits, the answer
  // within just that: all answers that a budget of memory can have, by growing budget. Empty unless asked
  // for.
  std::vector<Rung> every_budget;
  std::optional<SmallOrLarge> small_or_large;  // within the budget that was asked for, else on the ladder
  std::vector<std::string> notes;
};

// The analysis has seen the same items. usage for limits, tasks and objectives that nothing was measured of;
// errors of `items` are passed on.
base::Result<Recommendation> recommend(const analyze::Analysis& analysis, const analyze::ScoreSource& items,
                                       const Wishes& wishes);

}  // namespace bantam::recommend
