#pragma once
// What an evaluation may be told beside its tasks, and which rows of a task it then takes.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace bantam::task {

// A part of a task's subset, as shares of it: the rows behind the first `begin` and up to `end`.
struct Stage {
  double begin = 0.0;
  double end = 1.0;
};

struct Settings {
  std::optional<double> limit;     // items per task: a count (>= 1) or a fraction (< 1); absent: all
  std::optional<int> num_fewshot;  // absent: the task's own; a task whose file says 0 keeps 0, as in lm-eval
  Stage stage;                     // evaluated now; the other rows belong to other runs
  int batch_size = 16;             // items handed to the engine at once
  bool own_kernels = false;        // score with Engine::use_own_kernels(), after a check
  std::uint64_t seed = 1234;       // of the few-shot choice and of the subset
  // No item is one of its own examples. lm-eval sees to it only where task::FewshotSpec says so.
  bool fewshot_without_leaks = false;
  bool apply_chat_template = false;
  std::string chat_template;         // the name of one of the model's templates; empty: its default
  std::string chat_template_kwargs;  // further variables of it, as JSON; empty: none
  bool fewshot_as_multiturn = true;  // with a template: examples as turns, not all in one turn of the user
  std::string system_instruction;
  std::string think_end_token = "auto";  // evaluate/answers.hpp: think_tags()
  int keep_tokens = 0;     // this many of each input's first tokens go into the item, to be looked at
  bool keep_gaps = false;  // how near the next best token came goes into a written answer's item, as `gap`
  // Tokens that a request may have; absent: as many as the model was trained for and the engine can hold.
  // What is longer loses its start.
  std::optional<int> max_length;
};

// Which rows of a task are evaluated when not all of them are: a seeded, stratified, nested choice. Knows
// nothing of templates, engines or what the rows hold.
//
// The rule. The rows of each stratum (one right answer's class) are put into a random order of their own; the
// j-th of m gets the rank (j + u) / m, with one random u in [0, 1) for each stratum. The rows in the order of
// their ranks are the order of the task, and a subset of size k is its first k rows. So every stratum has its
// share of the subset up to one row, every row is as likely to be chosen as any other, and a larger subset
// contains each smaller one of the same seed.

// The class of a row's one right answer; absent when it has none, which is a stratum, too.
using Stratum = std::optional<std::int64_t>;

// The rows 0 .. strata.size() - 1 in the order in which subsets take them. `strata`: the stratum of each row.
std::vector<std::int64_t> subset_order(const std::vector<Stratum>& strata, std::uint64_t seed);

// How many of a task's rows the settings ask for: the limit as a count, or as a share rounded up.
std::size_t subset_size(std::size_t rows, const Settings& settings);

// How many rows of a subset of this size its first `share` holds, rounded up.
std::size_t rows_until(double share, std::size_t subset);

// The rows to evaluate now, ascending: those of the settings' stage of the subset; without a stage the whole
// subset.
std::vector<std::int64_t> selected_rows(const std::vector<Stratum>& strata, const Settings& settings);

}  // namespace bantam::task
