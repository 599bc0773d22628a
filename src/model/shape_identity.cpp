#include "model/shape_identity.hpp"

#include <fmt/format.h>

namespace bantam::model {

std::string synthetic_identity(const Shape& shape, std::string_view llama_type, std::string_view quantizer,
                               std::uint64_t seed) {
  return fmt::format("synthetic {}:{}:{}:{}:{}:{}", kSyntheticVersion, shape.name, shape.definition_sha256,
                     llama_type, seed, quantizer);
}

}  // namespace bantam::model
