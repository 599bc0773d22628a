#include "report/fronts_csv.hpp"

#include "base/text.hpp"
#include "recommend/objective.hpp"
#include "table/sheet.hpp"

namespace bantam::report {
namespace {

void start_row(table::Sheet& sheet, const recommend::Front& front, const analyze::Analysis& analysis,
               std::size_t index, const char* standing) {
  const analyze::Configuration& one = analysis.configurations[index];
  sheet.start_row();
  sheet.text("front", front.name);
  sheet.text("objectives", base::join(front.objectives, " "));
  sheet.text("model", one.model);
  sheet.text("precision", one.precision);
  sheet.text("point", one.point);
  sheet.text("standing", standing);
}

void add_evidence(table::Sheet& sheet, const recommend::Front& front, std::size_t index) {
  sheet.text("evidence", std::string(record::name(front.evidence[index])));
}

}  // namespace

std::string fronts_csv(const std::vector<recommend::Front>& fronts, const analyze::Analysis& analysis) {
  table::Sheet sheet(
      {"front", "objectives", "model", "precision", "point", "standing", "dominated_by", "evidence"});
  const auto& all = analysis.configurations;
  for (const recommend::Front& front : fronts) {
    for (const std::size_t member : front.members) {
      start_row(sheet, front, analysis, member, "front");
      add_evidence(sheet, front, member);
    }
    for (const recommend::Dominated& one : front.dominated) {
      start_row(sheet, front, analysis, one.configuration, "dominated");
      sheet.text("dominated_by", recommend::name_of(all[one.by]));
      add_evidence(sheet, front, one.configuration);
    }
    for (const std::size_t index : front.without) start_row(sheet, front, analysis, index, "no value");
  }
  return sheet.csv();
}

}  // namespace bantam::report
