#pragma once
// Who may read what is served: requests that name this server as their host, and bring its token where it has
// one.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace bantam::serve {

// The shortest token that is taken from a user.
inline constexpr std::size_t kShortestToken = 16;

struct Access {
  std::string token;  // empty: whoever reaches the address may read
  std::vector<std::string>
      hosts;  // that a request may name besides those of loopback: lower case, without brackets
  // A request may also name the address at which its connection arrived: for a server on all addresses.
  bool takes_local_address = false;
  int port = 0;
};

// 48 hexadecimal digits from the system's random numbers. environment when it gives none.
base::Result<std::string> new_token();

// The host that a Host header names, in lower case, without port and brackets. Absent when it is malformed.
std::optional<std::string> host_in(std::string_view header);

// Whether a page of ours may have sent this request: one Host header, which names this server. Another site's
// name that was made to lead here (DNS rebinding) does not. `local_address`: where the connection arrived.
bool names_us(const Access& access, const std::vector<std::string>& host_headers,
              const std::string& local_address);

// Takes as long whatever the texts have in common, and whichever length `given` has.
bool is_same_secret(std::string_view given, std::string_view secret);

// What shows that a request may read; all but one may be empty.
struct Credentials {
  std::string authorization;  // header
  std::string cookie;         // header
  std::string token;          // of the query
};
bool may_read(const Access& access, const Credentials& credentials);

// NAME=VALUE of the cookie that stands for the token. Cookies of one host are seen by all its ports, so the
// port is part of the name, and the value is no token that would serve elsewhere.
std::string cookie(const Access& access);

}  // namespace bantam::serve
