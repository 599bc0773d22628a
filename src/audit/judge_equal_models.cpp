// One model under two names: nothing may be called different.
#include <fmt/format.h>

#include <algorithm>

#include "audit/judges.hpp"
#include "base/text.hpp"
#include "metric/catalogue.hpp"
#include "stats/blocks.hpp"

namespace bantam::audit {
namespace {

// Stands for all where one figure is shown.
constexpr std::string_view kShown = "decode_tokens_per_s";

std::string title(const std::string& metric) {
  const metric::Metric* found = metric::find_metric(metric);
  return found != nullptr ? std::string(found->title) : metric;
}

const EqualFigure* find(const EqualModels& seen, std::string_view metric) {
  const auto found = std::ranges::find(seen.figures, metric, &EqualFigure::metric);
  return found == seen.figures.end() ? nullptr : &*found;
}

std::string ratio_text(const EqualFigure& figure) {
  std::string text = fmt::format("{} {:.3f}x", title(figure.metric), figure.ratio);
  if (figure.interval) text += fmt::format(" [{:.3f}, {:.3f}]", figure.interval->low, figure.interval->high);
  return text;
}

base::Json to_json(const EqualModels& seen) {
  base::Json json{{"rounds", seen.rounds}, {"figures", base::Json::array()}};
  for (const EqualFigure& figure : seen.figures) {
    base::Json one{
        {"metric", figure.metric}, {"ratio", figure.ratio}, {"called_different", figure.called_different}};
    if (figure.interval) one["interval"] = {figure.interval->low, figure.interval->high};
    base::set_if(one, "block_spread", figure.block_spread);
    json["figures"].push_back(std::move(one));
  }
  if (!seen.disturbances.empty()) json["disturbances"] = seen.disturbances;
  return json;
}

std::vector<std::string> called(const EqualModels& seen) {
  std::vector<std::string> metrics;
  for (const EqualFigure& figure : seen.figures) {
    if (figure.called_different) metrics.push_back(figure.metric);
  }
  return metrics;
}

std::string titles(const std::vector<std::string>& metrics) {
  std::vector<std::string> texts;
  for (const std::string& metric : metrics) texts.push_back(title(metric));
  return base::join(texts, ", ");
}

// The widest half interval.
double widest(const EqualModels& seen) {
  double half = 0.0;
  for (const EqualFigure& figure : seen.figures) {
    if (figure.interval) half = std::max(half, stats::relative_half_width(*figure.interval));
  }
  return half;
}

}  // namespace

bool calls_any_different(const EqualModels& seen) {
  return !called(seen).empty();
}

std::optional<double> equal_half_width(const EqualModels& seen) {
  const EqualFigure* figure = find(seen, kShown);
  if (figure == nullptr || !figure->interval) return std::nullopt;
  return stats::relative_half_width(*figure->interval);
}

Finding judge_equal_models(const EqualModels& first, const std::optional<EqualModels>& again) {
  Finding finding{.check = checks::kEqualModels, .figure = {}, .meaning = {}};
  finding.data = to_json(first);
  if (again) finding.data["again"] = to_json(*again);
  const bool known =
      !first.figures.empty() && std::ranges::all_of(first.figures, [](const EqualFigure& figure) {
        return figure.interval.has_value();
      });
  if (!known) {
    finding.figure = fmt::format("{} {} of one model under two names, {} are needed", first.rounds,
                                 first.rounds == 1 ? "round counts" : "rounds count", stats::kFewestBlocks);
    finding.meaning = first.disturbances.empty() ? "give a larger --time-budget"
                                                 : "disturbed: " + base::join(first.disturbances, "; ");
    return finding;
  }
  std::vector<std::string> texts;
  for (const EqualFigure& figure : first.figures) texts.push_back(ratio_text(figure));
  finding.figure =
      fmt::format("one model under two names, {} rounds: {}", first.rounds, base::join(texts, ", "));
  if (const EqualFigure* shown = find(first, kShown); shown != nullptr && shown->block_spread)
    finding.figure += fmt::format("; {} varies by {:.1f} % from block to block", title(shown->metric),
                                  100.0 * *shown->block_spread);
  const std::vector<std::string> differ = called(first);
  if (differ.empty()) {
    finding.standing = Standing::passed;
    finding.meaning = fmt::format(
        "nothing is called different; here and now differences below {:.1f} % cannot be seen in {} rounds",
        100.0 * widest(first), first.rounds);
    return finding;
  }
  std::vector<std::string> both;
  for (const std::string& metric : differ) {
    const EqualFigure* one = find(first, metric);
    const EqualFigure* other = again ? find(*again, metric) : nullptr;
    // Once this way and once that way is what chance does.
    if (other != nullptr && other->called_different && (one->ratio > 1.0) == (other->ratio > 1.0))
      both.push_back(metric);
  }
  if (!both.empty()) {
    finding.standing = Standing::failed;
    finding.meaning = fmt::format(
        "called different twice, though equal: {}; verdicts on speed cannot be believed here", titles(both));
  } else {
    finding.meaning = fmt::format("called different, though equal: {}{}", titles(differ),
                                  again ? "; a second series did not repeat it, as chance does in one of 20"
                                        : "; no second series was made");
  }
  return finding;
}

}  // namespace bantam::audit
