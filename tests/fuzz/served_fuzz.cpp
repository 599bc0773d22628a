// Any bytes as the body of a stream: reading must return, and the same events whether the bytes come at once
// or in two parts. The first byte says where they are cut.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "served/answer.hpp"
#include "served/sse.hpp"
#include "served/times.hpp"

namespace {

using bantam::served::Received;
using bantam::served::SseEvent;
using bantam::served::SseParser;

Received read(const std::vector<std::string_view>& parts) {
  Received received;
  SseParser parser({.line_bytes = 4096, .event_bytes = 8192});
  const auto keep = [&](SseEvent event) {
    const auto number = static_cast<std::int64_t>(received.events.size());
    received.events.push_back({number / 2, event.type, event.data});  // two events at each instant
  };
  for (const std::string_view part : parts)
    if (!parser.feed(part, keep)) return received;
  static_cast<void>(parser.finish(keep));
  return received;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(bytes) + 1, size - 1);
  const std::size_t cut = bytes[0] * text.size() / 256;
  const Received whole = read({text});
  const Received parts = read({text.substr(0, cut), text.substr(cut)});
  if (whole.events.size() != parts.events.size()) __builtin_trap();
  for (std::size_t i = 0; i < whole.events.size(); ++i) {
    if (whole.events[i].data != parts.events[i].data || whole.events[i].type != parts.events[i].type)
      __builtin_trap();
  }
  const auto answer = bantam::served::answer_from(whole, 64, false);
  const auto gaps = bantam::served::itl(answer);
  // A gap for each token but the first, or none at all with the reason.
  const bool fits = gaps.gaps_s.empty()
                        ? !gaps.reason.empty()
                        : answer.output_tokens.value == static_cast<std::int64_t>(gaps.gaps_s.size()) + 1;
  if (!fits) __builtin_trap();
  return 0;
}
