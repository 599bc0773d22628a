#include "run/contest.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <functional>
#include <numeric>
#include <utility>

namespace bantam::run {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::int64_t kItems = 800;

StagedItems stages_of(std::int64_t items = kItems) {
  std::vector<std::int64_t> order(static_cast<std::size_t>(items));
  std::iota(order.begin(), order.end(), 0);
  StagedItems staged{"acc", {}};
  add_rows(staged, "t", order);
  return staged;
}

// A cell whose items survive, as they do in the store, and whose work can be stopped after some of them.
struct Cell {
  std::function<bool(std::int64_t)> is_right;
  std::vector<record::Item> items = {};
  std::optional<record::Adaptive> record = {};
  std::optional<std::string> failure = {};
  std::int64_t breaks_at = -1;  // fails when it comes to this item
};

// Items left until the run is killed; shared by all cells.
using Budget = std::int64_t;

struct Room {
  Cell base{[](std::int64_t id) { return id % 2 == 0; }};
  std::vector<Cell> others;
};

// The same as the base; worse on a fifth of all items; now better and now worse, never to be told.
Room room_of_three() {
  Room room;
  room.others.push_back({room.base.is_right});
  room.others.push_back({[](std::int64_t id) { return id % 2 == 0 && id % 10 > 3; }});
  room.others.push_back({[](std::int64_t id) { return id % 3 == 0; }});
  return room;
}

// Carries out the steps of a contest as a run does. Cells with a record are not asked again.
class Play {
 public:
  Play(Room& room, const StagedItems& staged, double width, Budget budget)
      : staged_(staged), budget_(budget), cells_{&room.base} {
    for (Cell& cell : room.others) {
      if (!cell.record && !cell.failure) cells_.push_back(&cell);
    }
    contest_.emplace(Contest::Facts{staged, width, cells_.size() - 1, [this](std::size_t cell) {
                                      return base::Result<Items>(cells_[cell]->items);
                                    }});
  }

  // True when the budget was used up.
  bool run() {
    while (true) {
      const auto step = contest_->next();
      EXPECT_TRUE(step) << step.error().message;
      if (!*step) return false;
      if (const auto* part = std::get_if<MeasurePart>(&**step); part != nullptr && !measure(*part))
        return true;
      if (const auto* close = std::get_if<CloseCell>(&**step)) cells_[close->cell]->record = close->adaptive;
      if (const auto* fail = std::get_if<FailCell>(&**step)) end(fail->cell, fail->error);
    }
  }

 private:
  using Items = std::vector<record::Item>;

  void end(std::size_t cell, const base::Error& error) {
    cells_[cell]->failure = error.message;
    contest_->on_failed(cell, error);
  }

  bool measure(const MeasurePart& step) {
    Cell& cell = *cells_[step.cell];
    const auto stage = std::ranges::find(stats::kLooks, step.part.stage.end) - stats::kLooks.begin();
    for (const auto& [name, from] : staged_.from) {
      const bool is_there = std::ranges::any_of(
          cell.items, [&](const record::Item& item) { return item.doc_id == name.second; });
      if (static_cast<std::ptrdiff_t>(from) > stage || is_there) continue;
      if (budget_-- == 0) return false;
      if (name.second == cell.breaks_at) {
        end(step.cell, {base::ErrorKind::worker, "SIGSEGV", ""});
        return true;
      }
      cell.items.push_back({"t", name.second, {}, {{"acc", cell.is_right(name.second) ? 1.0 : 0.0}}});
    }
    return true;
  }

