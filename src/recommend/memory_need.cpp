#include "recommend/memory_need.hpp"

#include "plan/memory_margin.hpp"
#include "record/sections.hpp"

namespace bantam::recommend {

double MemoryNeed::with_margin() const {
  return bytes + static_cast<double>(plan::memory_margin(static_cast<std::int64_t>(bytes)));
}

tl::expected<MemoryNeed, std::string> find_memory_need(const analyze::Configuration& configuration) {
  for (const char* metric : {"min_memory_bytes", "pss_peak_bytes", "private_peak_bytes"}) {
    const analyze::Entry entry = analyze::metric_entry(configuration, metric);
    if (!entry.value) continue;
    return MemoryNeed{entry.value->interval ? entry.value->interval->high : entry.value->value, metric};
  }
  const auto cell = configuration.cells.find(std::string(analyze::kPerformance));
  const analyze::Entry weights = analyze::metric_entry(configuration, "weight_bytes");
  if (cell != configuration.cells.end() && record::is_imported(cell->second) && weights.value)
    return MemoryNeed{weights.value->value, "weight_bytes"};
  return tl::unexpected(analyze::metric_entry(configuration, "pss_peak_bytes").absent);
}

}  // namespace bantam::recommend
