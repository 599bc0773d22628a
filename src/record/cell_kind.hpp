#pragma once
// The kinds of cells that there are, one row per kind: how its cells are named and what decides their keys.
// What a cell of a kind runs, and how its record comes about, stands in run/cell_kinds. No other place
// compares kinds or their names.

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>

namespace bantam::record {

enum class CellKind { performance, energy, resources, fidelity, similarity, accuracy };

struct CellKindRow {
  CellKind kind;
  std::string_view name;                // the task of its cells, unless they hold a task's scores
  bool compares_with_baseline = false;  // needs the base precision's file beside its own
  bool needs_answers = false;           // means nothing on random weights
  bool needs_generation = false;        // its models give probabilities of tokens
  bool takes_classifier = false;        // ... or have a classification head instead
  bool takes_embedder = false;          // has answers compared by the embedding model that the plan names
  bool belongs_to_device = false;       // its result holds for this machine only
  bool is_in_rounds = false;            // measured in blocks, in turns with the other cells of its kind
  bool runs_requests = false;           // of the performance settings: prompts and new tokens that must fit
  bool measures_energy = false;         // sensors are read beside its blocks
  bool scores_tasks = false;  // one cell per task or group, which bears its name and holds its scores
};

// In the order in which the cells of a precision are run, which is that of the enum.
inline constexpr std::array kCellKinds{
    CellKindRow{.kind = CellKind::performance,
                .name = "performance",
                .belongs_to_device = true,
                .is_in_rounds = true,
                .runs_requests = true},
    CellKindRow{.kind = CellKind::energy,
                .name = "energy",
                .belongs_to_device = true,
                .is_in_rounds = true,
                .runs_requests = true,
                .measures_energy = true},
    CellKindRow{
        .kind = CellKind::resources, .name = "resources", .belongs_to_device = true, .runs_requests = true},
    CellKindRow{.kind = CellKind::fidelity,
                .name = "fidelity",
                .compares_with_baseline = true,
                .needs_answers = true,
                .needs_generation = true},
    CellKindRow{.kind = CellKind::similarity,
                .name = "similarity",
                .compares_with_baseline = true,
                .needs_answers = true,
                .needs_generation = true,
                .takes_embedder = true,
                .belongs_to_device = true},  // it also times the answers
    CellKindRow{.kind = CellKind::accuracy,
                .name = "accuracy",
                .needs_answers = true,
                .needs_generation = true,
                .takes_classifier = true,
                .scores_tasks = true},
};
static_assert(std::ranges::is_sorted(kCellKinds, {}, &CellKindRow::kind));

constexpr const CellKindRow& row(CellKind kind) {
  return kCellKinds[static_cast<std::size_t>(kind)];
}
constexpr std::string_view name(CellKind kind) {
  return row(kind).name;
}

// All of them, between commas.
std::string kind_names();

// Whether this is the name of a kind, which no task may have.
constexpr bool is_kind_name(std::string_view task) {
  return std::ranges::find(kCellKinds, task, &CellKindRow::name) != kCellKinds.end();
}
// The kind of cells with this task: `accuracy` for every name that is no other kind's.
constexpr CellKind cell_kind(std::string_view task) {
  const auto found = std::ranges::find(kCellKinds, task, &CellKindRow::name);
  return found == kCellKinds.end() ? CellKind::accuracy : found->kind;
}
// Whether cells with this task hold its scores.
constexpr bool is_scored_task(std::string_view task) {
  return row(cell_kind(task)).scores_tasks;
}

}  // namespace bantam::record
