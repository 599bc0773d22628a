#include "verify/groups.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <set>
#include <string_view>

#include "metric/catalogue.hpp"
#include "metric/group_scores.hpp"
#include "record/sections.hpp"
#include "verify/values.hpp"

namespace bantam::verify {
namespace {

using record::Record;
using record::Value;
using Scores = std::map<std::string, Value>;

constexpr std::int64_t kMostItems = 1'000'000'000'000;

struct Group {
  std::string name;
  const Scores* scores = nullptr;
  std::vector<const Scores*> tasks;  // of all tasks below it
  bool is_whole = true;              // all of them are there
};

// The tasks below a group, those of the groups within it included.
void add_tasks(const std::map<std::string, const record::GroupFacts*>& groups, const Record& record,
               Group& group) {
  std::set<std::string> seen{group.name};
  std::vector<std::string> open{group.name};
  std::set<std::string> tasks;
  while (!open.empty()) {
    const auto found = groups.find(open.back());
    open.pop_back();
    for (const std::string& part : found->second->parts) {
      if (record.subtasks.contains(part))
        tasks.insert(part);
      else if (!groups.contains(part))
        group.is_whole = false;
      else if (seen.insert(part).second)
        open.push_back(part);
    }
  }
  for (const std::string& task : tasks) group.tasks.push_back(&record.subtasks.at(task));
}

// The record's own group first: its tasks are all that there are.
std::vector<Group> groups_of(const Record& record, const std::vector<record::GroupFacts>& told) {
  std::map<std::string, const record::GroupFacts*> by_name;
  for (const record::GroupFacts& facts : told) by_name.try_emplace(facts.name, &facts);
  std::vector<Group> groups;
  Group& own = groups.emplace_back(Group{record.task, &record.metrics, {}, true});
  if (by_name.contains(own.name)) add_tasks(by_name, record, own);
  own.tasks.clear();
  for (const auto& [task, scores] : record.subtasks) own.tasks.push_back(&scores);
  for (const auto& [name, facts] : by_name) {
    if (facts->metrics.empty()) continue;
    Group& inner = groups.emplace_back(Group{name, &facts->metrics, {}, true});
    add_tasks(by_name, record, inner);
  }
  return groups;
}

bool can_be_added_up(const Value& value) {
  const bool is_share = value.interval && value.interval->method == "wilson";
  return std::isfinite(value.value) && value.n.value_or(0) >= 0 && value.n.value_or(0) <= kMostItems &&
         (!is_share || (value.value >= 0.0 && value.value <= 1.0));
}

// Empty unless each task has one.
metric::TaskValues values_of(const std::string& key, const std::vector<const Scores*>& tasks) {
  metric::TaskValues values;
  for (const Scores* scores : tasks) {
    const auto found = scores->find(key);
    if (found == scores->end() || !can_be_added_up(found->second)) return {};
    values.push_back(&found->second);
  }
  return values;
}

// What the tasks give for this key: each of the means that it can be.
std::vector<Value> means(const std::string& key, const std::vector<const Scores*>& tasks) {
  std::vector<Value> all;
  const std::string averaged = metric::averaged_key(key);
  const metric::TaskValues values = values_of(averaged.empty() ? key : averaged, tasks);
  if (values.empty()) return all;
  if (!averaged.empty()) {
    const auto averages = metric::group_averages(averaged, values);
    if (const auto found = averages.find(key); found != averages.end()) all.push_back(found->second);
    return all;
  }
  for (const bool weight_by_size : {true, false}) {
    if (auto value = metric::group_value(values, weight_by_size)) all.push_back(*std::move(value));
  }
  return all;
}

void check_score(const Group& group, const std::string& key, const Value& value, bool is_imported,
                 Figures& figures) {
  const std::string name = group.name + " " + key;
  const std::vector<Value> own = means(key, group.tasks);
  const bool is_one = std::ranges::any_of(own, [&](const Value& mean) {
    return is_imported ? is_same(value.value, mean.value) : is_same_share(value, mean, false);
  });
  if (is_one)
    ++figures.recomputed;
  else if (is_imported && (!group.is_whole || own.empty()))
    figures.unjudged.push_back(name + ", of which not all tasks are there");
  else if (own.empty())
    figures.wrong.push_back(fmt::format("{} is {}, its tasks give none", name, text(value)));
  else
    figures.wrong.push_back(difference(name, value, "tasks", own.front()));
}

}  // namespace

void check_groups(const Record& record, Figures& figures) {
  if (record.subtasks.empty()) return;
  const auto told = record::groups(record);
  if (told.size() > kMostGroups) {
    figures.wrong.push_back(fmt::format("it tells of {} groups", told.size()));
    return;
  }
  std::set<std::string_view> names;
  for (const record::GroupFacts& facts : told) {
    if (!names.insert(facts.name).second) figures.wrong.push_back(facts.name + " stands twice");
  }
  const bool is_imported = record::is_imported(record);
  for (const Group& group : groups_of(record, told)) {
    for (const auto& [key, value] : *group.scores) {
      if (metric::is_score(key)) check_score(group, key, value, is_imported, figures);
    }
  }
}

}  // namespace bantam::verify
