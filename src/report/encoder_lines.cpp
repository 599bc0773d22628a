#include "report/encoder_lines.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/text.hpp"
#include "metric/task_metric.hpp"

namespace bantam::report {
namespace {

using base::Json;

void add_lines(const record::Record& record, std::set<std::string>& lines) {
  const Json& encoder = base::child_at(record.task_info, "embedding_model");
  for (const auto& [task, how] : base::child_at(encoder, "bertscore").items()) {
    lines.insert(base::printable(
        fmt::format("BERTScore of {}: {}, not rescaled.", task, base::string_at(how, "name").value_or(""))));
  }
  const bool has_cosine = std::ranges::any_of(record.metrics, [](const auto& value) {
    const metric::TaskMetric* known = metric::find_task_metric(value.first);
    return known != nullptr && known->of_cosine;
  });
  if (has_cosine) {
    lines.insert(base::printable(fmt::format("Embedding cosine of {}: {}.", record.task,
                                             base::string_at(encoder, "name").value_or(""))));
  }
}

}  // namespace

std::vector<std::string> encoder_lines(const analyze::Analysis& analysis) {
  std::set<std::string> lines;
  for (const auto& configuration : analysis.configurations) {
    for (const auto& [task, record] : configuration.cells) add_lines(record, lines);
  }
  return {lines.begin(), lines.end()};
}

}  // namespace bantam::report
