// No sensor: the power that a processor is made for, taken as constant. Only where it is asked for, and
// marked with grade D wherever it stands.

#include <fmt/format.h>

#include <string>
#include <utility>

#include "energy/finders.hpp"

namespace bantam::energy {
namespace {

constexpr double kMostTdpW = 10'000.0;

class Tdp final : public Source {
 public:
  Tdp(SourceFacts facts, const base::Clock& clock, double watts)
      : Source(std::move(facts), clock), watts_(watts) {}

  std::size_t read(std::span<Reading> into) override { return give(into, now_ns(), watts_, Fault::none); }

 private:
  double watts_;
};

}  // namespace

base::Status find_tdp(const Request& request, const base::Clock& clock, Found& found) {
  if (!request.tdp_w) return {};
  const double watts = *request.tdp_w;
  if (!(watts > 0.0) || watts > kMostTdpW) {
    return base::fail(base::ErrorKind::usage, fmt::format("{:g} W is no power of a processor", watts),
                      "give what the processor is made for, in watts: 15");
  }
  SourceFacts facts;
  facts.kind = "tdp";
  facts.name = "tdp (estimate)";
  facts.scope = Scope::package;
  facts.grade = device::Grade::d;
  facts.quantity = Quantity::watts;
  facts.unit = std::string("W");
  facts.where = "as given";
  facts.update_period_s = 0.1;
  facts.rated_w = watts;
  found.present.push_back(std::make_unique<Tdp>(std::move(facts), clock, watts));
  return {};
}

}  // namespace bantam::energy
