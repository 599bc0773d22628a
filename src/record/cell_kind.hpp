#pragma once
// The kinds of cells that there are, one row per kind: how its cells are named and what decides their keys.
// What a cell of a kind runs, and how its record comes about, stands in run/cell_kinds. No other place
// compares these names.

#include <algorithm>
#include <array>
#include <string_view>

namespace bantam::record {

enum class CellKind { performance, energy, fidelity, similarity, accuracy };

struct CellKindRow {
  CellKind kind;
  std::string_view name;        // the task of its cells; an accuracy cell has the name of its task or group
  bool compares_with_baseline;  // needs the base precision's file beside its own
  bool needs_answers;           // means nothing on random weights
  bool belongs_to_device;       // its result holds for this machine only
};

// In the order in which the cells of a precision are run, which is that of the enum.
inline constexpr std::array kCellKinds{
    //          kind                   name           baseline answers device
    CellKindRow{CellKind::performance, "performance", false, false, true},
    CellKindRow{CellKind::energy, "energy", false, false, true},
    CellKindRow{CellKind::fidelity, "fidelity", true, true, false},
    CellKindRow{CellKind::similarity, "similarity", true, true, true},  // it also times the answers
    CellKindRow{CellKind::accuracy, "accuracy", false, true, false},
};
static_assert(std::ranges::is_sorted(kCellKinds, {}, &CellKindRow::kind));

constexpr const CellKindRow& row(CellKind kind) {
  return kCellKinds[static_cast<std::size_t>(kind)];
}
constexpr std::string_view name(CellKind kind) {
  return row(kind).name;
}

// Whether this is the name of a kind, which no task may have.
constexpr bool is_kind_name(std::string_view task) {
  return std::ranges::find(kCellKinds, task, &CellKindRow::name) != kCellKinds.end();
}
// The kind of cells with this task: `accuracy` for every name that is no other kind's.
constexpr CellKind cell_kind(std::string_view task) {
  const auto found = std::ranges::find(kCellKinds, task, &CellKindRow::name);
  return found == kCellKinds.end() ? CellKind::accuracy : found->kind;
}

}  // namespace bantam::record
