// Any bytes as a plan or task file: parsing must return, and what it returns must survive being written as
// JSON.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/yaml.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  const auto json = bantam::base::parse_yaml(text, "fuzz");
  if (json && !bantam::base::parse_json(bantam::base::to_text(*json), "fuzz")) __builtin_trap();
  return 0;
}
