// For scripts/yaml_campaign.py. Reads one JSON object a line, {"file": PATH} or {"hex": the bytes of a YAML
// text}; answers each with a line: {"value": ..., "repeated": number of keys that stand twice} or {"error":
// ...}.

#include <charconv>
#include <iostream>
#include <string>

#include "base/yaml.hpp"

namespace {

using bantam::base::Json;

std::string bytes_of(const std::string& hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    unsigned char byte = 0;
    std::from_chars(hex.data() + i, hex.data() + i + 2, byte, 16);
    bytes += static_cast<char>(byte);
  }
  return bytes;
}

Json answer(const Json& question) {
  const auto path = bantam::base::string_at(question, "file");
  const auto hex = bantam::base::string_at(question, "hex").value_or("");
  auto yaml = path ? bantam::base::read_yaml_file_with_lines(*path)
                   : bantam::base::parse_yaml_with_lines(bytes_of(hex), "text");
  if (!yaml) return {{"error", yaml.error().message}};
  return {{"value", std::move(yaml->content)}, {"repeated", yaml->repeated.size()}};
}

}  // namespace

int main() {
  for (std::string line; std::getline(std::cin, line);) {
    const auto question = bantam::base::parse_json(line, "question");
    if (!question) return 2;
    std::cout << bantam::base::to_text(answer(*question)) << std::endl;
  }
  return 0;
}
