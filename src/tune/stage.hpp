#pragma once
// One knob after it was tried: every choice against the settings so far, in paired rounds, and which one is
// taken. And what came of the whole search. Pure.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "analyze/change.hpp"
#include "analyze/configuration.hpp"
#include "metric/catalogue.hpp"
#include "tune/knobs.hpp"

namespace bantam::tune {

// What a KV cache of other types does to the model's predictions, against the settings so far.
struct Damage {
  double kld_mean = 0.0;  // nats per token
  std::optional<double> top_token_agreement;
};

// A choice that was measured beside the settings so far.
struct Contender {
  Choice choice;
  std::optional<analyze::Change> change;     // of the objective; absent without a value on a side
  std::optional<double> memory_bytes;        // what it needs in all (pss_peak_bytes)
  std::optional<Damage> damage;              // of a lossy one that was faster
  std::optional<std::string> refused;        // why it cannot be taken, whatever its speed
  std::optional<std::string> not_told = {};  // why its measurement says nothing: it was disturbed
};

struct Limits {
  std::optional<double> memory_bytes;
  double damage = 0.01;  // mean KL divergence, nats per token
};

struct Stage {
  std::string knob;
  Choice before;                                    // the settings so far
  std::vector<Contender> contenders = {};           // without `before`
  bool is_lossy = false;                            // choices change predictions: each needs its damage known
  std::optional<std::string> skipped = {};          // why nothing was tried
  std::optional<std::string> before_refused = {};   // why the settings so far cannot stay: a limit
  std::optional<std::string> before_not_told = {};  // why the knob could not be judged: they were disturbed
  std::optional<std::size_t> taken = {};  // the contender that the search goes on with; absent: `before`
  std::int64_t rounds = 0;
};

// From the records of a stage's cells: the first configuration is that of the settings so far, the others are
// in the order of `contenders`.
void judge(Stage& stage, const std::vector<analyze::Configuration>& configurations,
           const metric::Metric& objective, const Limits& limits);
// The fastest of those that are shown to be better (stats::is_apart) and not refused; where the
// settings so far cannot stay, the fastest of those that are not refused. Absent when there is none.
std::optional<std::size_t> best(const Stage& stage, const metric::Metric& objective);

// Where nothing was taken: the one that looks fastest, by more than kPromising, though its rounds do not
// tell. Rounds of its own may. Absent when there is none, or something was taken.
inline constexpr double kPromising = 0.02;
struct Promising {
  std::size_t stage = 0;
  std::size_t contender = 0;
};
std::optional<Promising> most_promising(const std::vector<Stage>& stages, const metric::Metric& objective);

enum class Outcome {
  better,        // than the defaults, by the interval of the last comparison
  within_limit,  // the defaults break a limit, and this is the fastest of what keeps it
  defaults,      // nothing that was tried is faster, or surely not by more than `within`
  cannot_tell    // the last comparison does not tell
};
struct Verdict {
  Outcome outcome = Outcome::cannot_tell;
  std::optional<analyze::Change> gain;  // of the chosen settings against the defaults, measured anew
  std::optional<double> within;         // nothing that was tried is surely faster than the defaults by more
  std::string sentence;
};
// `last`: the chosen settings against the defaults, measured anew; absent when the defaults were kept.
Verdict conclude(const std::vector<Stage>& stages, const std::optional<analyze::Change>& last,
                 const metric::Metric& objective);

}  // namespace bantam::tune
