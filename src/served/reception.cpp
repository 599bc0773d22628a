#include "served/reception.hpp"

#include <fmt/format.h>

#include <utility>

#include "base/text.hpp"
#include "base/units.hpp"

namespace bantam::served {
namespace {

using base::ErrorKind;

constexpr std::size_t kPageBytes = 8192;  // of an error's page, to show its beginning
constexpr std::size_t kShown = 200;
constexpr double kAfterDone_s = 1.0;  // for the proper end of a body whose stream has ended
constexpr const char* kStreamType = "text/event-stream";
constexpr const char* kIsItOne = "is this the address of an OpenAI-compatible server?";

base::Error environment(std::string message, std::string hint = {}) {
  return {ErrorKind::environment, std::move(message), std::move(hint)};
}

// White space as single blanks.
std::string in_one_line(std::string_view text) {
  std::string line;
  bool is_gap = false;
  for (const char c : base::trim(text)) {
    const bool is_space = c == ' ' || (c >= '\t' && c <= '\r');
    if (!is_space && is_gap) line += ' ';
    if (!is_space) line += c;
    is_gap = is_space;
  }
  return line;
}

const char* hint_for(int status) {
  if (status == 401 || status == 403) return "does the server want an API key, or another one?";
  if (status == 404) return kIsItOne;
  if (status == 429) return "it takes no more requests now: ask for fewer at once";
  if (status == 503) return "it may still be loading the model: wait, and ask again";
  return status / 100 == 3 ? "it sends elsewhere: give the address that it sends to" : "";
}

bool is_stream(const http::Head& head) {
  const auto type = head.header("content-type");
  return head.status == 200 && (!type || base::ascii_lower(*type).starts_with(kStreamType));
}

}  // namespace

Reception::Reception(const base::Clock& clock, const Patience& patience, const Caps& caps,
                     std::function<bool()> stopped, bool takes_page)
    : clock_(clock),
      patience_(patience),
      caps_(caps),
      stopped_(std::move(stopped)),
      last_ns_(clock.now_ns()),
      takes_page_(takes_page) {
  received_.begin_ns = last_ns_;
}

http::Receiver Reception::receiver() {
  return {[this](const http::Head& head) { return take_head(head); },
          [this](std::string_view bytes) { return take(bytes); }};
}

std::function<bool()> Reception::watch() {
  return [this] { return must_end(); };
}

base::Status Reception::take_head(const http::Head& head) {
  head_ = head;
  is_stream_ = is_stream(head) && !takes_page_;
  const std::string encoding = head.header("content-encoding").value_or("identity");
  if (base::ascii_lower(encoding) == "identity") return {};
  return base::fail(ErrorKind::integrity,
                    fmt::format("the server sent a body encoded as '{}', which was not asked for",
                                base::ellipsize(base::printable(encoding), 40)));
}

base::Status Reception::take(std::string_view bytes) {
  last_ns_ = clock_.now_ns();
  if (!received_.first_byte_ns) received_.first_byte_ns = last_ns_;
  bytes_ += bytes.size();
  if (bytes_ > caps_.bytes)
    return base::fail(ErrorKind::integrity,
                      fmt::format("the answer has no end: more than {}",
                                  base::format_bytes(static_cast<double>(caps_.bytes))));
  if (!is_stream_) return take_page(bytes);
  if (is_done_) return {};
  TRY(parser_.feed(bytes, [this](SseEvent event) {
    is_done_ = is_done_ || event.data == "[DONE]";
    received_.events.push_back({last_ns_, std::move(event.type), std::move(event.data)});
  }));
  if (received_.events.size() > caps_.events)
    return base::fail(ErrorKind::integrity,
                      fmt::format("the answer has no end: more than {} events", caps_.events));
  return {};
}

// The page that was asked for.
bool Reception::is_page() const {
  return takes_page_ && head_.status == 200;
}

base::Status Reception::take_page(std::string_view bytes) {
  if (is_page()) {
    page_ += bytes;
    return {};
  }
  page_ += bytes.substr(0, kPageBytes - page_.size());
  if (page_.size() < kPageBytes) return {};
  return tl::unexpected(*page_error());  // nothing of the rest would be shown
}

bool Reception::must_end() {
  const std::int64_t now_ns = clock_.now_ns();
  const double since_begin_s = base::seconds(now_ns - received_.begin_ns);
  const double since_last_s = base::seconds(now_ns - last_ns_);
  if (stopped_ && stopped_()) {
    ended_ = base::Error{ErrorKind::interrupted, "stopped", ""};
  } else if (is_done_) {
    return since_last_s > kAfterDone_s;
  } else if (!received_.first_byte_ns && since_begin_s > patience_.first_byte_s) {
    ended_ = environment(fmt::format("nothing came within {}", base::format_seconds(patience_.first_byte_s)));
  } else if (received_.first_byte_ns && since_last_s > patience_.stall_s) {
    ended_ = environment(fmt::format("nothing more came within {}", base::format_seconds(patience_.stall_s)));
  } else if (since_begin_s > patience_.whole_s) {
    ended_ =
        environment(fmt::format("the answer has no end after {}", base::format_seconds(patience_.whole_s)));
  }
  return ended_.has_value();
}

std::optional<base::Error> Reception::page_error() const {
  if (is_stream_ || is_page()) return std::nullopt;
  const std::string type =
      base::ellipsize(base::printable(head_.header("content-type").value_or("no type")), 60);
  std::string message = head_.status == 200
                            ? fmt::format("the server answers with {}, not with a stream of events", type)
                            : fmt::format("the server answers {}", head_.status);
  const std::string begin = base::ellipsize(base::printable(in_one_line(page_)), kShown);
  if (!begin.empty()) message += ": " + begin;
  const auto kind = head_.status == 200 ? ErrorKind::bad_input : ErrorKind::environment;
  return base::Error{kind, message, head_.status == 200 ? kIsItOne : hint_for(head_.status)};
}

Received Reception::finish(const tl::expected<http::Head, http::Failure>& outcome) {
  if (head_.status != 0 && head_.status != 200) received_.refused_with = head_.status;
  if (outcome) {
    received_.is_page = is_page();
    if (is_page()) received_.events.push_back({last_ns_, "", std::move(page_)});
    received_.connect_s = outcome->connect_s;
    const auto ended = is_stream_ ? parser_.finish([this](SseEvent event) {
      received_.events.push_back({last_ns_, std::move(event.type), std::move(event.data)});
    })
                                  : base::Status{};
    if (!ended) received_.error = ended.error();
    if (auto error = page_error()) received_.error = std::move(error);
    return std::move(received_);
  }
  const http::Failure& failure = outcome.error();
  if (failure.cause == http::Failure::Cause::stopped) {
    received_.error = ended_;  // absent after [DONE]
  } else if (head_.status != 0 && !is_stream_ && !is_page() && failure.error.kind == ErrorKind::environment) {
    received_.error = page_error();  // its page broke off as well
  } else {
    received_.error = failure.error;
  }
  return std::move(received_);
}

}  // namespace bantam::served
