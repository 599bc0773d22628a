#include "bundle/lines.hpp"

#include <fmt/format.h>

#include "base/json_width.hpp"
#include "bundle/form.hpp"

namespace bantam::bundle {
namespace {

// An object's members are searched one by one for each that is added.
constexpr std::int64_t kMostMembers = 4096;

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
  if (base::has_wide_object(line.text, kMostMembers))
    return refuse(line, fmt::format("has an object of more than {} members", kMostMembers));
  TRY_ASSIGN(base::Json json, base::parse_json(line.text, fmt::format("line {}", line.number)));
  if (base::to_text(json) != line.text) return refuse(line, "is not written as lines of bundles are");
  return json;
}

}  // namespace bantam::bundle
