#include "base/path_json.hpp"

#include <fmt/format.h>
#include <charconv>
#include <string>

namespace bantam::base {

Json path_to_json(const std::filesystem::path& path) {
  const std::string& bytes = path.native();
  if (is_utf8(bytes)) return bytes;
  std::string hex;
  for (const char byte : bytes) hex += fmt::format("{:02x}", static_cast<unsigned char>(byte));
  return Json{{"hex", hex}};
}

std::optional<std::filesystem::path> path_from_json(const Json& json) {
  if (json.is_string()) return std::filesystem::path(json.get<std::string>());
  const auto hex = string_at(json, "hex");
  if (!hex || hex->size() % 2 != 0) return std::nullopt;
  std::string bytes;
  for (const char* digit = hex->data(); digit != hex->data() + hex->size(); digit += 2) {
    unsigned char byte = 0;
    const auto [end, error] = std::from_chars(digit, digit + 2, byte, 16);
    if (error != std::errc{} || end != digit + 2) return std::nullopt;
    bytes += static_cast<char>(byte);
  }
  return std::filesystem::path(bytes);
}

}  // namespace bantam::base
