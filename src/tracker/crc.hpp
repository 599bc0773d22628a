#pragma once
// Cyclic checksums of bytes (Boost.CRC), as the files of W&B and TensorBoard have them.

#include <cstdint>
#include <string_view>

namespace bantam::tracker {

// CRC-32 as zlib computes it (ISO-HDLC): 0xCBF43926 for "123456789".
std::uint32_t crc32(std::string_view bytes);
// CRC-32C (Castagnoli): 0xE3069283 for "123456789".
std::uint32_t crc32c(std::string_view bytes);

}  // namespace bantam::tracker
