#include "run/looks.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "task/subset.hpp"

namespace bantam::run {
namespace {

using base::Json;
using record::Item;
using stats::kLooks;
using stats::Standing;

// Items a look, counted by the first look that sees them.
std::vector<std::int64_t> items_by_look(const Looks& looks, const std::vector<Item>& items) {
  std::vector<std::int64_t> counts(kLooks.size(), 0);
  for (const Item& item : items) {
    const auto found = looks.from.find({item.task, item.doc_id});
    if (found != looks.from.end()) ++counts[found->second];
  }
  return counts;
}

using Scores = std::map<store::ItemName, const Item*>;

Scores seen(const Looks& looks, std::size_t look, const std::vector<Item>& items) {
  Scores scores;
  for (const Item& item : items) {
    const store::ItemName name{item.task, item.doc_id};
    const auto found = looks.from.find(name);
    if (found != looks.from.end() && found->second <= look) scores[name] = &item;
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

Json json_of(const LookTaken& taken) {
  Json json{{"items", taken.items}, {"standing", stats::name(taken.look.standing)}};
  if (taken.items == 0) return json;
  const auto& difference = taken.look.difference;
  json["difference"] = difference.difference;
  json["interval"] = {{"low", difference.interval.low},
                      {"high", difference.interval.high},
                      {"confidence", stats::look_confidence()},
                      {"method", "newcombe_paired_widened"}};
  json["lost"] = taken.lost;
  json["gained"] = taken.gained;
  return json;
}

}  // namespace

std::int64_t Looks::items_at(std::size_t look) const {
  return std::ranges::count_if(from, [look](const auto& entry) { return entry.second <= look; });
}

void add_rows(Looks& looks, const std::string& task, const std::vector<std::int64_t>& order) {
  std::size_t next = 0;
  for (std::size_t look = 0; look < kLooks.size(); ++look) {
    const std::size_t end = task::rows_until(kLooks[look], order.size());
    for (; next < end; ++next) looks.from[{task, order[next]}] = look;
  }
}

std::size_t looks_complete(const Looks& looks, const std::vector<Item>& items) {
  std::vector<std::int64_t> missing(kLooks.size(), 0);
  for (const auto& [name, look] : looks.from) ++missing[look];
  const auto there = items_by_look(looks, items);
  std::size_t look = 0;
  while (look < kLooks.size() && there[look] == missing[look]) ++look;
  return look;
}

std::size_t looks_begun(const Looks& looks, const std::vector<Item>& items) {
  const auto there = items_by_look(looks, items);
  std::size_t begun = kLooks.size();
  while (begun > 0 && there[begun - 1] == 0) --begun;
  return begun;
}

base::Result<LookTaken> take_look(const Looks& looks, std::size_t look, const std::vector<Item>& base,
                                  const std::vector<Item>& own, double width) {
  const Scores base_scores = seen(looks, look, base);
  const Scores own_scores = seen(looks, look, own);
  const auto wanted = static_cast<std::size_t>(looks.items_at(look));
  if (base_scores.size() != wanted || own_scores.size() != wanted) {
    return base::fail(base::ErrorKind::integrity,
                      fmt::format("look {} needs {} items; the base has {} of them, this precision {}",
                                  look + 1, wanted, base_scores.size(), own_scores.size()),
                      "run again with another --store");
  }
  std::int64_t both = 0;
  std::int64_t neither = 0;
  LookTaken taken;
  for (const auto& [name, item] : own_scores) {
    TRY_ASSIGN(const auto mine, is_right(*item, looks.metric));
    TRY_ASSIGN(const auto reference, is_right(*base_scores.at(name), looks.metric));
    if (!mine || !reference) continue;
    ++taken.items;
    ++(*mine ? (*reference ? both : taken.gained) : (*reference ? taken.lost : neither));
  }
  if (taken.items > 0) taken.look = stats::look_at(both, taken.gained, taken.lost, neither, width);
  return taken;
}

bool Judgement::is_over() const {
  if (taken.empty()) return false;
  return taken.size() == kLooks.size() || taken.back().look.standing != Standing::open;
}

std::string Judgement::verdict() const {
  if (taken.empty()) return "undecided";
  switch (taken.back().look.standing) {
    case Standing::different:
      return taken.back().look.difference.difference > 0.0 ? "better" : "worse";
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

Json to_json(const Judgement& judgement, const Looks& looks) {
  Json json{{"width", judgement.width},
            {"metric", looks.metric},
            {"n_total", looks.from.size()},
            {"verdict", judgement.verdict()},
            {"stopped_because", judgement.reason()},
            {"looks", Json::array()}};
  for (const LookTaken& taken : judgement.taken) json["looks"].push_back(json_of(taken));
  if (judgement.taken.empty()) return json;
  json["n_used"] = looks.items_at(judgement.taken.size() - 1);
  const Json& last = json["looks"].back();
  for (const char* key : {"difference", "interval"}) {
    if (last.contains(key)) json[key] = last[key];
  }
  return json;
}

std::string describe(const Judgement& judgement, const Looks& looks) {
  const std::size_t look = judgement.taken.size() - 1;
  const auto& taken = judgement.taken.back();
  const auto& difference = taken.look.difference;
  std::string text = fmt::format("look {} of {}: {} of {} items", look + 1, kLooks.size(),
                                 looks.items_at(look), looks.from.size());
  if (taken.items > 0) {
    text += fmt::format(", {:+.1f} points [{:+.1f}, {:+.1f}]", points(difference.difference),
                        points(difference.interval.low), points(difference.interval.high));
  }
  return fmt::format("{}: {}", text, judgement.is_over() ? judgement.verdict() : "open");
}

}  // namespace bantam::run
