#pragma once
// What is compared: one model at one precision, with the newest record of each of its tasks. Knows nothing of
// how configurations compare or how they are shown.

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "metric/catalogue.hpp"
#include "record/cell_kind.hpp"
#include "record/record.hpp"
#include "record/sections.hpp"

namespace bantam::analyze {

// A precision and, in a sweep, the point of it.
std::string setup_name(std::string_view precision, std::string_view point);

struct Configuration {
  std::string model;
  std::string precision;
  std::map<std::string, record::Record> cells;  // by task; the speed and memory cell is "performance"
  bool encodes = false;    // the model gives embeddings or labels, no text: other figures than a decoder's
  std::string point = {};  // of a sweep: "threads=2 n-depth=512"; empty: none
  // Speed and memory as they are predicted: they stand in for figures that nothing has measured. Absent where
  // nothing is predicted.
  std::optional<record::Record> predicted = {};

  std::string setup() const { return setup_name(precision, point); }  // "int4 threads=2"
};

// One place of a table: a value, or why there is none.
struct Entry {
  std::optional<record::Value> value;
  std::string absent;  // "failed: SIGILL", "not run", ...; empty when there is a value
  record::Evidence evidence = record::Evidence::measured;  // of the value

  bool is_imported() const { return value && evidence == record::Evidence::imported; }
  bool is_predicted() const { return value && evidence == record::Evidence::predicted; }
};

// A score of a task, as a column of tables.
struct ScoreColumn {
  std::string task;
  std::string metric;  // key in Record::metrics, with its filter: "exact_match,strict-match"
};

// The tasks of the cells that are no tasks of a suite.
inline constexpr std::string_view kPerformance = record::name(record::CellKind::performance);
inline constexpr std::string_view kEnergy = record::name(record::CellKind::energy);
inline constexpr std::string_view kResources = record::name(record::CellKind::resources);
inline constexpr std::string_view kFidelity = record::name(record::CellKind::fidelity);
inline constexpr std::string_view kSimilarity = record::name(record::CellKind::similarity);

// Models in the order of their first record; of each model, precisions from the most bits per weight (as
// measured, else as the precision's name tells) to the fewest, those without a figure last. Where one cell of
// the table has several records, e.g. with other settings, the one finished last counts; `notes` says so.
// Predicted records of speed and memory are no cells: they become Configuration::predicted.
std::vector<Configuration> gather(const std::vector<record::Record>& records,
                                  std::vector<std::string>& notes);

// A metric that is no score of a task (speed, memory, model, fidelity, similarity), by catalogue name. What
// was measured counts before what was imported, and that before what is predicted; where bantam itself has
// tried to measure and failed, nothing stands in.
Entry metric_entry(const Configuration& configuration, std::string_view metric);
// Whether the value of a metric, or of a task's score, was imported: it comes without samples.
bool is_imported(const Configuration& configuration, const metric::Metric& metric);
bool is_imported(const Configuration& configuration, const ScoreColumn& column);

// A metric of a task's record.
Entry score_entry(const Configuration& configuration, const ScoreColumn& column);

// The scores that a task asks for, by the record of its cell: keys of metrics or of absent ones, those of one
// metric side by side, the leading one first. A record that does not tell what its task asks for has all its
// scores; empty when there is none.
std::vector<std::string> asked_scores(const record::Record& record);

// The score that stands for its task where one is shown or compared: the one that leads what the task asks
// for or, where items were taken until it was decided, the one that decided. One per task that any
// configuration was asked for, in alphabetical order.
std::vector<ScoreColumn> score_columns(const std::vector<Configuration>& configurations);
// Every score that is asked for, those of a task side by side, the one of score_columns() first.
std::vector<ScoreColumn> asked_columns(const std::vector<Configuration>& configurations);

// Whether a count of a record ("empty", "answer_truncated") is that of all its items.
bool counts_every_item(const record::Record& record, const std::string& count);

// Why the scores of a record say nothing about the model's knowledge: it gave no answer at all. Absent for
// all others.
std::optional<std::string> why_no_answers(const record::Record& record);

// The outcome with its reason, if there is one: "ok", "failed: SIGILL", "invalid: CPU steal 12 %".
std::string outcome_text(const record::Record& record);

}  // namespace bantam::analyze
