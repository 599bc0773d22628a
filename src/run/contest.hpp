#pragma once
// A contest: all precisions of one model on one task take the same items in stages. After every stage each is
// judged against the base precision, look by look (stats/sequential.hpp), and one that is decided stops.
// Pure: what is done next, and every judgement, follows from the items alone, whenever and in however many
// sittings they were computed.

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "record/record.hpp"
#include "record/sections.hpp"
#include "run/schedule.hpp"
#include "stats/sequential.hpp"

namespace bantam::run {

// Which items of a task, or of all tasks of a group, each stage adds. After every stage a look is taken at
// all items so far.
struct StagedItems {
  std::string metric;                            // key in Item::metrics; 0 or 1 on each item
  std::map<record::ItemName, std::size_t> from;  // the stage that adds the item

  std::int64_t items_until(std::size_t stage) const;  // that stage included
};

// Adds a task's rows in the order in which stages take them (evaluate::Prompter::order()).
void add_rows(StagedItems& staged, const std::string& task, const std::vector<std::int64_t>& order);

// How many stages the items complete, counted from the first.
std::size_t stages_complete(const StagedItems& staged, const std::vector<record::Item>& items);
// How many stages the items reach into, complete or not.
std::size_t stages_begun(const StagedItems& staged, const std::vector<record::Item>& items);

// What one look saw.
struct LookTaken {
  // Pairs; without the ones that have no score on one side (an unfinished block of thought).
  std::int64_t items = 0;
  std::int64_t lost = 0;  // right in the base only
  std::int64_t gained = 0;
  stats::Look verdict;  // open when there are no pairs
};

// The look number `look` (from 0) at this precision's items and the base's; items that only later looks see
// do not count. integrity when an item of the look is missing, bad_input when a value is neither 0 nor 1.
base::Result<LookTaken> look_at(const StagedItems& staged, std::size_t look,
                                const std::vector<record::Item>& baseline,
                                const std::vector<record::Item>& own, double width);

// All looks of one precision until it was settled or the items were used up.
struct Judgement {
  double width = 0.0;  // as a share
  std::vector<LookTaken> taken;

  bool is_over() const;         // settled, or all items used
  std::string verdict() const;  // better, worse, alike; undecided when all items did not tell
  std::string reason() const;   // why it stopped, for people
};

// What the record says about it (docs/uncertainty.md).
record::Adaptive adaptive_facts(const Judgement& judgement, const StagedItems& staged);

// "look 1 of 4: 50 of 400 items, +0.0 points [-7.1, +7.1]: open".
std::string describe(const Judgement& judgement, const StagedItems& staged);

// The cells of a contest, the base precision's first.
class Contest final : public Schedule {
 public:
  struct Facts {
    const StagedItems& staged;
    double width = 0.0;      // as a share
    std::size_t others = 0;  // cells beside the base's
    // All items of a cell that are there, of later stages too.
    std::function<base::Result<std::vector<record::Item>>(std::size_t cell)> items;
    // Called after each look at one of the others.
    std::function<void(std::size_t cell, const Judgement&)> on_look = {};
    std::optional<base::Error> base_failure = {};  // the base has failed for good in an earlier run
  };
  explicit Contest(Facts facts);

  base::Result<std::optional<Step>> next() override;
  // A failure of the base fails the others that are not decided yet.
  void on_failed(std::size_t cell, const base::Error& error) override;

 private:
  struct Open {
    std::size_t cell = 0;
    Judgement judgement;
    bool is_over = false;  // has its record
  };

  // The step that brings the cell up to this stage; absent when it is there.
  base::Result<std::optional<Step>> bring(std::size_t cell, std::size_t stage);
  base::Result<std::optional<Step>> next_of_stage();
  base::Result<std::optional<Step>> look_at_next();
  base::Result<std::optional<Step>> end_base();
  Part part(std::size_t stage) const;

  Facts facts_;
  std::vector<Open> open_;
  std::size_t stage_ = 0;
  std::size_t turn_ = 0;  // which of `open_` is looked at next
  bool base_is_over_ = false;
  std::optional<std::pair<std::size_t, std::size_t>> measured_;  // cell and stage of the last step
};

}  // namespace bantam::run
