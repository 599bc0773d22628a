#include "recommend/memory_need.hpp"

#include "plan/memory_margin.hpp"
#include "record/sections.hpp"

namespace bantam::recommend {

double MemoryNeed::with_margin() const {
  return bytes + static_cast<double>(plan::memory_margin(static_cast<std::int64_t>(bytes)));
}

double MemoryNeed::least_with_margin() const {
  if (error == 0.0) return with_margin();
  return bytes * (1.0 - error) + static_cast<double>(plan::kParentBytes);
}

tl::expected<MemoryNeed, std::string> find_memory_need(const analyze::Configuration& configuration) {
  using record::Evidence;
  for (const Evidence evidence : {Evidence::measured, Evidence::imported, Evidence::predicted}) {
    for (const char* metric : {"min_memory_bytes", "pss_peak_bytes", "private_peak_bytes"}) {
      const analyze::Entry entry = analyze::metric_entry(configuration, metric);
      if (!entry.value || entry.evidence != evidence) continue;
      if (evidence == Evidence::predicted) {
        const double error = record::predicted(*configuration.predicted)->memory_error;
        return MemoryNeed{entry.value->value, metric, evidence, error};
      }
      return MemoryNeed{entry.value->interval ? entry.value->interval->high : entry.value->value, metric,
                        evidence};
    }
  }
  const auto cell = configuration.cells.find(std::string(analyze::kPerformance));
  const analyze::Entry weights = analyze::metric_entry(configuration, "weight_bytes");
  if (cell != configuration.cells.end() && record::is_imported(cell->second) && weights.value)
    return MemoryNeed{weights.value->value, "weight_bytes", weights.evidence};
  return tl::unexpected(analyze::metric_entry(configuration, "pss_peak_bytes").absent);
}

}  // namespace bantam::recommend
