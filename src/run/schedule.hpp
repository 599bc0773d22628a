#pragma once
// In which order the parts of cells are measured. Cells that take turns form a group with one schedule: it
// names the next step from what is stored alone, so that a run that was interrupted anywhere goes on with the
// same steps. Knows nothing of workers, stores or progress lines; run/walk carries the steps out.

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "base/result.hpp"
#include "measure/block.hpp"
#include "record/sections.hpp"
#include "task/subset.hpp"

namespace bantam::run {

// What one worker measures of a cell.
struct Part {
  std::string name;                        // "look 2 of 4"; empty for a cell that has one part
  task::Stage stage = {};                  // the items of an accuracy cell; by default all of them
  std::int64_t items_before = 0;           // in the cell's earlier parts
  std::optional<std::int64_t> round = {};  // of a block of a performance cell, from 0
  // Rounds that share its time budget (measure::block_settings()).
  std::int64_t rounds_sharing = measure::kUsualRounds;
};

// The cell is its number within the group.
struct MeasurePart {
  std::size_t cell = 0;
  Part part;
};
// All parts that are needed are there: the cell gets its record.
struct CloseCell {
  std::size_t cell = 0;
  // Measured again, which computes nothing, where this sitting has measured none; absent: what is stored
  // suffices.
  std::optional<Part> last = Part{};
  std::optional<record::Adaptive> adaptive = {};  // absent for a cell that is measured whole
};
// The cell gets a failed record without being measured further.
struct FailCell {
  std::size_t cell = 0;
  base::Error error;
};
using Step = std::variant<MeasurePart, CloseCell, FailCell>;

class Schedule {
 public:
  virtual ~Schedule() = default;
  // Absent when every cell of the group has come to its end. Errors are those of reading what is stored.
  virtual base::Result<std::optional<Step>> next() = 0;
  // The last step has failed in this way, and the cell's record says so.
  virtual void on_failed(std::size_t cell, const base::Error& error) = 0;
};

// The simple case: one cell, measured in one part.
class OnePart final : public Schedule {
 public:
  base::Result<std::optional<Step>> next() override;
  void on_failed(std::size_t cell, const base::Error& error) override;

 private:
  enum class State { to_measure, to_close, over };
  State state_ = State::to_measure;
};

}  // namespace bantam::run
