#pragma once
// A hub without a network: answers requests by functions that a test gives, and keeps what was asked.

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "hub/client.hpp"

namespace bantam::support {

// A response as it goes over the line. `broken` ends it with a reset after the body.
struct Answer {
  int status = 200;
  std::map<std::string, std::string> headers;
  std::string body;
  bool broken = false;
};

class FakeTransport final : public hub::Transport {
 public:
  using Respond = std::function<Answer(const hub::Exchange&)>;

  explicit FakeTransport(Respond respond) : respond_(std::move(respond)) {}

  tl::expected<hub::Head, hub::Failure> perform(const hub::Exchange& exchange, const hub::Receiver& receiver,
                                                const std::function<bool()>& stopped) override {
    asked.push_back(exchange);
    const Answer answer = respond_(exchange);
    const hub::Head head{answer.status, answer.headers};
    if (auto done = receiver.on_head(head); !done) return tl::unexpected(hub::Failure{done.error(), false});
    constexpr std::size_t kBlock = 1000;
    for (std::size_t at = 0; at < answer.body.size(); at += kBlock) {
      if (stopped())
        return tl::unexpected(hub::Failure{{base::ErrorKind::interrupted, "stopped", ""}, false});
      if (auto done = receiver.on_bytes(std::string_view(answer.body).substr(at, kBlock)); !done)
        return tl::unexpected(hub::Failure{done.error(), false});
    }
    if (answer.broken)
      return tl::unexpected(hub::Failure{{base::ErrorKind::environment, "connection reset", ""}, true});
    return head;
  }

  std::vector<hub::Exchange> asked;

 private:
  Respond respond_;
};

// Time that passes at once; how long was slept is kept.
struct FakeWaiting {
  std::shared_ptr<std::vector<double>> slept_s = std::make_shared<std::vector<double>>();
  std::shared_ptr<bool> stop = std::make_shared<bool>(false);

  hub::Waiting waiting() const {
    hub::Waiting waiting;
    waiting.sleep = [slept = slept_s, asked = stop](double seconds) {
      slept->push_back(seconds);
      return !*asked;
    };
    waiting.stopped = [asked = stop] { return *asked; };
    waiting.random = [] { return 0.0; };
    return waiting;
  }
};

// The value of a request's header; empty when it has none.
inline std::string header_of(const hub::Exchange& exchange, const std::string& name) {
  for (const std::string& header : exchange.headers) {
    if (header.starts_with(name + ": ")) return header.substr(name.size() + 2);
  }
  return {};
}

inline hub::Client fake_client(std::shared_ptr<FakeTransport> transport, const FakeWaiting& waiting,
                               std::optional<hub::Token> token = std::nullopt) {
  return *hub::Client::make(*hub::parse_url("https://hub.example"), std::move(token), std::move(transport),
                            waiting.waiting());
}

}  // namespace bantam::support
