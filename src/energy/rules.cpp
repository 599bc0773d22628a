#include "energy/rules.hpp"

#include <algorithm>
#include <vector>

namespace bantam::energy {

double most_watts(const SourceFacts& facts, const Rules& rules) {
  const auto found = rules.most_w.find(facts.scope);
  const double of_scope = found == rules.most_w.end() ? 5000.0 : found->second;
  return facts.rated_w ? std::min(of_scope, *facts.rated_w * rules.most_of_rated) : of_scope;
}

double update_period_s(const Trace& trace) {
  if (trace.facts.update_period_s) return std::max(*trace.facts.update_period_s, trace.interval_s);
  std::vector<double> steps;
  const Reading* last = nullptr;
  for (const Reading& reading : trace.readings) {
    if (reading.fault != Fault::none) continue;
    const bool may_stand = trace.facts.quantity == Quantity::joules || trace.facts.repeats;
    const bool stands = last != nullptr && may_stand && reading.value == last->value;
    if (stands) continue;
    if (last != nullptr) steps.push_back(1e-9 * static_cast<double>(reading.time_ns - last->time_ns));
    last = &reading;
  }
  if (steps.empty()) return trace.facts.repeats && last != nullptr ? trace.interval_s : 0.0;
  const auto middle = steps.begin() + static_cast<std::ptrdiff_t>(steps.size() / 2);
  std::ranges::nth_element(steps, middle);
  return *middle;
}

}  // namespace bantam::energy
