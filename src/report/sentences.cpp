#include "report/sentences.hpp"

#include <fmt/format.h>
#include <cmath>

#include "base/text.hpp"
#include "metric/catalogue.hpp"
#include "report/phrases.hpp"

namespace bantam::report {
namespace {

using analyze::Change;
using analyze::Impact;
using analyze::ScoreChange;
using analyze::Verdict;

bool is_decided(Verdict verdict) {
  return verdict == Verdict::better || verdict == Verdict::worse;
}

const Change* find_change(const Impact& impact, const std::string& metric) {
  const auto found = impact.changes.find(metric);
  return found == impact.changes.end() ? nullptr : &found->second;
}

std::string list_of(const std::vector<std::string>& parts) {
  if (parts.size() < 2) return base::join(parts, "");
  const std::vector<std::string> head(parts.begin(), parts.end() - 1);
  return fmt::format("{} and {}", base::join(head, ", "), parts.back());
}

void add_speed(std::vector<std::string>& clauses, std::vector<std::string>& undecided, const Impact& impact,
               const std::string& metric_name, std::string_view act, std::string_view subject) {
  const Change* change = find_change(impact, metric_name);
  if (change == nullptr) return;
  const metric::Metric& metric = *metric::find_metric(metric_name);
  if (is_decided(change->verdict)) {
    clauses.push_back(
        fmt::format("{} {}", act, as_factor(change->factor(metric), change->factor_interval(metric))));
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
  if (const auto memory = memory_metric(impact)) {
    const Change& change = impact.changes.at(*memory);
    if (is_decided(change.verdict)) {
      clauses.push_back(fmt::format("peak memory {:.2f}x", change.ratio));
    } else {
      undecided.emplace_back("peak memory");
    }
  }
  if (const Change* size = find_change(impact, "file_bytes")) {
    clauses.push_back(fmt::format("file size {:.2f}x", size->ratio));
  }
  if (const auto refused = impact.refused.find(std::string(analyze::kPerformance));
      refused != impact.refused.end()) {
    clauses.push_back(fmt::format("speed and memory not compared ({})", refused->second));
  }
  if (clauses.empty() && undecided.empty()) return {};
  std::string sentence = base::join(clauses, ", ");
  if (!undecided.empty()) {
    if (!clauses.empty()) sentence += "; ";
    sentence += fmt::format("no difference can be shown in {}", list_of(undecided));
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
    text += fmt::format(", decided on {} of {} items", change.n, change.decided->stages.total);
  return text;
}

std::string score_sentence(const Impact& impact) {
  std::vector<std::string> clauses;
  std::vector<std::string> undecided;
  for (const ScoreChange& change : impact.scores) {
    if (is_decided(change.verdict)) {
      clauses.push_back(score_clause(change));
    } else if (change.decided && change.verdict == Verdict::alike) {
      clauses.push_back(fmt::format("{} alike within {:g} points, {}, decided on {} of {} items",
                                    change.column.task, 100.0 * change.decided->width, as_difference(change),
                                    change.n, change.decided->stages.total));
    } else if (change.decided) {
      undecided.push_back(
          fmt::format("{} (all {} items, {})", change.column.task, change.n, as_difference(change)));
    } else if (change.detectable) {
      undecided.push_back(fmt::format("{} (only {:.1f} points or more would show)", change.column.task,
                                      100.0 * *change.detectable));
    } else if (change.p) {
      undecided.push_back(fmt::format("{} (not one answer differs in being right)", change.column.task));
    } else {
      undecided.push_back(change.column.task);
    }
  }
  for (const auto& [task, reason] : impact.refused) {
    if (task != analyze::kPerformance) clauses.push_back(fmt::format("{} not compared ({})", task, reason));
  }
  std::string sentence = base::join(clauses, "; ");
  if (!undecided.empty()) {
    if (!clauses.empty()) sentence += "; ";
    sentence += fmt::format("no difference can be shown on {}", list_of(undecided));
  }
  if (sentence.empty()) return {};
  return fmt::format("Scores: {}.", sentence);
}

}  // namespace

std::vector<std::string> sentences_of(const analyze::Analysis& analysis) {
  std::vector<std::string> sentences;
  for (const Impact& impact : analysis.impacts) {
    std::vector<std::string> parts;
    for (std::string part : {cost_sentence(impact), score_sentence(impact)}) {
      if (!part.empty()) parts.push_back(std::move(part));
    }
    if (parts.empty()) parts.emplace_back("nothing could be compared.");
    sentences.push_back(base::printable(fmt::format("{} {} against {}: {}", impact.model, impact.precision,
                                                    impact.base_precision, base::join(parts, " "))));
  }
  return sentences;
}

}  // namespace bantam::report
