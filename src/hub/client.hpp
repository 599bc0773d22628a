#pragma once
// Requests to the model hub: the token for its own host only, redirects checked one by one, temporary
// failures tried again. Knows nothing of repositories and files.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "hub/token.hpp"
#include "hub/transport.hpp"

namespace bantam::hub {

// How the outside world passes time; tests bring their own.
struct Waiting {
  // Sleeps; false when it was stopped before the end.
  std::function<bool(double seconds)> sleep;
  // True when the user wants to stop: the work ends with `interrupted` and can be resumed.
  std::function<bool()> stopped = [] { return false; };
  // Uniform in [0, 1).
  std::function<double()> random;
};

// Real sleep and chance; `stopped` may be empty.
Waiting real_waiting(std::function<bool()> stopped);

// Delays between attempts: doubling from 0.5 s to 16 s, each shortened by up to a half at random. What the
// server asks for (Retry-After) comes first, up to 60 s.
class Backoff {
 public:
  explicit Backoff(const Waiting& waiting, int attempts = 5)
      : waiting_(waiting), attempts_(attempts), left_(attempts) {}
  // To be called after a failed attempt. Waits; false when it was the last one, or when it was stopped.
  bool wait(std::optional<double> retry_after_s);
  // After progress: all attempts again.
  void reset() { left_ = attempts_; }

 private:
  const Waiting& waiting_;
  int attempts_;
  int left_;
};

struct Request {
  Url url;
  bool head_only = false;
  std::vector<std::string> headers;
  // A redirect to another host ends the request, and is its result.
  bool stay_on_host = false;
};

struct ClientFailure {
  base::Error error;
  bool transient = false;
  std::optional<double> retry_after_s;
};

class Client {
 public:
  // `endpoint`: the hub's address. environment unless it is https, or http to this machine itself.
  static base::Result<Client> make(Url endpoint, std::optional<Token> token,
                                   std::shared_ptr<Transport> transport, Waiting waiting);

  // One attempt, following up to 10 redirects. The receiver sees only a final response of status 2xx or 416.
  // environment: a redirect that is refused (to another scheme, from https to http, to an address that no
  // server of the hub has), status 401, 403, 404 and others, and what transport.hpp says; transient for 429,
  // 5xx and broken connections. integrity: an encoded body although none was asked for.
  tl::expected<Head, ClientFailure> attempt(const Request& request, const Receiver& receiver);

  // The same with retries; `start` is called before each attempt and gives its receiver. interrupted when the
  // user stopped it.
  base::Result<Head> fetch(const Request& request, const std::function<Receiver()>& start);

  struct Text {
    Head head;
    std::string body;
  };
  // fetch() of a body of at most `max_bytes`; integrity beyond it.
  base::Result<Text> get(const Request& request, std::uint64_t max_bytes);

  const Url& endpoint() const { return endpoint_; }
  const Waiting& waiting() const { return waiting_; }

 private:
  Client(Url endpoint, std::optional<Token> token, std::shared_ptr<Transport> transport, Waiting waiting);
  tl::expected<Head, ClientFailure> exchange(const Request& request, const Url& url,
                                             const Receiver& receiver);

  Url endpoint_;
  std::optional<Token> token_;
  std::shared_ptr<Transport> transport_;
  Waiting waiting_;
};

}  // namespace bantam::hub
