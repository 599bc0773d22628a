#include "served/sse.hpp"

#include <fmt/format.h>

#include <utility>

namespace bantam::served {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

}  // namespace

base::Status SseParser::take(std::string_view part) {
  if (part.size() > caps_.line_bytes - line_.size()) {
    return base::fail(base::ErrorKind::integrity,
                      fmt::format("the server sent a line of more than {} bytes", caps_.line_bytes));
  }
  line_ += part;
  return {};
}

base::Status SseParser::feed(std::string_view bytes, const OnEvent& on_event) {
  while (!bytes.empty()) {
    if (std::exchange(skips_line_feed_, false) && bytes.front() == '\n') {
      bytes.remove_prefix(1);
      continue;
    }
    const auto end = bytes.find_first_of("\r\n");
    TRY(take(bytes.substr(0, end)));
    if (end == std::string_view::npos) return {};
    skips_line_feed_ = bytes[end] == '\r';
    bytes.remove_prefix(end + 1);
    TRY(end_line(on_event));
  }
  return {};
}

base::Status SseParser::finish(const OnEvent& on_event) {
  if (!line_.empty()) TRY(end_line(on_event));
  dispatch(on_event);
  return {};
}

base::Status SseParser::end_line(const OnEvent& on_event) {
  const std::string whole = std::exchange(line_, {});
  std::string_view line = whole;
  if (std::exchange(is_first_line_, false) && line.starts_with(kByteOrderMark))
    line.remove_prefix(kByteOrderMark.size());
  if (line.empty()) {
    dispatch(on_event);
    return {};
  }
  const auto colon = line.find(':');
  const std::string_view field = line.substr(0, colon);  // empty: a comment
  std::string_view value = colon == std::string_view::npos ? std::string_view{} : line.substr(colon + 1);
  if (value.starts_with(' ')) value.remove_prefix(1);
  if (field == "event") event_.type = value;
  if (field == "error") event_.type = field;
  if (field == "data" || field == "error") return add_data(value);
  return {};
}

base::Status SseParser::add_data(std::string_view value) {
  if (value.size() + 1 > caps_.event_bytes - event_.data.size()) {
    return base::fail(base::ErrorKind::integrity,
                      fmt::format("the server sent an event of more than {} bytes", caps_.event_bytes));
  }
  if (has_data_) event_.data += '\n';
  event_.data += value;
  has_data_ = true;
  return {};
}

void SseParser::dispatch(const OnEvent& on_event) {
  SseEvent event = std::exchange(event_, {});
  if (std::exchange(has_data_, false)) on_event(std::move(event));
}

}  // namespace bantam::served
