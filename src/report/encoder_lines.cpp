#include "report/encoder_lines.hpp"

#include <fmt/format.h>

#include <set>

#include "base/text.hpp"
#include "record/sections.hpp"

namespace bantam::report {
namespace {

void add_lines(const record::Record& record, std::set<std::string>& lines) {
  const auto encoder = record::embedding_model(record).value_or(record::EmbeddingModelFacts{});
  for (const auto& how : encoder.bertscore) {
    lines.insert(base::printable(fmt::format("BERTScore of {}: {}, not rescaled.", how.task, how.name)));
  }
  if (record.metrics.contains("embedding_cosine")) {
    lines.insert(
        base::printable(fmt::format("Embedding cosine of {}: {}.", record.task, encoder.name.value_or(""))));
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
