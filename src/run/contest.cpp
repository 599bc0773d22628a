#include "run/contest.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "task/subset.hpp"

namespace bantam::run {
namespace {

using base::Result;
using record::Item;
using stats::kLooks;
using stats::Standing;

// How many of the items each stage adds.
std::vector<std::int64_t> items_by_stage(const StagedItems& staged, const std::vector<Item>& items) {
  std::vector<std::int64_t> counts(kLooks.size(), 0);
  for (const Item& item : items) {
    const auto found = staged.from.find({item.task, item.doc_id});
    if (found != staged.from.end()) ++counts[found->second];
  }
  return counts;
}

using Scores = std::map<record::ItemName, const Item*>;

Scores seen(const StagedItems& staged, std::size_t look, const std::vector<Item>& items) {
  Scores scores;
  for (const Item& item : items) {
    const record::ItemName name{item.task, item.doc_id};
    const auto found = staged.from.find(name);
    if (found != staged.from.end() && found->second <= look) scores[name] = &item;
  }
  return scores;
}

base::Result<std::optional<bool>> is_right(const Item& item, const std::string& metric) {
  const auto found = item.metrics.find(metric);
  if (found == item.metrics.end()) return std::nullopt;
  if (found->second == 1.0 || found->second == 0.0) return std::optional(found->second == 1.0);
  return base::fail(base::ErrorKind::bad_input,
                    fmt::format("task '{}', item {}: {} is {}, neither right nor wrong", item.task,
                                item.doc_id, metric, found->second),
                    "measure this task without --until-decided");
}

double points(double share) {
  return 100.0 * share;
}

record::LookSeen facts_about(const LookTaken& taken) {
  record::LookSeen look{taken.items, std::string(stats::name(taken.verdict.standing)), {}};
  if (taken.items == 0) return look;
  const auto& difference = taken.verdict.difference;
  look.seen = {difference.difference,
               {difference.interval.low, difference.interval.high, stats::look_confidence(),
                "newcombe_paired_widened"},
               taken.lost,
               taken.gained};
  return look;
}

record::Adaptive staged_facts(const StagedItems& staged, double width) {
  record::Adaptive facts;
  facts.width = width;
  facts.metric = staged.metric;
  facts.n_total = std::ssize(staged.from);
  return facts;
}

// The base goes as far as the others need it.
record::Adaptive base_facts(const StagedItems& staged, double width, std::size_t stages) {
  record::Adaptive facts = staged_facts(staged, width);
  facts.is_base = true;
  facts.n_used = staged.items_until(stages - 1);
  facts.stopped_because =
      facts.n_used == facts.n_total ? "all items are used" : "nothing more is to be decided against it";
  return facts;
}

base::Error items_missing(std::size_t stage) {
  return {base::ErrorKind::integrity, fmt::format("the worker ended without all items of look {}", stage + 1),
          "run it again with --retry"};
}

// How cells end that can no longer be decided, because their base has failed.
base::Error undecidable(const base::Error& error) {
  return {error.kind,
          fmt::format("the base precision failed, so there is nothing to decide against: {}", error.message),
          "run it again with --retry, or name another --base-precision"};
}

}  // namespace

std::int64_t StagedItems::items_until(std::size_t look) const {
  return std::ranges::count_if(from, [look](const auto& entry) { return entry.second <= look; });
}

void add_rows(StagedItems& staged, const std::string& task, const std::vector<std::int64_t>& order) {
  std::size_t next = 0;
  for (std::size_t look = 0; look < kLooks.size(); ++look) {
    const std::size_t end = task::rows_until(kLooks[look], order.size());
    for (; next < end; ++next) staged.from[{task, order[next]}] = look;
  }
}

std::size_t stages_complete(const StagedItems& staged, const std::vector<Item>& items) {
  std::vector<std::int64_t> missing(kLooks.size(), 0);
  for (const auto& [name, look] : staged.from) ++missing[look];
  const auto there = items_by_stage(staged, items);
  std::size_t look = 0;
  while (look < kLooks.size() && there[look] == missing[look]) ++look;
  return look;
}

std::size_t stages_begun(const StagedItems& staged, const std::vector<Item>& items) {
  const auto there = items_by_stage(staged, items);
  std::size_t begun = kLooks.size();
  while (begun > 0 && there[begun - 1] == 0) --begun;
  return begun;
}

base::Result<LookTaken> look_at(const StagedItems& staged, std::size_t look,
                                const std::vector<Item>& baseline, const std::vector<Item>& own,
                                double width) {
  const Scores baseline_scores = seen(staged, look, baseline);
  const Scores own_scores = seen(staged, look, own);
  const auto wanted = static_cast<std::size_t>(staged.items_until(look));
  if (baseline_scores.size() != wanted || own_scores.size() != wanted) {
    return base::fail(base::ErrorKind::integrity,
                      fmt::format("look {} needs {} items; the base has {} of them, this precision {}",
                                  look + 1, wanted, baseline_scores.size(), own_scores.size()),
                      "run again with another --store");
  }
  std::int64_t both = 0;
  std::int64_t neither = 0;
  LookTaken taken;
  for (const auto& [name, item] : own_scores) {
    TRY_ASSIGN(const auto mine, is_right(*item, staged.metric));
    TRY_ASSIGN(const auto reference, is_right(*baseline_scores.at(name), staged.metric));
    if (!mine || !reference) continue;
    ++taken.items;
    ++(*mine ? (*reference ? both : taken.gained) : (*reference ? taken.lost : neither));
  }
  if (taken.items > 0) taken.verdict = stats::look_at(both, taken.gained, taken.lost, neither, width);
  return taken;
}

bool Judgement::is_over() const {
  if (taken.empty()) return false;
  return taken.size() == kLooks.size() || taken.back().verdict.standing != Standing::open;
}

std::string Judgement::verdict() const {
  if (taken.empty()) return "undecided";
  switch (taken.back().verdict.standing) {
    case Standing::different:
      return taken.back().verdict.difference.difference > 0.0 ? "better" : "worse";
    case Standing::alike:
      return "alike";
    case Standing::open:
      return "undecided";
  }
  return "undecided";
}

std::string Judgement::reason() const {
  const std::string outcome = verdict();
  if (outcome == "alike") return fmt::format("the interval lies within ±{:g} points", points(width));
  if (outcome != "undecided") return "the interval lies on one side of 0";
  return "all items are used";
}

record::Adaptive adaptive_facts(const Judgement& judgement, const StagedItems& staged) {
  record::Adaptive facts = staged_facts(staged, judgement.width);
  facts.verdict = judgement.verdict();
  facts.stopped_because = judgement.reason();
  for (const LookTaken& taken : judgement.taken) facts.looks.push_back(facts_about(taken));
  if (facts.looks.empty()) return facts;
  facts.n_used = staged.items_until(judgement.taken.size() - 1);
  if (const auto& last = facts.looks.back().seen) {
    facts.difference = last->difference;
    facts.interval = last->interval;
  }
  return facts;
}

std::string describe(const Judgement& judgement, const StagedItems& staged) {
  const std::size_t look = judgement.taken.size() - 1;
  const auto& taken = judgement.taken.back();
  const auto& difference = taken.verdict.difference;
  std::string text = fmt::format("look {} of {}: {} of {} items", look + 1, kLooks.size(),
                                 staged.items_until(look), staged.from.size());
  if (taken.items > 0) {
    text += fmt::format(", {:+.1f} points [{:+.1f}, {:+.1f}]", points(difference.difference),
                        points(difference.interval.low), points(difference.interval.high));
  }
  return fmt::format("{}: {}", text, judgement.is_over() ? judgement.verdict() : "open");
}

Contest::Contest(Facts facts) : facts_(std::move(facts)), base_is_over_(facts_.base_failure.has_value()) {
  for (std::size_t cell = 1; cell <= facts_.others; ++cell)
    open_.push_back({cell, {facts_.width, {}}, false});
}

Result<std::optional<Step>> Contest::next() {
  std::erase_if(open_, [this](const Open& one) { return one.is_over && facts_.base_failure; });
  if (facts_.base_failure && !open_.empty()) {
    open_.front().is_over = true;
    return FailCell{open_.front().cell, undecidable(*facts_.base_failure)};
  }
  if (base_is_over_) return std::nullopt;
  while (stage_ < kLooks.size() && !open_.empty()) {
    TRY_ASSIGN(auto step, next_of_stage());
    if (step) return step;
    std::erase_if(open_, [](const Open& one) { return one.is_over; });
    ++stage_;
    turn_ = 0;
  }
  return end_base();
}

Result<std::optional<Step>> Contest::next_of_stage() {
  TRY_ASSIGN(auto step, bring(0, stage_));
  while (!step && turn_ < open_.size()) {
    if (open_[turn_].is_over) {
      ++turn_;
      continue;
    }
    TRY_ASSIGN(step, bring(open_[turn_].cell, stage_));
    if (step) break;
    TRY_ASSIGN(step, look_at_next());
  }
  return step;
}

Result<std::optional<Step>> Contest::look_at_next() {
  Open& one = open_[turn_++];
  TRY_ASSIGN(const auto baseline, facts_.items(0));
  TRY_ASSIGN(const auto own, facts_.items(one.cell));
  auto look = look_at(facts_.staged, stage_, baseline, own, facts_.width);
  if (!look) return FailCell{one.cell, look.error()};
  one.judgement.taken.push_back(*std::move(look));
  if (facts_.on_look) facts_.on_look(one.cell, one.judgement);
  if (!one.judgement.is_over()) return std::nullopt;
  one.is_over = true;
  return CloseCell{one.cell, part(stage_), adaptive_facts(one.judgement, facts_.staged)};
}

// A stage that an earlier sitting has begun, for precisions that are not asked for now, is completed: no
// record holds a part of a stage. Without any other there is one stage.
Result<std::optional<Step>> Contest::end_base() {
  TRY_ASSIGN(const auto items, facts_.items(0));
  const std::size_t stages = std::max<std::size_t>(stages_begun(facts_.staged, items), 1);
  TRY_ASSIGN(auto step, bring(0, stages - 1));
  if (step) return step;
  base_is_over_ = true;
  return CloseCell{0, part(stages - 1), base_facts(facts_.staged, facts_.width, stages)};
}

Result<std::optional<Step>> Contest::bring(std::size_t cell, std::size_t stage) {
  TRY_ASSIGN(const auto items, facts_.items(cell));
  const std::size_t complete = stages_complete(facts_.staged, items);
  if (complete > stage) return std::nullopt;
  const std::pair asked{cell, complete};
  if (measured_ == asked) return FailCell{cell, items_missing(complete)};
  measured_ = asked;
  return MeasurePart{cell, part(complete)};
}

Part Contest::part(std::size_t stage) const {
  return {fmt::format("look {} of {}", stage + 1, kLooks.size()),
          {stage == 0 ? 0.0 : kLooks[stage - 1], kLooks[stage]},
          stage == 0 ? 0 : facts_.staged.items_until(stage - 1)};
}

void Contest::on_failed(std::size_t cell, const base::Error& error) {
  if (cell == 0) {
    base_is_over_ = true;
    facts_.base_failure = error;
    return;
  }
  for (Open& one : open_) one.is_over = one.is_over || one.cell == cell;
}

}  // namespace bantam::run