  const StagedItems& staged_;
  Budget budget_;
  std::vector<Cell*> cells_;
  std::optional<Contest> contest_;
};

bool play(Room& room, const StagedItems& staged, double width, Budget budget) {
  return Play(room, staged, width, budget).run();
}

std::vector<std::string> verdicts(const Room& room) {
  std::vector<std::string> all;
  for (const Cell& cell : room.others) {
    all.push_back(cell.record ? cell.record->verdict.value_or("") : "no record");
  }
  return all;
}

constexpr Budget kEnough = 1 << 20;

TEST(Looks, SeeAnEighthAQuarterAHalfAndAllOfEachTask) {
  StagedItems looks{"acc", {}};
  add_rows(looks, "t", {5, 3, 9, 0, 1, 2, 4, 6});
  add_rows(looks, "u", {7});
  EXPECT_EQ(looks.items_until(0), 2);
  EXPECT_EQ(looks.items_until(1), 3);
  EXPECT_EQ(looks.items_until(2), 5);
  EXPECT_EQ(looks.items_until(3), 9);
  EXPECT_EQ(looks.from.at({"t", 5}), 0U);
  EXPECT_EQ(looks.from.at({"t", 6}), 3U);
}

TEST(Looks, RefuseScoresThatAreNeitherRightNorWrong) {
  const StagedItems looks = stages_of(8);
  std::vector<record::Item> items{{"t", 0, {}, {{"acc", 0.5}}}};
  const auto taken = look_at(looks, 0, items, items, 0.02);
  ASSERT_FALSE(taken);
  EXPECT_THAT(taken.error().message, HasSubstr("item 0: acc is 0.5"));
}

TEST(Looks, ItemsOfLaterLooksDoNotCount) {
  const StagedItems looks = stages_of(80);
  std::vector<record::Item> right;
  std::vector<record::Item> wrong;
  for (std::int64_t id = 0; id < 80; ++id) {
    right.push_back({"t", id, {}, {{"acc", 1.0}}});
    wrong.push_back({"t", id, {}, {{"acc", id < 10 ? 1.0 : 0.0}}});
  }
  const auto first = look_at(looks, 0, right, wrong, 0.02);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->items, 10);
  EXPECT_EQ(first->lost, 0);
  const auto second = look_at(looks, 1, right, wrong, 0.02);
  EXPECT_EQ(second->lost, 10);
}

TEST(Contest, StopsEachPrecisionAsSoonAsItIsDecided) {
  Room room = room_of_three();
  EXPECT_FALSE(play(room, stages_of(), 0.02, kEnough));
  EXPECT_THAT(verdicts(room), ElementsAre("alike", "worse", "worse"));
  for (const Cell& cell : room.others) {
    EXPECT_EQ(cell.record->n_used, static_cast<std::int64_t>(cell.items.size()));
    EXPECT_EQ(cell.record->n_total, kItems);
  }
  EXPECT_EQ(room.others[1].items.size(), 100U) << "20 points fewer show in the first look";
  EXPECT_LT(room.others[0].items.size(), 800U);
  EXPECT_GT(room.others[0].items.size(), 100U) << "100 items without a difference could hide 2 points";
  std::size_t farthest = 0;
  for (const Cell& cell : room.others) farthest = std::max(farthest, cell.items.size());
  EXPECT_EQ(room.base.items.size(), farthest) << "the base goes as far as the slowest";
}

TEST(Contest, SaysThatAllItemsDidNotTell) {
  Room room = room_of_three();
  play(room, stages_of(80), 0.01, kEnough);
  EXPECT_EQ(room.others[0].record->verdict, "undecided");
  EXPECT_EQ(room.others[0].record->stopped_because, "all items are used");
  EXPECT_EQ(room.others[0].record->n_used, 80);
  EXPECT_EQ(room.others[0].record->looks.size(), 4U);
}

// Killed after every so many items, at any place, and started again.
TEST(Contest, AnInterruptedRunComesToTheSameJudgements) {
  const StagedItems looks = stages_of();
  Room whole = room_of_three();
  play(whole, looks, 0.02, kEnough);
  for (const Budget budget : {1, 7, 99, 100, 101, 350}) {
    Room room = room_of_three();
    while (play(room, looks, 0.02, budget)) {
    }
    EXPECT_EQ(to_json(*room.base.record), to_json(*whole.base.record)) << budget;
    for (std::size_t i = 0; i < room.others.size(); ++i) {
      EXPECT_EQ(to_json(*room.others[i].record), to_json(*whole.others[i].record)) << budget;
      EXPECT_EQ(room.others[i].items.size(), whole.others[i].items.size()) << budget;
    }
  }
}

