#pragma once
// One exchange of HTTP at a time: what is sent, what comes back, how long may be waited. No redirects,
// retries, cookies or passwords of files. Knows nothing of what is fetched.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "http/url.hpp"

namespace bantam::http {

// One HTTP request as it is sent.
struct Exchange {
  Url url;
  bool head_only = false;                // HEAD instead of GET
  std::vector<std::string> headers;      // "Name: value"
  std::optional<std::string> body = {};  // sent with POST instead of GET; its type is the caller's header
};

struct Head {
  int status = 0;
  std::map<std::string, std::string> headers;  // names in lower case
  // Until the connection stood, its encryption included. Absent where an earlier one was used again, and
  // before the exchange has ended.
  std::optional<double> connect_s = {};

  // Absent when the response has no such header. `name` in lower case.
  std::optional<std::string> header(const std::string& name) const;
};

// What goes with a response's body. Either may return an error, which ends the exchange and is its result.
struct Receiver {
  std::function<base::Status(const Head&)> on_head;              // once, before any byte
  std::function<base::Status(std::string_view bytes)> on_bytes;  // any number of times, in order
};

struct Failure {
  enum class Cause {
    other,      // refused, reset, timed out, ended early, an error of the receiver
    no_host,    // the name cannot be resolved
    untrusted,  // the certificate or the encryption
    too_slow,   // less than Limits::least_bytes_per_s, but not nothing
    stopped,    // by `stopped`
  };
  base::Error error;
  bool transient = false;  // trying again may help
  Cause cause = Cause::other;
};

// Performs one exchange, whatever the response is. make_transport() gives the real one; tests bring their
// own.
class Transport {
 public:
  virtual ~Transport() = default;
  // Any status is a success here. `stopped` is asked several times a second.
  virtual tl::expected<Head, Failure> perform(const Exchange& exchange, const Receiver& receiver,
                                              const std::function<bool()>& stopped) = 0;
};

struct Limits {
  long connect_ms = 15'000;
  // A transfer that stays slower than this for so long is given up. 0: no limit.
  long least_bytes_per_s = 0;
  long least_for_s = 0;
  bool refuses_link_local = true;  // of names that turn out to stand for 169.254.0.0/16 or fe80::/10
  // A new connection for each exchange, over HTTP/1.1: libcurl sends a request once more when a connection
  // that it used again turns out to be closed, which a measurement has to see.
  bool sends_once = false;
};

// HTTP over libcurl (http/transport.cpp). Speaks http and https only, decodes nothing, follows nothing, reads
// no .netrc and keeps no cookies. The usual proxy variables (https_proxy, no_proxy) are respected but for
// this machine, and the first that is set of SSL_CERT_FILE, CURL_CA_BUNDLE and REQUESTS_CA_BUNDLE names the
// trusted certificates. One thread at a time. environment when libcurl cannot start.
base::Result<std::unique_ptr<Transport>> make_transport(const Limits& limits);

}  // namespace bantam::http
