#pragma once
// One HTTP exchange: a request and its response, whatever the response is. Knows nothing of redirects,
// retries or tokens (hub/client.hpp). http.hpp is the real one; tests bring their own.

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "hub/url.hpp"

namespace bantam::hub {

struct Exchange {
  Url url;
  bool head_only = false;            // HEAD instead of GET
  std::vector<std::string> headers;  // "Name: value"
};

struct Head {
  int status = 0;
  std::map<std::string, std::string> headers;  // names in lower case

  // Absent when the response has no such header. `name` in lower case.
  std::optional<std::string> header(const std::string& name) const;
};

// What goes with a response's body. Either may return an error, which ends the exchange and is its result.
struct Receiver {
  std::function<base::Status(const Head&)> on_head;              // once, before any byte
  std::function<base::Status(std::string_view bytes)> on_bytes;  // any number of times, in order
};

struct Failure {
  base::Error error;
  bool transient = false;  // trying again may help: refused, reset, timed out, ended early
};

class Transport {
 public:
  virtual ~Transport() = default;
  // Any status is a success here. `stopped` is asked several times a second.
  virtual tl::expected<Head, Failure> perform(const Exchange& exchange, const Receiver& receiver,
                                              const std::function<bool()>& stopped) = 0;
};

}  // namespace bantam::hub
