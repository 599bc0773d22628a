#pragma once
// What the scores of a record are of: how many items, of how many, and how many examples each prompt had.
// Knows nothing of the scores themselves.

#include <cstdint>
#include <optional>
#include <string>

#include "record/record.hpp"
#include "record/sections.hpp"

namespace bantam::analyze {

// Over all tasks of the record.
struct ItemCount {
  std::int64_t scored = 0;
  std::optional<std::int64_t> all;  // of the data; absent where a task does not tell

  bool is_part() const { return all && scored < *all; }
  bool is_whole() const { return all && scored >= *all; }
  std::string text() const;  // "8 of 400 items", "400 items"
};
// Absent where the record does not tell, as for some imported ones.
std::optional<ItemCount> item_count(const record::Record& record);

// The examples in the prompts of a task of the record: as many as were asked for, or else the task's own
// number.
std::int64_t shots(const record::Record& record, const record::TaskFacts& task);
// Absent where the file that a record was imported from does not tell.
std::optional<std::int64_t> told_shots(const record::Record& record, const record::TaskFacts& task);

}  // namespace bantam::analyze
