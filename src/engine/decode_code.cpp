#include "engine/decode_code.hpp"

#include <fmt/format.h>

namespace bantam::engine {

std::optional<std::string> decode_problem(int code) {
  switch (code) {
    case 0:
      return std::nullopt;
    case 1:
      return "no free cells in the key-value cache";
    case kDecodeStopped:
      return "computation was stopped";
    case -1:
      return "the engine refused a batch (code -1)";
    default:
      return fmt::format("the engine could not compute a batch (code {})", code);
  }
}

}  // namespace bantam::engine
