#include "hub/transport.hpp"

namespace bantam::hub {

std::optional<std::string> Head::header(const std::string& name) const {
  const auto found = headers.find(name);
  return found == headers.end() ? std::nullopt : std::optional<std::string>(found->second);
}

}  // namespace bantam::hub
