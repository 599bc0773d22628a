#pragma once
// How much memory a configuration needs, of what was measured of it. Knows nothing of budgets' purpose.

#include <optional>
#include <string>

#include "analyze/configuration.hpp"
#include "record/sections.hpp"

namespace bantam::recommend {

struct MemoryNeed {
  double bytes = 0.0;  // of the worker; the larger limit of the interval where there is one
  std::string
      metric;  // min_memory_bytes, else pss_peak_bytes, else private_peak_bytes; imported: weight_bytes
  record::Evidence evidence = record::Evidence::measured;
  double error = 0.0;  // expected, as a share of the bytes: of what is predicted
  // With what a budget must hold beside it (plan::memory_margin), which covers the error.
  double with_margin() const;
  // Within less it surely does not run; the same as with_margin() unless it is predicted.
  double least_with_margin() const;
};
// Absent, with the reason, where none is known. What was measured counts before what was imported, that
// before what is predicted. Of an imported configuration of which nothing is predicted the weights stand for
// it, the KV cache is not in it. On an accelerator its memory is apart and not part of the need.
tl::expected<MemoryNeed, std::string> find_memory_need(const analyze::Configuration& configuration);

}  // namespace bantam::recommend
