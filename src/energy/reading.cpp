#include "energy/reading.hpp"

namespace bantam::energy {

std::string_view name(Scope scope) {
  switch (scope) {
    case Scope::package:
      return "package";
    case Scope::package_part:
      return "package_part";
    case Scope::dram:
      return "dram";
    case Scope::gpu:
      return "gpu";
    case Scope::rail:
      return "rail";
    case Scope::board:
      return "board";
    case Scope::battery:
      return "battery";
    case Scope::wall:
      return "wall";
  }
  return {};
}

std::string_view name(Quantity quantity) {
  switch (quantity) {
    case Quantity::joules:
      return "joules";
    case Quantity::watts:
      return "watts";
  }
  return {};
}

std::string_view text(Fault fault) {
  switch (fault) {
    case Fault::none:
      return "it was read";
    case Fault::unreadable:
      return "it could not be read";
    case Fault::malformed:
      return "what it gave is no number";
    case Fault::not_a_number:
      return "it gave NaN or infinity";
    case Fault::gone:
      return "it was gone";
    case Fault::on_mains:
      return "the machine did not run on its battery alone";
    case Fault::unit_unknown:
      return "its figure is possible in neither of the units that drivers use";
    case Fault::clock_differs:
      return "its time stamps are not of now (its clock is wrong)";
  }
  return {};
}

}  // namespace bantam::energy
