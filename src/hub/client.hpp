#pragma once
// Requests to the model hub over HTTP: the user's token for the hub's own host only, redirects checked one by
// one, temporary failures tried again. Knows nothing of repositories and files.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "http/transport.hpp"
#include "http/url.hpp"

namespace bantam::hub {

using http::Exchange;
using http::Failure;
using http::Head;
using http::is_forbidden_host;
using http::is_loopback;
using http::parse_url;
using http::percent_encoded_path;
using http::Receiver;
using http::resolve;
using http::Transport;
using http::Url;

// HTTP for files (http/transport.hpp): connecting may take 15 s. A transfer that brings less than 1000 bytes
// per second (BANTAM_LEAST_SPEED) for 30 s (BANTAM_LEAST_SPEED_TIME) is given up: transient when it stands
// still. environment when libcurl cannot start, or one of the two is no number.
base::Result<std::unique_ptr<Transport>> make_http_transport();

// The user's access token for the model hub. Its type has no way into a stream or a format string, so that it
// cannot be printed by accident.
class Token {
 public:
  explicit Token(std::string text) : text_(std::move(text)) {}
  // For the Authorization header of a request to the hub itself, and nothing else.
  const std::string& secret() const { return text_; }
  // What may be shown: that there is one.
  static constexpr const char* kMasked = "hf_***";

 private:
  std::string text_;
};

// HF_TOKEN, else the first line of the file HF_TOKEN_PATH, else of $HF_HOME/token, else of
// ~/.cache/huggingface/token. Absent when none is set. environment when it holds characters that no token
// has; the message does not quote it.
base::Result<std::optional<Token>> find_token();

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

// What a caller asks a client for.
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
  // server of the hub has), status 401, 403, 404 and others, and what the transport says; transient for 429,
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
