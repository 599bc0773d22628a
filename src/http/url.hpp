#pragma once
// Web addresses, as far as our requests need them. Stricter than the standard: no user names, no backslashes,
// no control characters, so that no two readers of an address can disagree about its host.

#include <string>
#include <string_view>

#include "base/result.hpp"

namespace bantam::http {

struct Url {
  std::string scheme;  // "https" or "http"
  std::string host;    // lower case; an IPv6 address without its brackets
  int port = 0;        // that of the scheme when none is written
  std::string target;  // path and query; starts with '/'

  std::string text() const;
  // Without the query, which may hold signatures: what messages show.
  std::string shown() const;
  bool same_origin(const Url& other) const {
    return scheme == other.scheme && host == other.host && port == other.port;
  }
};

// environment, quoting the address without its query, when it is not of this form.
base::Result<Url> parse_url(std::string_view text);

// What a Location header means in a response from `from`.
base::Result<Url> resolve(const Url& from, std::string_view location);

// localhost, 127.0.0.0/8, ::1.
bool is_loopback(std::string_view host);
// Addresses that no file server of the hub has: link-local (169.254.0.0/16, fe80::/10), multicast,
// unspecified, and IPv4 written in any way but four plain decimal numbers.
bool is_forbidden_host(std::string_view host);

// Each byte but letters, digits and "-._~/" as %XX.
std::string percent_encoded_path(std::string_view path);

}  // namespace bantam::http
