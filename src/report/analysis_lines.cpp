#include "report/analysis_lines.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <set>
#include <utility>

#include "base/text.hpp"
#include "metric/catalogue.hpp"
#include "metric/task_metric.hpp"
#include "record/block.hpp"
#include "record/sections.hpp"
#include "report/grouped_lines.hpp"
#include "report/outlier_lines.hpp"
#include "report/phrases.hpp"

namespace bantam::report {
namespace {

using analyze::Analysis;
using analyze::Change;
using analyze::Configuration;
using analyze::Entry;
using analyze::Impact;
using analyze::ScoreChange;
using analyze::Verdict;

void append_unique(std::vector<std::string>& lines, std::string line) {
  if (std::ranges::find(lines, line) == lines.end()) lines.push_back(std::move(line));
}

// "12 to 20", "12", or empty without counts.
std::string range(const std::set<std::int64_t>& counts) {
  if (counts.empty()) return {};
  if (counts.size() == 1) return fmt::format("{}", *counts.begin());
  return fmt::format("{} to {}", *counts.begin(), *counts.rbegin());
}

// Rounds that count, of each configuration.
std::string round_range(const Analysis& analysis) {
  std::set<std::int64_t> counts;
  for (const Configuration& configuration : analysis.configurations) {
    const auto cell = configuration.cells.find(std::string(analyze::kPerformance));
    if (cell == configuration.cells.end()) continue;
    const auto blocks = record::block_figures(cell->second);
    const auto valid = std::ranges::count_if(
        blocks, [](const record::BlockFigures& block) { return block.reasons.empty(); });
    if (valid > 0) counts.insert(valid);
  }
  return range(counts);
}

std::string sample_range(const Analysis& analysis) {
  std::set<std::int64_t> counts;
  for (const Configuration& configuration : analysis.configurations) {
    for (const char* metric : {"e2e_latency_s", "sequence_latency_s"}) {
      const Entry entry = metric_entry(configuration, metric);
      if (entry.value && entry.value->n) counts.insert(*entry.value->n);
    }
  }
  return range(counts);
}

// Null when nothing was decided while it ran.
const analyze::Decided* any_decision(const Analysis& analysis) {
  for (const Impact& impact : analysis.impacts) {
    for (const ScoreChange& change : impact.scores) {
      if (change.decided) return &*change.decided;
    }
  }
  return nullptr;
}

void add_encoder_lines(const record::Record& record, std::set<std::string>& lines) {
  const auto encoder = record::embedding_model(record).value_or(record::EmbeddingModelFacts{});
  for (const auto& how : encoder.bertscore) {
    lines.insert(base::printable(fmt::format("BERTScore of {}: {}, not rescaled.", how.task, how.name)));
  }
  const bool has_cosine = std::ranges::any_of(record.metrics, [](const auto& value) {
    const metric::TaskMetric* known = metric::find_task_metric(value.first);
    return known != nullptr && known->of_cosine;
  });
  if (has_cosine) {
    lines.insert(
        base::printable(fmt::format("Embedding cosine of {}: {}.", record.task, encoder.name.value_or(""))));
  }
}

// Scores that an encoder computed mean nothing without its name: one line for each way in which they came
// about.
std::vector<std::string> encoder_lines(const analyze::Analysis& analysis) {
  std::set<std::string> lines;
  for (const auto& configuration : analysis.configurations) {
    for (const auto& [task, record] : configuration.cells) add_encoder_lines(record, lines);
  }
  return {lines.begin(), lines.end()};
}

bool is_decided(Verdict verdict) {
  return verdict == Verdict::better || verdict == Verdict::worse;
}

const Change* find_change(const Impact& impact, const std::string& metric) {
  const auto found = impact.changes.find(metric);
  return found == impact.changes.end() ? nullptr : &found->second;
}

void add_speed(std::vector<std::string>& clauses, std::vector<std::string>& undecided, const Impact& impact,
               const std::string& metric_name, std::string_view act, std::string_view subject) {
  const Change* change = find_change(impact, metric_name);
  if (change == nullptr) return;
  const metric::Metric& metric = *metric::find_metric(metric_name);
  if (is_decided(change->verdict)) {
    clauses.push_back(
        fmt::format("{} {}", act, as_factor(change->factor(metric), change->factor_interval(metric))));
  } else if (change->doubt) {
    undecided.push_back(fmt::format("{} ({}: {})", subject,
                                    as_factor(change->factor(metric), change->factor_interval(metric)),
                                    *change->doubt));
  } else {
    undecided.emplace_back(subject);
  }
}

// Empty when there is nothing to tell.
std::string cost_sentence(const Impact& impact) {
  std::vector<std::string> clauses;
  std::vector<std::string> undecided;
  add_speed(clauses, undecided, impact, "decode_tokens_per_s", "decode speed", "decode speed");
  add_speed(clauses, undecided, impact, "prefill_tokens_per_s", "prefill speed", "prefill speed");
  add_speed(clauses, undecided, impact, "sequence_latency_s", "speed of one sequence",
            "speed of one sequence");
  add_speed(clauses, undecided, impact, "sequences_per_s", "speed of a batch", "speed of a batch");
  if (const auto memory = memory_metric(impact)) {
    const Change& change = impact.changes.at(*memory);
    // Where only the private part was seen, it is not called the whole.
    const bool whole = metric::find_metric(*memory)->is_headline;
    const std::string what = whole ? "memory need" : "private memory (mapped weights are not in it)";
    if (is_decided(change.verdict)) {
      clauses.push_back(fmt::format("{} {:.2f}x", what, change.ratio));
    } else {
      undecided.push_back(what);
    }
  }
  if (const Change* size = find_change(impact, "file_bytes")) {
    clauses.push_back(fmt::format("file size {:.2f}x", size->ratio));
  }
  if (const auto refused = impact.refused.find(std::string(analyze::kPerformance));
      refused != impact.refused.end()) {
    clauses.push_back(fmt::format("speed and memory not compared ({})", refused->second));
  }
  if (const auto refused = impact.refused.find(std::string(analyze::kEnergy));
      refused != impact.refused.end())
    clauses.push_back(fmt::format("energy not compared ({})", refused->second));
  if (clauses.empty() && undecided.empty()) return {};
  std::string sentence = base::join(clauses, ", ");
  if (!undecided.empty()) {
    if (!clauses.empty()) sentence += "; ";
    sentence += fmt::format("no difference can be shown in {}", enumerated(undecided));
  }
  sentence += '.';
  return sentence;
}

// "qa worse, -8.0 points [-14.9, -1.0], p = 0.039".
std::string score_clause(const ScoreChange& change) {
  std::string text =
      fmt::format("{} {}, {}", change.column.task, name(change.verdict), as_difference(change));
  if (change.p_holm)
    text += fmt::format(", p {}{}", *change.p_holm < 0.001 ? "" : "= ", as_p(*change.p_holm));
  if (change.decided)
    text += fmt::format(", decided on {} of {} items", *change.n, change.decided->stages.total);
  return text;
}

// Why no difference can be shown: of each task the reason, without its name.
std::string undecided_reason(const ScoreChange& change) {
  if (change.decided) return fmt::format("all {} items, {}", *change.n, as_difference(change));
  if (change.doubt) return fmt::format("{}: {}", as_difference(change), *change.doubt);
  if (change.detectable)
    return fmt::format("only {:.1f} points or more would show", 100.0 * *change.detectable);
  if (change.p) return "not one answer differs in being right";
  return {};
}

// "qa and topic (not one answer differs in being right) and sums (only 35.0 points or more would show)".
std::string undecided_clause(const std::vector<const ScoreChange*>& undecided) {
  std::vector<std::pair<std::string, std::vector<std::string>>> reasons;
  for (const ScoreChange* change : undecided) {
    const std::string reason = undecided_reason(*change);
    auto found = std::ranges::find(reasons, reason, [](const auto& one) { return one.first; });
    if (found == reasons.end()) found = reasons.insert(found, {reason, {}});
    found->second.push_back(change->column.task);
  }
  std::vector<std::string> parts;
  for (const auto& [reason, tasks] : reasons)
    parts.push_back(reason.empty() ? enumerated(tasks) : fmt::format("{} ({})", enumerated(tasks), reason));
  const bool is_plain = std::ranges::all_of(reasons, [](const auto& one) { return one.second.size() == 1; });
  return is_plain ? enumerated(parts) : base::join(parts, "; ");
}

std::string score_sentence(const Impact& impact) {
  std::vector<std::string> clauses;
  std::vector<const ScoreChange*> undecided;
  for (const ScoreChange& change : impact.scores) {
    if (is_decided(change.verdict)) {
      clauses.push_back(score_clause(change));
    } else if (change.decided && change.verdict == Verdict::alike) {
      clauses.push_back(fmt::format("{} alike within {:g} points, {}, decided on {} of {} items",
                                    change.column.task, 100.0 * change.decided->width, as_difference(change),
                                    *change.n, change.decided->stages.total));
    } else {
      undecided.push_back(&change);
    }
  }
  for (const auto& [reason, tasks] : tasks_by_reason(impact)) {
    std::vector<std::string> scored;
    for (const std::string& task : tasks) {
      if (task != analyze::kPerformance && task != analyze::kEnergy) scored.push_back(task);
    }
    if (!scored.empty()) clauses.push_back(fmt::format("{} not compared ({})", enumerated(scored), reason));
  }
  std::string sentence = base::join(clauses, "; ");
  if (!undecided.empty()) {
    if (!clauses.empty()) sentence += "; ";
    sentence += fmt::format("no difference can be shown on {}", undecided_clause(undecided));
  }
  if (sentence.empty()) return {};
  return fmt::format("Scores: {}.", sentence);
}

// How the intervals of the scores that are shown came about, each method with what it is for.
std::string interval_line(const Analysis& analysis) {
  static constexpr std::pair<std::string_view, std::string_view> kMethods[] = {
      {"wilson", "Wilson's where each item is right or wrong"},
      {"student_t", "Student's for means of other values, cut at the ends of their scale"},
      {"bootstrap", "from resampled items for scores of all items together"}};
  std::set<std::string> used;
  for (const Configuration& configuration : analysis.configurations) {
    for (const analyze::ScoreColumn& column : analysis.asked_columns) {
      const auto value = score_entry(configuration, column).value;
      if (value && value->interval) used.insert(value->interval->method);
    }
  }
  std::vector<std::string> parts;
  for (const auto& [method, text] : kMethods) {
    if (used.contains(std::string(method))) parts.emplace_back(text);
  }
  if (parts.empty()) return {};
  return fmt::format("Intervals of scores (95 %): {}.", base::join(parts, "; "));
}

}  // namespace

std::vector<std::string> problem_lines(const Analysis& analysis) {
  std::vector<Told> told;
  for (const Configuration& configuration : analysis.configurations) {
    for (const auto& [task, record] : configuration.cells) {
      if (record.outcome == record::Outcome::ok) continue;
      std::string text = analyze::outcome_text(record);
      if (record.failure && record.failure->signal) text += ": " + record.failure->message;
      told.push_back({fmt::format("{} {} {}", configuration.model, configuration.setup(), task), text});
    }
  }
  return grouped_lines(told);
}

std::vector<std::string> note_lines(const Analysis& analysis) {
  std::vector<std::string> lines;
  for (const std::string& note : analysis.notes) append_unique(lines, note);
  std::vector<Told> told;
  for (const Configuration& configuration : analysis.configurations) {
    for (const auto& [task, record] : configuration.cells) {
      for (const Told& warning : warnings_of(record)) {
        told.push_back({fmt::format("{} {} {}", configuration.model, configuration.setup(), warning.place),
                        warning.text});
      }
    }
  }
  for (std::string& line : grouped_lines(told)) append_unique(lines, std::move(line));
  return lines;
}

std::vector<std::string> method_lines(const Analysis& analysis) {
  std::set<std::string> models;
  std::int64_t tests = 0;
  for (const Configuration& configuration : analysis.configurations) models.insert(configuration.model);
  for (const Impact& impact : analysis.impacts) {
    tests +=
        std::ranges::count_if(impact.scores, [](const ScoreChange& change) { return change.p.has_value(); });
  }
  std::vector<std::string> lines;
  lines.push_back(fmt::format(
      "{} configuration{} of {} model{}. * best, or better than the base; ~ not to be told from it; ! worse.",
      analysis.configurations.size(), analysis.configurations.size() == 1 ? "" : "s", models.size(),
      models.size() == 1 ? "" : "s"));
  if (const std::string samples = sample_range(analysis); !samples.empty()) {
    const std::string rounds = round_range(analysis);
    lines.push_back(
        fmt::format("Speed: medians over {} round{}, each in a process of its own, with {} requests in all; "
                    "± is the wider side of "
                    "the 95 % interval of the rounds.",
                    rounds.empty() ? "no" : rounds, rounds == "1" ? "" : "s", samples));
  }
  for (std::string& line : outlier_lines(analysis)) lines.push_back(std::move(line));
  if (!analysis.impacts.empty()) {
    lines.push_back(
        "Speed-ups and ratios: this / base, so that more than 1x is faster; 95 % intervals of speeds from "
        "the rounds in "
        "which both were measured side by side.");
  }
  if (std::string intervals = interval_line(analysis); !intervals.empty())
    lines.push_back(std::move(intervals));
  const std::vector<std::string> encoders = encoder_lines(analysis);
  lines.insert(lines.end(), encoders.begin(), encoders.end());
  if (tests > 0) {
    lines.push_back(
        fmt::format("Differences: points of 100, Newcombe's paired interval; p: exact McNemar, adjusted "
                    "by Holm for {} test{}; detectable: the smallest true difference these items would "
                    "show (80 % power).",
                    tests, tests == 1 ? "" : "s"));
  }
  if (const auto* decision = any_decision(analysis)) {
    lines.push_back(fmt::format(
        "Decided while running: Newcombe's paired interval, widened to exact limits where few items differ, "
        "at {:g} % at each look, so that all looks of one comparison hold together with 95 %; several "
        "comparisons are not corrected for. A score on a part of "
        "the items has the interval of a part of that size; the stopping is not in it.",
        100.0 * decision->confidence));
  }
  return lines;
}

std::vector<std::string> summary_sentences(const analyze::Analysis& analysis) {
  std::vector<std::string> sentences;
  for (const Impact& impact : analysis.impacts) {
    std::vector<std::string> parts;
    for (std::string part : {cost_sentence(impact), score_sentence(impact)}) {
      if (!part.empty()) parts.push_back(std::move(part));
    }
    if (parts.empty()) parts.emplace_back("nothing could be compared.");
    const std::string base = impact.is_tuned
                                 ? fmt::format("base {} {}", impact.base_model, impact.base_setup())
                                 : impact.base_setup();
    sentences.push_back(
        fmt::format("{} {} against {}: {}", impact.model, impact.setup(), base, base::join(parts, " ")));
  }
  return sentences;
}

}  // namespace bantam::report
