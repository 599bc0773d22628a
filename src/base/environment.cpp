#include "base/environment.hpp"

#include <cstdlib>

#include "base/text.hpp"

namespace bantam::base {

std::string environment_text(const char* name) {
  const char* value = std::getenv(name);
  return value ? std::string(trim(value)) : std::string();
}

bool is_switched_on(const char* name) {
  const std::string value = ascii_lower(environment_text(name));
  return value == "1" || value == "true" || value == "yes" || value == "on";
}

}  // namespace bantam::base
