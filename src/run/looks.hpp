#pragma once
// Judging a precision against the base precision on the items of a task, look by look (stats/sequential.hpp).
// Pure: the same items give the same judgement, whenever and in however many sittings they were computed.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "record/record.hpp"
#include "stats/sequential.hpp"
#include "store/store.hpp"

namespace bantam::run {

// Which items of a task, or of all tasks of a group, the looks see.
struct Looks {
  std::string metric;                           // key in Item::metrics; 0 or 1 on each item
  std::map<store::ItemName, std::size_t> from;  // the first look that sees the item

  std::int64_t items_at(std::size_t look) const;
};

// Adds a task's rows in the order in which stages take them (evaluate::Prompter::order()).
void add_rows(Looks& looks, const std::string& task, const std::vector<std::int64_t>& order);

// How many looks the items complete, counted from the first.
std::size_t looks_complete(const Looks& looks, const std::vector<record::Item>& items);
// How many looks the items reach into, complete or not.
std::size_t looks_begun(const Looks& looks, const std::vector<record::Item>& items);

// What one look saw.
struct LookTaken {
  std::int64_t items =
      0;  // pairs; without those that have no score on one side (an unfinished block of thought)
  std::int64_t lost = 0;  // right in the base only
  std::int64_t gained = 0;
  stats::Look look;  // open when there are no pairs
};

// The look number `look` (from 0) at this precision's items and the base's; items that only later looks see
// do not count. integrity when an item of the look is missing, bad_input when a value is neither 0 nor 1.
base::Result<LookTaken> take_look(const Looks& looks, std::size_t look, const std::vector<record::Item>& base,
                                  const std::vector<record::Item>& own, double width);

// All looks of one precision until it was settled or the items were used up.
struct Judgement {
  double width = 0.0;  // as a share
  std::vector<LookTaken> taken;

  bool is_over() const;         // settled, or all items used
  std::string verdict() const;  // better, worse, alike; undecided when all items did not tell
  std::string reason() const;   // why it stopped, for people
};

// task_info.adaptive of a record (docs/uncertainty.md).
base::Json to_json(const Judgement& judgement, const Looks& looks);

// "look 1 of 4: 50 of 400 items, +0.0 points [-7.1, +7.1]: open".
std::string describe(const Judgement& judgement, const Looks& looks);

}  // namespace bantam::run
