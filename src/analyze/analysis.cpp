#include "analyze/analysis.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "record/sections.hpp"

namespace bantam::analyze {
namespace {

void add(std::vector<std::string>& notes, std::string note) {
  if (std::ranges::find(notes, note) == notes.end()) notes.push_back(std::move(note));
}

// What imported values are not, each once. Remarks on weights are of one model, the others of all that the
// tool has written.
void tell_caveats(const std::vector<Configuration>& configurations, std::vector<std::string>& notes) {
  for (const Configuration& configuration : configurations) {
    for (const auto& [task, record] : configuration.cells) {
      const auto imported = record::imported(record);
      if (!imported) continue;
      for (const auto& [metric, caveat] : imported->caveats)
        add(notes, fmt::format("imported from {}{}: {} {}", imported->tool,
                               metric == "weight_bytes" ? ", " + configuration.model : "", metric, caveat));
    }
  }
}

// Imported latencies and energies of a model whose requests gave unlike numbers of tokens are of unlike work.
void tell_unlike_work(const std::vector<Configuration>& configurations, std::vector<std::string>& notes) {
  constexpr double kSameTokens = 0.01;
  struct Tokens {
    double least = 0.0, most = 0.0;
    std::string list;
  };
  std::map<std::string, Tokens> by_model;
  for (const Configuration& configuration : configurations) {
    const Entry entry = metric_entry(configuration, "output_tokens");
    if (!entry.is_imported()) continue;
    Tokens& tokens = by_model[configuration.model];
    const double count = entry.value->value;
    tokens.least = tokens.list.empty() ? count : std::min(tokens.least, count);
    tokens.most = std::max(tokens.most, count);
    tokens.list +=
        fmt::format("{}{:.0f} at {}", tokens.list.empty() ? "" : ", ", count, configuration.setup());
  }
  for (const auto& [model, tokens] : by_model) {
    if (tokens.most <= tokens.least * (1.0 + kSameTokens)) continue;
    add(notes,
        fmt::format(
            "imported, {}: requests gave unlike numbers of tokens ({}), so that latencies and energies "
            "are of unlike work",
            model, tokens.list));
  }
}

}  // namespace

base::Result<Analysis> analyze(const std::vector<record::Record>& records, const ScoreSource& items,
                               const std::string& base_precision) {
  Analysis analysis;
  analysis.configurations = gather(records, analysis.notes);
  tell_caveats(analysis.configurations, analysis.notes);
  tell_unlike_work(analysis.configurations, analysis.notes);
  analysis.columns = score_columns(analysis.configurations);
  analysis.asked_columns = asked_columns(analysis.configurations);
  TRY_ASSIGN(analysis.impacts,
             find_impacts(analysis.configurations, analysis.columns, base_precision, items, analysis.notes));
  analysis.winners = find_winners(analysis.configurations, analysis.asked_columns, analysis.notes);
  return analysis;
}

}  // namespace bantam::analyze
