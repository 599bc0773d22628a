#pragma once
// Server-sent events (WHATWG HTML, section 9.2.6) from bytes as they arrive, however they are cut. Knows
// nothing of what the events say and of when they came.

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace bantam::served {

struct SseEvent {
  std::string type;  // of an `event:` line; empty where there is none
  std::string data;  // the `data:` lines, joined by line feeds
};

class SseParser {
 public:
  struct Caps {
    std::size_t line_bytes = std::size_t{4} << 20;
    std::size_t event_bytes = std::size_t{8} << 20;
  };
  using OnEvent = std::function<void(SseEvent)>;

  SseParser() : SseParser(Caps{}) {}
  explicit SseParser(Caps caps) : caps_(caps) {}

  // Hands over each event that these bytes complete. An event without data is none. Lines end with CR, LF or
  // both; an event is complete at the first byte that ends its empty line. A line `error:` is taken as data
  // of an event of that type: older servers of llama.cpp write it. integrity beyond a cap; nothing may be fed
  // afterwards.
  base::Status feed(std::string_view bytes, const OnEvent& on_event);

  // The body came to its proper end: a last event is handed over although its empty line is missing.
  base::Status finish(const OnEvent& on_event);

 private:
  base::Status take(std::string_view part);
  base::Status end_line(const OnEvent& on_event);
  base::Status add_data(std::string_view value);
  void dispatch(const OnEvent& on_event);

  Caps caps_;
  std::string line_;
  SseEvent event_;
  bool has_data_ = false;
  bool is_first_line_ = true;
  bool skips_line_feed_ = false;  // the last byte was a CR
};

}  // namespace bantam::served