TEST(Contest, AFailureOfOnePrecisionLeavesTheOthersAlone) {
  Room room = room_of_three();
  room.others[1].breaks_at = 50;
  EXPECT_FALSE(play(room, stages_of(), 0.02, kEnough));
  EXPECT_THAT(verdicts(room), ElementsAre("alike", "no record", "worse"));
  EXPECT_EQ(room.others[1].failure, "SIGSEGV");
}

TEST(Contest, AFailureOfTheBaseFailsWhatIsNotDecided) {
  Room room = room_of_three();
  room.base.breaks_at = 150;  // in the second look
  EXPECT_FALSE(play(room, stages_of(), 0.02, kEnough));
  EXPECT_EQ(room.base.failure, "SIGSEGV");
  EXPECT_THAT(verdicts(room), ElementsAre("no record", "worse", "no record"));
  EXPECT_THAT(*room.others[0].failure, HasSubstr("the base precision failed"));
}

// A precision that needs fewer items comes after one that needed more, which is asked for no longer.
TEST(Contest, NoRecordHoldsAPartOfALook) {
  const StagedItems looks = stages_of();
  Room room = room_of_three();
  ASSERT_TRUE(play(room, looks, 0.02, 100 * 4 + 50));  // the base is in its second look
  std::erase_if(room.others, [](const Cell& cell) { return !cell.record; });
  EXPECT_FALSE(play(room, looks, 0.02, kEnough));
  EXPECT_EQ(room.base.items.size(), 200U);
  EXPECT_EQ(room.base.record->n_used, 200);
}

// A worker that says it is done, but has left nothing, must not be asked for ever.
TEST(Contest, AWorkerThatLeavesItemsOutFailsItsCell) {
  const StagedItems staged = stages_of(8);
  Contest contest({staged, 0.02, 1, [](std::size_t) { return base::Result<std::vector<record::Item>>(); }});
  const auto asked = contest.next();
  ASSERT_TRUE(asked && *asked && std::holds_alternative<MeasurePart>(**asked));
  const auto failed = contest.next();
  ASSERT_TRUE(failed && *failed && std::holds_alternative<FailCell>(**failed));
  const auto& step = std::get<FailCell>(**failed);
  EXPECT_EQ(step.cell, 0U);
  EXPECT_THAT(step.error.message, HasSubstr("without all items of look 1"));
  contest.on_failed(step.cell, step.error);
  const auto other = contest.next();
  ASSERT_TRUE(other && *other && std::holds_alternative<FailCell>(**other));
  EXPECT_EQ(std::get<FailCell>(**other).cell, 1U);
  const auto end = contest.next();
  EXPECT_TRUE(end && !*end);
}

TEST(OnePart, IsMeasuredAndClosedOnce) {
  OnePart schedule;
  const auto first = schedule.next();
  ASSERT_TRUE(first && *first && std::holds_alternative<MeasurePart>(**first));
  const auto second = schedule.next();
  ASSERT_TRUE(second && *second && std::holds_alternative<CloseCell>(**second));
  EXPECT_FALSE(std::get<CloseCell>(**second).adaptive);
  const auto end = schedule.next();
  EXPECT_TRUE(end && !*end);
}

TEST(OnePart, IsNotClosedAfterAFailure) {
  OnePart schedule;
  ASSERT_TRUE(schedule.next());
  schedule.on_failed(0, {base::ErrorKind::worker, "SIGSEGV", ""});
  const auto end = schedule.next();
  EXPECT_TRUE(end && !*end);
}

}  // namespace
}  // namespace bantam::run
