#include "analyze/analysis.hpp"

namespace bantam::analyze {

base::Result<Analysis> analyze(const std::vector<record::Record>& records, const ItemSource& items,
                               const std::string& base_precision) {
  Analysis analysis;
  analysis.configurations = gather(records, analysis.notes);
  analysis.columns = score_columns(analysis.configurations);
  analysis.asked_columns = asked_columns(analysis.configurations);
  TRY_ASSIGN(analysis.impacts,
             find_impacts(analysis.configurations, analysis.columns, base_precision, items, analysis.notes));
  analysis.winners = find_winners(analysis.configurations, analysis.asked_columns, analysis.notes);
  return analysis;
}

}  // namespace bantam::analyze
