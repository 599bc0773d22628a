#include "report/recommend_lines.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "base/text.hpp"
#include "base/units.hpp"
#include "metric/catalogue.hpp"
#include "recommend/figures.hpp"
#include "recommend/next_run.hpp"
#include "recommend/objective.hpp"
#include "report/phrases.hpp"
#include "report/run_command.hpp"

namespace bantam::report {
namespace {

using analyze::Analysis;
using analyze::Configuration;
using recommend::Answer;
using recommend::Place;
using recommend::Recommendation;
using recommend::Standing;

const Configuration& configuration(const Analysis& analysis, std::size_t index) {
  return analysis.configurations[index];
}

// Before a figure that nobody has measured.
const char* mark_of(record::Evidence evidence) {
  return evidence == record::Evidence::predicted ? "≈" : "";
}

// "quality 61.2, decode 1230 tok/s, 42.0 MiB".
std::string figures_text(const Recommendation& all, const Analysis& analysis, std::size_t index) {
  std::vector<std::string> parts;
  if (all.qualities[index]) parts.push_back("quality " + quality_text(all, index));
  const metric::Metric& speed = *metric::find_metric(speed_metric(analysis));
  const auto entry = analyze::metric_entry(configuration(analysis, index), speed.name);
  if (entry.value)
    parts.push_back(fmt::format("{}{} {}", mark_of(entry.evidence),
                                metric::format_value(speed, entry.value->value), speed.unit));
  if (all.needs[index]) parts.push_back(need_text(all, index) + " of memory");
  return base::join(parts, ", ");
}

std::vector<std::size_t> rivals(const Answer& answer) {
  std::vector<std::size_t> all;
  for (const Place& place : answer.places) {
    if (place.standing == Standing::rival) all.push_back(place.configuration);
  }
  return all;
}

std::string within(const Answer& answer) {
  return answer.memory_bytes ? fmt::format("Within {}: ", base::format_bytes(*answer.memory_bytes)) : "";
}

std::string headline(const Answer& answer, const Recommendation& all, const Analysis& analysis) {
  const bool is_limited = answer.memory_bytes || !all.wishes.limits.empty();
  if (!answer.choice)
    return within(answer) +
           (is_limited ? "no configuration keeps to what was asked for."
                       : "nothing can be chosen: every configuration lacks what a choice rests on.");
  const std::string figures = figures_text(all, analysis, *answer.choice);
  std::string evidence;
  if (answer.rests_on_imported) evidence += " By imported figures, which do not tell how sure they are.";
  if (answer.rests_on_predicted) evidence += " What is marked by ≈ is predicted, not measured.";
  if (answer.is_decided)
    return fmt::format("{}deploy {} ({}).{}", within(answer), named(analysis, *answer.choice), figures,
                       evidence);
  std::vector<std::string> names;
  for (const std::size_t rival : rivals(answer)) names.push_back(named(analysis, rival));
  return fmt::format("{}undecided between {} and {}; as far as is known, {} ({}).{}", within(answer),
                     named(analysis, *answer.choice), base::join(names, ", "),
                     named(analysis, *answer.choice), figures, evidence);
}

std::optional<std::string> next_line(const Recommendation& all, const Analysis& analysis) {
  const Answer& answer = all.answer;
  if (!answer.next) return std::nullopt;
  const std::string choice = named(analysis, *answer.choice);
  if (answer.next->rival)
    return fmt::format("What would tell {} from {}: {}.", choice, named(analysis, *answer.next->rival),
                       answer.next->what);
  return fmt::format("What would make {} sure: {}.", choice, answer.next->what);
}

std::optional<std::string> runner_up_line(const Recommendation& all, const Analysis& analysis) {
  const Answer& answer = all.answer;
  if (!answer.runner_up) return std::nullopt;
  return fmt::format("Runner-up: {} ({}); {}.", named(analysis, *answer.runner_up),
                     figures_text(all, analysis, *answer.runner_up), answer.places[*answer.runner_up].reason);
}

// "8.03 B weights at 4.90 bits, ≈6.10 tok/s, ≈5.31 GiB of memory".
std::string sized_text(const Recommendation& all, const Analysis& analysis, std::size_t index) {
  const auto figure = [&](const char* metric) {
    return analyze::metric_entry(configuration(analysis, index), metric).value->value;
  };
  return fmt::format("{} weights at {} bits, {}", base::format_count(figure("parameters")),
                     base::format_significant(figure("bits_per_weight")), figures_text(all, analysis, index));
}

}  // namespace

std::string_view speed_metric(const Analysis& analysis) {
  for (const char* metric : {"decode_tokens_per_s", "sequences_per_s", "tg_tokens_per_s"}) {
    const bool has_any = std::ranges::any_of(analysis.configurations, [&](const Configuration& one) {
      return analyze::metric_entry(one, metric).value.has_value();
    });
    if (has_any) return metric;
  }
  return "decode_tokens_per_s";
}

std::string speed_head(const Analysis& analysis) {
  const metric::Metric& metric = *metric::find_metric(speed_metric(analysis));
  return fmt::format("{} {}", metric.title, metric.unit);
}

std::string named(const Analysis& analysis, std::size_t index) {
  return recommend::name_of(configuration(analysis, index));
}

std::string quality_text(const Recommendation& all, std::size_t index) {
  const auto& quality = all.qualities[index];
  return quality ? fmt::format("{:.1f}", 100.0 * quality->value + 0.0) : "–";
}

std::string need_text(const Recommendation& all, std::size_t index) {
  const auto& need = all.needs[index];
  return need ? mark_of(need->evidence) + base::format_bytes(need->bytes) : "–";
}

std::string figure_text(const Analysis& analysis, std::size_t index, std::string_view metric) {
  const auto entry = analyze::metric_entry(configuration(analysis, index), metric);
  return entry.value ? mark_of(entry.evidence) + with_spread(*metric::find_metric(metric), *entry.value)
                     : "–";
}

record::Evidence quality_evidence(const Recommendation& all, const Analysis& analysis, std::size_t index) {
  return recommend::evidence_by(recommend::kQuality, analysis, all, index);
}

std::string choice_text(const Answer& answer, const Analysis& analysis) {
  if (!answer.choice) return "none";
  std::string text = named(analysis, *answer.choice);
  for (const std::size_t rival : rivals(answer)) text += " or " + named(analysis, rival);
  if (!answer.is_decided) return text + " (undecided)";
  return answer.rests_on_predicted ? text + " (predicted)" : text;
}

std::string answer_sentence(const Answer& answer, const Recommendation& all, const Analysis& analysis) {
  std::string sentence = headline(answer, all, analysis);
  sentence.front() = static_cast<char>(std::toupper(static_cast<unsigned char>(sentence.front())));
  return sentence;
}

std::vector<std::string> answer_lines(const Recommendation& all, const Analysis& analysis) {
  std::vector<std::string> lines{answer_sentence(all.answer, all, analysis)};
  if (auto next = next_line(all, analysis)) lines.push_back(*std::move(next));
  if (auto runner_up = runner_up_line(all, analysis)) lines.push_back(*std::move(runner_up));
  if (auto sentence = small_or_large_line(all, analysis)) lines.push_back(*std::move(sentence));
  return lines;
}

std::optional<std::string> small_or_large_line(const Recommendation& all, const Analysis& analysis) {
  if (!all.small_or_large) return std::nullopt;
  const recommend::SmallOrLarge& pair = *all.small_or_large;
  if (!pair.no_quality.empty())
    return fmt::format(
        "Small at high precision or large at low precision? Within {} both fit, {} ({}) and {} ({}); {}, so "
        "that which is better cannot be told.",
        base::format_bytes(pair.memory_bytes), named(analysis, pair.large),
        sized_text(all, analysis, pair.large), named(analysis, pair.small),
        sized_text(all, analysis, pair.small), pair.no_quality);
  const double points = 100.0 * pair.difference.value;
  std::string interval;
  bool is_told = false;
  if (pair.difference.interval) {
    const auto& limits = *pair.difference.interval;
    is_told = limits.low > 0.0 || limits.high < 0.0;
    interval = fmt::format(" [{:+.1f}, {:+.1f}]", 100.0 * limits.low + 0.0, 100.0 * limits.high + 0.0);
  }
  return fmt::format(
      "Small at high precision or large at low precision? Within {}, {} against {}: quality {} against {}, "
      "{:+.1f} "
      "points{}; {}.",
      base::format_bytes(pair.memory_bytes), named(analysis, pair.large), named(analysis, pair.small),
      quality_text(all, pair.large), quality_text(all, pair.small), points + 0.0, interval,
      !is_told       ? "cannot be told"
      : points > 0.0 ? "the large one at low precision is better"
                     : "the small one at high precision is better");
}

std::optional<std::string> next_command(const Recommendation& all, const Analysis& analysis,
                                        const std::string& store) {
  auto options = recommend::next_run(analysis, all.tasks, all.answer);
  if (!options) return std::nullopt;
  if (!store.empty()) options->emplace(options->begin(), "store", std::vector{store});
  return run_command(*options);
}

}  // namespace bantam::report
