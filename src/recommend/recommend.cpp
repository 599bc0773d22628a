#include "recommend/recommend.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <set>

#include "base/text.hpp"
#include "metric/catalogue.hpp"
#include "recommend/choose.hpp"
#include "record/sections.hpp"
#include "stats/weighted_sum.hpp"

namespace bantam::recommend {
namespace {

using base::Result;
using base::Status;

constexpr double kGib = 1024.0 * 1024.0 * 1024.0;
constexpr std::size_t kMostRungs = 8;

// Words that are not metrics' names.
constexpr std::pair<std::string_view, std::string_view> kShortNames[] = {
    {"size", "file_bytes"}, {"speed", "decode_tokens_per_s"}, {"energy", "energy_per_request_j"}};

std::set<double> needs_with_margin(const Facts& facts) {
  std::set<double> all;
  for (const auto& need : facts.needs) {
    if (need) all.insert(need->with_margin());
  }
  return all;
}

// To three digits in its unit, as it is shown: what is shown must suffice.
double rounded_up(double bytes) {
  double unit = 1.0;
  while (bytes / unit >= 1024.0) unit *= 1024.0;
  const double step = unit * std::pow(10.0, std::floor(std::log10(bytes / unit)) - 2.0);
  return std::ceil(bytes / step - 1e-9) * step;
}

// 1, 2, 4, 8 and 16 GiB where a need comes near, else powers of two around the needs: a budget that nothing
// fits and one that everything fits tell nothing.
std::vector<double> budgets(const Facts& facts) {
  const std::set<double> needs = needs_with_margin(facts);
  if (needs.empty()) return {};
  const double least = *needs.begin();
  const double most = *needs.rbegin();
  std::vector<double> all;
  if (most > kGib / 2.0) {
    for (double budget = kGib; budget <= 16.0 * kGib; budget *= 2.0) all.push_back(budget);
    return all;
  }
  auto budget = static_cast<double>(std::bit_ceil(static_cast<std::uint64_t>(least)));
  while (all.size() < kMostRungs) {
    all.push_back(budget);
    if (budget >= most) break;
    budget *= 2.0;
  }
  return all;
}

bool has_figure(const Facts& facts, std::string_view objective) {
  for (std::size_t i = 0; i < facts.configurations.size(); ++i) {
    if (value_by(objective, facts, i)) return true;
  }
  return false;
}

// Encoders have a rate of their own, which counts where there are no other models; llama-bench's test stands
// for the rate of requests where none was measured.
std::vector<std::string> default_objectives(const Facts& facts) {
  std::vector<std::string> objectives;
  if (!facts.tasks.tasks.empty()) objectives.emplace_back(kQuality);
  for (const char* speed : {"decode_tokens_per_s", "sequences_per_s", "tg_tokens_per_s"}) {
    if (!has_figure(facts, speed)) continue;
    objectives.emplace_back(speed);
    break;
  }
  if (has_figure(facts, kMemory)) objectives.emplace_back(kMemory);
  return objectives;
}

Status check_objectives(const std::vector<std::string>& objectives, const Facts& facts) {
  for (const std::string& objective : objectives) {
    if (objective == kQuality ? !facts.tasks.tasks.empty() : has_figure(facts, objective)) continue;
    if (objective == kQuality)
      return base::fail(base::ErrorKind::usage, "--optimize quality: no task was scored",
                        "run `bantam run` with tasks that have right answers, such as mmlu");
    return base::fail(base::ErrorKind::usage,
                      fmt::format("--optimize {}: it was not measured of any configuration", objective),
                      "measure it with `bantam run`, or optimize what there is");
  }
  return {};
}

Facts gather_facts(const analyze::Analysis& analysis, QualityTasks tasks) {
  Facts facts{analysis.configurations, std::move(tasks), {}, {}};
  for (const analyze::Configuration& configuration : analysis.configurations) {
    facts.qualities.push_back(find_quality(configuration, facts.tasks));
    facts.needs.push_back(find_memory_need(configuration));
  }
  return facts;
}

// Whether it may be deployed within the limits of an answer, however it compares.
bool is_possible(const Answer& answer, std::size_t index) {
  switch (answer.places[index].rule) {
    case Rule::none:
    case Rule::dominated:
    case Rule::worse:
    case Rule::undecided:
      return true;
    case Rule::failed:
    case Rule::limit:
    case Rule::unsure:
    case Rule::unknown:
    case Rule::no_answers:
      break;
  }
  return false;
}

// Absent: 0, which no model has.
double figure(const Facts& facts, std::size_t index, const char* metric) {
  const auto value = analyze::metric_entry(facts.configurations[index], metric).value;
  return value ? value->value : 0.0;
}

bool tells_its_size(const Facts& facts, std::size_t index) {
  return figure(facts, index, "parameters") > 0.0 && figure(facts, index, "bits_per_weight") > 0.0;
}

// The best by quality among the possible ones that `is_meant`; absent when there is none.
template <typename IsMeant>
std::optional<std::size_t> best_possible(const Facts& facts, const Answer& answer, IsMeant is_meant) {
  std::optional<std::size_t> best;
  for (std::size_t i = 0; i < facts.configurations.size(); ++i) {
    if (!is_possible(answer, i) || !facts.qualities[i] || !is_meant(i)) continue;
    if (!best || facts.qualities[i]->value > facts.qualities[*best]->value) best = i;
  }
  return best;
}

// Whether nothing but its quality, which is not known, keeps it from being deployed.
bool fits(const Facts& facts, const Answer& answer, std::size_t index) {
  const Place& place = answer.places[index];
  const bool lacks_quality = place.rule == Rule::unknown && place.missing == kQuality;
  return facts.needs[index] && tells_its_size(facts, index) && (is_possible(answer, index) || lacks_quality);
}

// The one with the most weights and, of these, the most bits that `is_meant`; absent when there is none.
template <typename IsMeant>
std::optional<std::size_t> largest(const Facts& facts, IsMeant is_meant) {
  const auto size = [&](std::size_t i) {
    return std::pair(figure(facts, i, "parameters"), figure(facts, i, "bits_per_weight"));
  };
  std::optional<std::size_t> found;
  for (std::size_t i = 0; i < facts.configurations.size(); ++i) {
    if (is_meant(i) && (!found || size(i) > size(*found))) found = i;
  }
  return found;
}

// Where qualities do not tell, what fits is told by size alone, on the first rung on which a larger model
// fits with fewer bits than a smaller one.
std::optional<SmallOrLarge> sized_small_or_large(const Facts& facts, const std::vector<Rung>& ladder) {
  for (const Rung& rung : ladder) {
    const auto large = largest(facts, [&](std::size_t i) { return fits(facts, rung.answer, i); });
    if (!large) continue;
    const auto small = largest(facts, [&](std::size_t i) {
      return fits(facts, rung.answer, i) &&
             figure(facts, i, "parameters") < figure(facts, *large, "parameters") &&
             figure(facts, i, "bits_per_weight") > figure(facts, *large, "bits_per_weight");
    });
    if (!small) continue;
    SmallOrLarge found{rung.memory_bytes, *small, *large, {}, {}};
    for (const std::size_t i : {*large, *small}) {
      if (!facts.qualities[i] && found.no_quality.empty())
        found.no_quality = fmt::format("the quality of {} is not known ({})",
                                       name_of(facts.configurations[i]), facts.qualities[i].error().reason);
    }
    if (found.no_quality.empty()) continue;
    return found;
  }
  return std::nullopt;
}

// On the first rung on which a larger model fits with fewer bits than a smaller one.
Result<std::optional<SmallOrLarge>> small_or_large(const Facts& facts, const std::vector<Rung>& ladder,
                                                   Pairs& pairs) {
  for (const Rung& rung : ladder) {
    double most = 0.0;
    for (std::size_t i = 0; i < facts.configurations.size(); ++i) {
      if (is_possible(rung.answer, i) && tells_its_size(facts, i))
        most = std::max(most, figure(facts, i, "parameters"));
    }
    const auto large = best_possible(facts, rung.answer, [&](std::size_t i) {
      return tells_its_size(facts, i) && figure(facts, i, "parameters") == most;
    });
    if (!large) continue;
    const auto small = best_possible(facts, rung.answer, [&](std::size_t i) {
      return tells_its_size(facts, i) && figure(facts, i, "parameters") < most &&
             figure(facts, i, "bits_per_weight") > figure(facts, *large, "bits_per_weight");
    });
    if (!small) continue;
    TRY_ASSIGN(const Pair* pair, pairs.compare(*large, *small));
    SmallOrLarge found{rung.memory_bytes, *small, *large, pair->quality, {}};
    // Both were picked as the best of several.
    const auto possible = std::ranges::count_if(rung.answer.places, [&](const Place& place) {
      return is_possible(rung.answer, place.configuration);
    });
    if (found.difference.interval)
      found.difference.interval =
          stats::simultaneous(*found.difference.interval, found.difference.value, pairs_among(possible));
    return std::optional(std::move(found));
  }
  return sized_small_or_large(facts, ladder);
}

bool has_evidence(const analyze::Configuration& configuration, record::Evidence evidence) {
  return std::ranges::any_of(configuration.cells, [evidence](const auto& cell) {
    return record::is_scored_task(cell.first) && record::evidence_of(cell.second) == evidence;
  });
}

// How far predictions reach, and what they are joined with.
std::vector<std::string> notes_on_predictions(const Facts& facts) {
  std::set<std::string> notes;
  for (std::size_t i = 0; i < facts.configurations.size(); ++i) {
    const analyze::Configuration& one = facts.configurations[i];
    const auto predicted = one.predicted ? record::predicted(*one.predicted) : std::nullopt;
    if (!predicted || one.predicted->outcome != record::Outcome::ok) continue;
    notes.insert(
        fmt::format("≈ is predicted, not measured: of requests of {} + {} tokens, memory to ±{:.0f} %, times "
                    "to the limits that are shown",
                    predicted->prompt_tokens, predicted->new_tokens, 100.0 * predicted->memory_error));
    if (has_evidence(one, record::Evidence::imported))
      notes.insert(fmt::format(
          "{}: its quality is imported, its speed and memory are predicted; the other tool's file of "
          "a precision is another one than that which is predicted",
          one.model));
  }
  const auto is_need = [&](const char* metric, bool wanted) {
    return std::ranges::any_of(facts.needs, [&](const auto& need) {
      return need && need->metric != "weight_bytes" && (need->metric == metric) == wanted;
    });
  };
  if (!notes.empty() && is_need("min_memory_bytes", true) && is_need("min_memory_bytes", false))
    notes.insert(
        "predicted is the least memory, and what was measured may be the peak, which is larger: run with "
        "--min-memory to compare");
  return {notes.begin(), notes.end()};
}

// What a reader of the answer has to know of the scores.
std::vector<std::string> notes_on(const Facts& facts) {
  std::vector<std::string> notes;
  for (const std::string& left_out : facts.tasks.left_out)
    notes.push_back(fmt::format("not part of the quality: {}", left_out));
  std::set<std::string> unknown;
  for (const QualityTask& task : facts.tasks.tasks) {
    if (!task.chance) unknown.insert(task.column.task);
  }
  for (const std::string& task : unknown)
    notes.push_back(fmt::format(
        "{}: its records do not tell what guessing gives, so it counts from 0; run it again to have it told",
        task));
  if (facts.tasks.tasks.empty())
    notes.emplace_back("no task was scored: the answer does not look at the quality of answers");
  if (std::ranges::any_of(facts.configurations, [](const analyze::Configuration& one) {
        return analyze::metric_entry(one, "device_memory_bytes").value.has_value();
      }))
    notes.emplace_back(
        "the memory need is that of the main memory: what lies on an accelerator is not in it");
  if (std::ranges::any_of(facts.needs,
                          [](const auto& need) { return need && need->metric == "weight_bytes"; }))
    notes.emplace_back(
        "the memory need of imported configurations is that of their weights, without the KV cache");
  for (std::string& note : notes_on_predictions(facts)) notes.push_back(std::move(note));
  return notes;
}

}  // namespace

std::string_view name(Standing standing) {
  switch (standing) {
    case Standing::chosen:
      return "chosen";
    case Standing::rival:
      return "rival";
    case Standing::out:
      return "out";
  }
  return {};
}

std::string_view name(Rule rule) {
  switch (rule) {
    case Rule::none:
      return "none";
    case Rule::failed:
      return "failed";
    case Rule::limit:
      return "limit";
    case Rule::unsure:
      return "limit_not_told";
    case Rule::unknown:
      return "not_measured";
    case Rule::no_answers:
      return "no_answers";
    case Rule::dominated:
      return "dominated";
    case Rule::worse:
      return "worse";
    case Rule::undecided:
      return "undecided";
  }
  return {};
}

Result<std::vector<std::string>> parse_objectives(std::string_view text) {
  std::vector<std::string> objectives;
  for (const std::string& word : base::split_list(text)) {
    std::string name = word;
    std::ranges::replace(name, '-', '_');
    const auto known =
        std::ranges::find(kShortNames, name, &std::pair<std::string_view, std::string_view>::first);
    if (known != std::end(kShortNames)) name = known->second;
    const metric::Metric* metric = find_figure(name);
    if (metric != nullptr && metric->direction != metric::Direction::neutral) name = metric->name;
    const bool is_known = name == kQuality || name == kMemory ||
                          (metric != nullptr && metric->direction != metric::Direction::neutral);
    if (!is_known)
      return base::fail(base::ErrorKind::usage,
                        fmt::format("--optimize: '{}' is nothing to optimize", base::printable(word)),
                        "name quality, speed, memory, size or a metric of `bantam docs metrics`");
    if (std::ranges::find(objectives, name) == objectives.end()) objectives.push_back(std::move(name));
  }
  if (objectives.empty())
    return base::fail(base::ErrorKind::usage, "--optimize names nothing",
                      "name quality, speed, memory, size or a metric of `bantam docs metrics`");
  return objectives;
}

Result<Recommendation> recommend(const analyze::Analysis& analysis, const analyze::ScoreSource& items,
                                 const Wishes& wishes) {
  TRY(check_subjects(wishes.limits, analysis.columns));
  TRY_ASSIGN(QualityTasks tasks,
             quality_tasks(analysis.configurations, analysis.columns, wishes.tasks, wishes.weights));
  const Facts facts = gather_facts(analysis, std::move(tasks));
  const auto objectives = wishes.objectives.empty() ? default_objectives(facts) : wishes.objectives;
  TRY(check_objectives(objectives, facts));
  if (objectives.empty())
    return base::fail(base::ErrorKind::bad_input, "nothing that a choice could rest on was measured",
                      "run `bantam run` with --tasks performance and a task that has right answers");
  Pairs pairs(analysis, items, facts.tasks);
  Chooser chooser(facts, wishes, analysis.columns, objectives, pairs);
  Recommendation recommendation;
  recommendation.wishes = wishes;
  recommendation.tasks = facts.tasks;
  TRY_ASSIGN(recommendation.answer, chooser.choose(wishes.memory_bytes));
  for (const auto& quality : facts.qualities)
    recommendation.qualities.push_back(quality ? std::optional(*quality) : std::nullopt);
  for (const auto& need : facts.needs)
    recommendation.needs.push_back(need ? std::optional(*need) : std::nullopt);
  if (!wishes.memory_bytes) {
    for (const double budget : budgets(facts)) {
      TRY_ASSIGN(Answer answer, chooser.choose(budget));
      recommendation.ladder.push_back({budget, std::move(answer)});
    }
    TRY_ASSIGN(recommendation.small_or_large, small_or_large(facts, recommendation.ladder, pairs));
  } else {
    const std::vector<Rung> within{{*wishes.memory_bytes, recommendation.answer}};
    TRY_ASSIGN(recommendation.small_or_large, small_or_large(facts, within, pairs));
  }
  if (wishes.every_budget) {
    std::set<double> budgets;
    for (const double need : needs_with_margin(facts)) budgets.insert(rounded_up(need));
    for (const double budget : budgets) {
      TRY_ASSIGN(Answer answer, chooser.choose(budget));
      recommendation.every_budget.push_back({budget, std::move(answer)});
    }
  }
  recommendation.notes = analysis.notes;
  for (std::string& note : notes_on(facts)) recommendation.notes.push_back(std::move(note));
  return recommendation;
}

}  // namespace bantam::recommend
