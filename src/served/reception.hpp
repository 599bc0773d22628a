#pragma once
// Takes a response in as it comes: stamps events, watches the limits, and tells a stream from any other page.
// Knows nothing of sockets.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "http/transport.hpp"
#include "served/answer.hpp"
#include "served/client.hpp"
#include "served/sse.hpp"

namespace bantam::served {

class Reception {
 public:
  // `takes_page`: the answer is to be a page of JSON, which counts as one event, and no stream.
  Reception(const base::Clock& clock, const Patience& patience, const Caps& caps,
            std::function<bool()> stopped, bool takes_page = false);

  // For the transport; both hold as long as this object does.
  http::Receiver receiver();
  std::function<bool()> watch();

  // After the exchange: what it left, or why it failed.
  Received finish(const tl::expected<http::Head, http::Failure>& outcome);

 private:
  base::Status take_head(const http::Head& head);
  base::Status take(std::string_view bytes);
  base::Status take_page(std::string_view bytes);
  bool must_end();
  bool is_page() const;
  std::optional<base::Error> page_error() const;

  const base::Clock& clock_;
  Patience patience_;
  Caps caps_;
  std::function<bool()> stopped_;
  SseParser parser_;
  Received received_;
  std::int64_t last_ns_;
  std::size_t bytes_ = 0;
  bool takes_page_;
  bool is_stream_ = false;
  bool is_done_ = false;  // [DONE] came: what follows is not waited for
  http::Head head_;
  std::string page_;  // the answer, or the beginning of what is none
  std::optional<base::Error> ended_;
};

}  // namespace bantam::served
