#include "recommend/choose.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <tuple>

#include "base/text.hpp"
#include "base/units.hpp"
#include "metric/catalogue.hpp"
#include "recommend/next_measurement.hpp"
#include "record/sections.hpp"
#include "stats/blocks.hpp"
#include "stats/weighted_sum.hpp"

namespace bantam::recommend {
namespace {

using base::Result;
using base::Status;

// The limits that hold where none is asked for: a text that is another one is no text of this model.
Limit damage_limit() {
  return {"kld_mean at most 0.2", "kld_mean", Bound::most, kMostDamage, false};
}

bool asks_for(const std::vector<Limit>& limits, std::string_view subject) {
  return std::ranges::find(limits, subject, &Limit::subject) != limits.end();
}

// What puts a configuration out that does not surely keep to a limit; absent where it does.
std::optional<std::pair<Rule, std::string>> broken_rule(const LimitResult& result) {
  switch (result.kept) {
    case Kept::yes:
      break;
    case Kept::no:
      return std::pair(Rule::limit, result.reason);
    case Kept::unsure:
      return std::pair(Rule::unsure, "cannot be told: " + result.reason);
    case Kept::unknown:
      return std::pair(Rule::unknown, result.reason);
  }
  return std::nullopt;
}

// The outcome of a cell that did not end well; absent where all did.
std::optional<std::string> failure(const analyze::Configuration& configuration, std::string_view task) {
  const auto cell = configuration.cells.find(std::string(task));
  if (cell == configuration.cells.end() || cell->second.outcome == record::Outcome::ok) return std::nullopt;
  return fmt::format("{} {}", task, analyze::outcome_text(cell->second));
}

}  // namespace

Result<Answer> Chooser::choose(std::optional<double> memory_bytes) {
  const std::size_t count = facts_.configurations.size();
  answer_ = {};
  answer_.memory_bytes = memory_bytes;
  answer_.objectives = objectives_;
  answer_.places.resize(count);
  left_.clear();
  steps_kept_.assign(count, -1);
  for (std::size_t i = 0; i < count; ++i) {
    if (auto place = obstacle(i, memory_bytes)) {
      answer_.places[i] = *std::move(place);
      continue;
    }
    answer_.places[i].configuration = i;
    left_.push_back(i);
    steps_kept_[i] = 0;
  }
  if (left_.empty()) return std::move(answer_);
  for (const std::string& objective : objectives_) TRY(apply(objective));
  const std::size_t choice = pick();
  answer_.choice = choice;
  answer_.places[choice].standing = Standing::chosen;
  answer_.rests_on_imported = std::ranges::any_of(
      facts_.configurations[choice].cells, [](const auto& cell) { return record::is_imported(cell.second); });
  answer_.rests_on_predicted = is_choice_predicted();
  if (answer_.rests_on_predicted) {
    answer_.next.emplace();
    answer_.next->what = "its speed and memory measured, which are predicted";
  }
  TRY(find_rivals());
  TRY(name_dominated());
  find_runner_up();
  TRY(tell_certainty());
  answer_.is_decided = std::ranges::none_of(
      answer_.places, [](const Place& place) { return place.standing == Standing::rival; });
  return std::move(answer_);
}

std::optional<Place> Chooser::obstacle(std::size_t index, std::optional<double> memory_bytes) const {
  const analyze::Configuration& configuration = facts_.configurations[index];
  const auto out = [index](Rule rule, std::string reason, std::string missing = {}) {
    return Place{index, Standing::out, rule, std::move(reason), std::nullopt, std::move(missing)};
  };
  // Answers that are none, and tasks that failed, are no matter of what is optimized.
  for (const QualityTask& task : facts_.tasks.tasks) {
    if (auto failed = failure(configuration, task.column.task)) return out(Rule::failed, *failed);
  }
  const auto& quality = facts_.qualities[index];
  if (!quality && quality.error().why != NoQuality::Why::not_known)
    return out(Rule::no_answers, quality.error().reason);
  if (auto broken = limit_obstacle(index, memory_bytes)) return broken;
  for (const std::string& objective : objectives_) {
    const auto value = value_by(objective, facts_, index);
    if (value) continue;
    if (configuration.encodes && objective == "decode_tokens_per_s")
      return out(Rule::unknown, "it gives embeddings or labels, no text", objective);
    if (objective != kQuality) {
      if (auto failed = failure(configuration, analyze::kPerformance)) return out(Rule::failed, *failed);
    }
    return out(Rule::unknown, value.error(), objective);
  }
  return std::nullopt;
}

std::optional<Place> Chooser::limit_obstacle(std::size_t index, std::optional<double> memory_bytes) const {
  const analyze::Configuration& configuration = facts_.configurations[index];
  const auto out = [index](Rule rule, std::string reason) {
    return Place{index, Standing::out, rule, std::move(reason), std::nullopt};
  };
  if (memory_bytes) {
    const auto& need = facts_.needs[index];
    if (!need) {
      if (auto failed = failure(configuration, analyze::kPerformance)) return out(Rule::failed, *failed);
      return out(Rule::unknown, "its memory need is not known: " + need.error());
    }
    if (auto broken = broken_rule(judge_budget(*need, *memory_bytes)))
      return out(broken->first, std::move(broken->second));
  }
  for (const Limit& limit : wishes_.limits) {
    if (auto broken = broken_rule(judge(limit, configuration, columns_)))
      return out(broken->first, std::move(broken->second));
  }
  if (!asks_for(wishes_.limits, "kld_mean")) {
    const LimitResult result = judge(damage_limit(), configuration, columns_);
    if (result.kept == Kept::no)
      return out(Rule::limit, result.reason + ", where no other limit is given with --max kld_mean=");
  }
  return std::nullopt;
}

// Of those that are left the most promising: objective by objective the best, as it looks, and what is within
// the margin of it.
std::size_t Chooser::pick() const {
  std::vector<std::size_t> near = left_;
  for (const std::string& objective : objectives_) {
    const auto value = [&](std::size_t index) { return *value_by(objective, facts_, index); };
    const double best_value = value(best(objective, near));
    const double margin = objective == kQuality ? wishes_.margin : kSpeedMargin * std::abs(best_value);
    std::erase_if(near, [&](std::size_t index) { return std::abs(value(index) - best_value) > margin; });
  }
  return best(objectives_.back(), near);
}

std::size_t Chooser::best(const std::string& objective, const std::vector<std::size_t>& among) const {
  const auto value = [&](std::size_t index) {
    const double one = *value_by(objective, facts_, index);
    return is_higher_better(objective) ? one : -one;
  };
  return *std::ranges::max_element(among, {}, value);
}

Status Chooser::apply(const std::string& objective) {
  const std::size_t first = best(objective, left_);
  const std::int64_t comparisons = comparisons_[objective] = pairs_among(std::ssize(left_));
  std::vector<std::size_t> kept;
  for (const std::size_t i : left_) {
    if (i == first) {
      kept.push_back(i);
      continue;
    }
    TRY_ASSIGN(const Pair* pair, pairs_.compare(i, first));
    const Against found = against(objective, facts_, *pair, i, first, comparisons);
    if (found.side != Side::worse) {
      kept.push_back(i);
      continue;
    }
    answer_.places[i] = {
        i, Standing::out, Rule::worse,
        fmt::format("{} {} {}", found.text, objective == kQuality ? "than that of" : "against",
                    name_of(facts_.configurations[first])),
        first};
  }
  left_ = std::move(kept);
  for (const std::size_t i : left_) ++steps_kept_[i];
  return {};
}

// The first objective before the one by which it was put out where it looks better than the choice, and may
// be so by more than the margin.
Result<std::optional<std::string>> Chooser::may_be_better(std::size_t index) const {
  const auto passed = std::min<std::size_t>(
      static_cast<std::size_t>(std::max<std::int64_t>(0, steps_kept_[index])), objectives_.size());
  if (passed == 0) return std::optional<std::string>();
  TRY_ASSIGN(const Pair* pair, pairs_.compare(index, *answer_.choice));
  for (const std::string& objective : std::span(objectives_).first(passed)) {
    if (most_gain(objective, facts_, *pair, index, *answer_.choice) >
        (objective == kQuality ? wishes_.margin : kSpeedMargin))
      return std::optional(objective);
  }
  return std::optional<std::string>();
}

// Of what there is about this one and the choice.
const char* Chooser::known_as(std::size_t index) const {
  const bool any = std::ranges::any_of(objectives_, [&](const std::string& objective) {
    return is_predicted(objective, facts_, index) || is_predicted(objective, facts_, *answer_.choice);
  });
  return any ? "is known" : "was measured";
}

Status Chooser::find_rivals() {
  for (Place& place : answer_.places) {
    if (place.configuration == *answer_.choice) continue;
    const std::string choice = name_of(facts_.configurations[*answer_.choice]);
    if (std::ranges::find(left_, place.configuration) != left_.end()) {
      place = {place.configuration, Standing::rival, Rule::undecided,
               fmt::format("nothing that {} tells it from {}", known_as(place.configuration), choice),
               answer_.choice};
      continue;
    }
    if (place.rule != Rule::worse) continue;
    TRY_ASSIGN(const auto objective, may_be_better(place.configuration));
    if (!objective) continue;
    TRY_ASSIGN(const Pair* pair, pairs_.compare(place.configuration, *answer_.choice));
    const Against found = against(*objective, facts_, *pair, place.configuration, *answer_.choice, 1);
    place.standing = Standing::rival;
    place.rule = Rule::undecided;
    place.reason = fmt::format("{}, {}; {}", found.text,
                               is_predicted(*objective, facts_, place.configuration) ||
                                       is_predicted(*objective, facts_, *answer_.choice)
                                   ? "which is too rough to tell"
                                   : "which was measured too little to tell",
                               place.reason);
    place.by = answer_.choice;
  }
  return {};
}

// One that the choice beats in something, and that beats the choice in nothing, needs no other reason.
Status Chooser::name_dominated() {
  const std::size_t choice = *answer_.choice;
  const bool has_tasks = !facts_.tasks.tasks.empty();
  for (Place& place : answer_.places) {
    const std::size_t own = place.configuration;
    if (place.rule != Rule::worse || (has_tasks && !(facts_.qualities[own] && facts_.qualities[choice])))
      continue;
    TRY_ASSIGN(const Pair* pair, pairs_.compare(own, choice));
    std::vector<std::string> worse;
    bool is_better = pair->quality.value > 0.0 || !pair->quality.better.empty();
    const auto look = [&](std::string_view objective, const std::string& word) {
      if (objective == kQuality || !value_by(objective, facts_, own) || !value_by(objective, facts_, choice))
        return;
      const Side found = against(objective, facts_, *pair, own, choice, 1).side;
      if (found == Side::worse && std::ranges::find(worse, word) == worse.end()) worse.push_back(word);
      is_better = is_better || found == Side::better;
    };
    look("decode_tokens_per_s", "slower");
    look(kMemory, "larger");
    for (const std::string& objective : objectives_) {
      if (objective != "decode_tokens_per_s" && objective != kMemory)
        look(objective, "worse in " + title_of(objective));
    }
    if (is_better || worse.empty()) continue;
    place.rule = Rule::dominated;
    place.by = choice;
    place.reason = fmt::format("dominated by {}: {}", name_of(facts_.configurations[choice]),
                               base::join(worse, " and "));
    if (!pair->quality.worse.empty())
      place.reason += fmt::format(", worse on {}", base::join(pair->quality.worse, ", "));
    else if (has_tasks)
      place.reason += ", no better on any task";
  }
  return {};
}

void Chooser::find_runner_up() {
  const Place* second = nullptr;
  const auto rank = [&](const Place& place) {
    const std::int64_t steps = steps_kept_[place.configuration];
    const std::size_t step = std::min<std::size_t>(static_cast<std::size_t>(std::max<std::int64_t>(0, steps)),
                                                   objectives_.size() - 1);
    const double value = value_by(objectives_[step], facts_, place.configuration).value_or(0.0);
    return std::tuple(place.standing == Standing::rival, steps,
                      is_higher_better(objectives_[step]) ? value : -value);
  };
  for (const Place& place : answer_.places) {
    if (place.configuration == *answer_.choice || steps_kept_[place.configuration] < 0) continue;
    if (second == nullptr || rank(place) > rank(*second)) second = &place;
  }
  if (second != nullptr) answer_.runner_up = second->configuration;
}

// Whether a figure that the choice rests on is predicted: an objective, its memory within a budget, or what a
// limit asks for.
bool Chooser::is_choice_predicted() const {
  const std::size_t choice = *answer_.choice;
  if (answer_.memory_bytes && is_predicted(kMemory, facts_, choice)) return true;
  const auto is = [&](const std::string& figure) { return is_predicted(figure, facts_, choice); };
  return std::ranges::any_of(objectives_, is) || std::ranges::any_of(wishes_.limits, [&](const Limit& limit) {
           return !limit.is_score && is(limit.subject);
         });
}

// The choice against its rivals, or against the runner-up where it has none.
Status Chooser::tell_certainty() {
  std::vector<std::size_t> close;
  for (const Place& place : answer_.places) {
    if (place.standing == Standing::rival) close.push_back(place.configuration);
  }
  if (close.empty() && answer_.runner_up) close.push_back(*answer_.runner_up);
  for (const std::size_t other : close) {
    TRY_ASSIGN(const Pair* pair, pairs_.compare(*answer_.choice, other));
    std::vector<std::string> parts;
    for (const std::string& objective : objectives_) {
      // As sure as the step that told them apart, or could not.
      std::string text =
          against(objective, facts_, *pair, *answer_.choice, other, comparisons_.at(objective)).text;
      if (objective == kQuality && pair->quality.items > 0)
        text += fmt::format(" on {} pairs of items", pair->quality.items);
      const auto change = pair->impact.changes.find(objective);
      if (change != pair->impact.changes.end() && change->second.rounds > 0)
        text += fmt::format(" in {} rounds", change->second.rounds);
      parts.push_back(std::move(text));
    }
    answer_.certainty.push_back(fmt::format("{} against {}: {}",
                                            name_of(facts_.configurations[*answer_.choice]),
                                            name_of(facts_.configurations[other]), base::join(parts, "; ")));
    const bool is_rival = answer_.places[other].standing == Standing::rival;
    if (is_rival && !answer_.next)
      answer_.next = next_measurement({facts_, objectives_, comparisons_, wishes_.margin}, other, *pair);
  }
  return {};
}

}  // namespace bantam::recommend
