#include "base/json_width.hpp"

#include <vector>

namespace bantam::base {
namespace {

constexpr std::int64_t kMostDepth = 256;  // of parse_json()

}  // namespace

bool has_wide_object(std::string_view text, std::int64_t most_members) {
  std::vector<std::int64_t> members;  // of each object or list that is open
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '[' || c == '{') {
      if (std::ssize(members) > kMostDepth) return false;
      members.push_back(0);
    } else if ((c == ']' || c == '}') && !members.empty()) {
      members.pop_back();
    } else if (c == ':' && !members.empty() && ++members.back() > most_members) {
      return true;
    }
  }
  return false;
}

}  // namespace bantam::base
