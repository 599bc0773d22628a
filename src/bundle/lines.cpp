#include "bundle/lines.hpp"

#include <fmt/format.h>

#include <vector>

#include "bundle/form.hpp"

namespace bantam::bundle {
namespace {

// An object's members are searched one by one for each that is added.
constexpr std::int64_t kMostMembers = 4096;

// Members of the widest object, counted before anything is parsed.
bool is_too_wide(std::string_view text) {
  std::vector<std::int64_t> members;
  bool in_string = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (in_string) {
      if (c == '\\') ++at;
      if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      members.push_back(0);
    } else if ((c == '}' || c == ']') && !members.empty()) {
      members.pop_back();
    } else if (c == ':' && !members.empty() && ++members.back() > kMostMembers) {
      return true;
    }
  }
  return false;
}

tl::unexpected<base::Error> refuse(const Line& line, std::string_view what) {
  return base::fail(base::ErrorKind::bad_input, fmt::format("line {} {}", line.number, what));
}

}  // namespace

std::optional<Line> Lines::next() {
  if (at_ >= text_.size()) return std::nullopt;
  const auto end = text_.find('\n', at_);
  const bool is_ended = end != std::string_view::npos;
  Line line{++number_, at_, text_.substr(at_, is_ended ? end - at_ : std::string_view::npos), is_ended};
  at_ = is_ended ? end + 1 : text_.size();
  return line;
}

base::Result<base::Json> json_of(const Line& line) {
  if (line.text.size() > kMostBytesOfLine)
    return refuse(line, fmt::format("is longer than {} bytes", kMostBytesOfLine));
  if (is_too_wide(line.text))
    return refuse(line, fmt::format("has an object of more than {} members", kMostMembers));
  TRY_ASSIGN(base::Json json, base::parse_json(line.text, fmt::format("line {}", line.number)));
  if (base::to_text(json) != line.text) return refuse(line, "is not written as lines of bundles are");
  return json;
}

}  // namespace bantam::bundle
