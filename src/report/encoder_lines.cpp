#include "report/encoder_lines.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"

namespace bantam::report {
namespace {

using base::Json;

void append_unique(std::vector<std::string>& lines, std::string line) {
  if (std::ranges::find(lines, line) == lines.end()) lines.push_back(std::move(line));
}

void add_lines(const record::Record& record, std::vector<std::string>& lines) {
  const Json& encoder = base::child_at(record.task_info, "embedding_model");
  for (const auto& [task, how] : base::child_at(encoder, "bertscore").items()) {
    append_unique(lines, base::printable(fmt::format("BERTScore of {}: {}, not rescaled.", task,
                                                     base::string_at(how, "name").value_or(""))));
  }
  if (record.metrics.contains("embedding_cosine")) {
    append_unique(lines, base::printable(fmt::format("Embedding cosine of {}: {}.", record.task,
                                                     base::string_at(encoder, "name").value_or(""))));
  }
}

}  // namespace

std::vector<std::string> encoder_lines(const analyze::Analysis& analysis) {
  std::vector<std::string> lines;
  for (const auto& configuration : analysis.configurations) {
    for (const auto& [task, record] : configuration.cells) add_lines(record, lines);
  }
  return lines;
}

}  // namespace bantam::report
