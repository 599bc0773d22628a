#include "http/url.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <optional>

#include "base/text.hpp"

namespace bantam::http {
namespace {

using base::ErrorKind;

constexpr std::size_t kLongestUrl = 16384;  // signed addresses are long

int default_port(std::string_view scheme) {
  return scheme == "https" ? 443 : 80;
}

std::string_view without_query(std::string_view text) {
  return text.substr(0, text.find_first_of("?#"));
}

tl::unexpected<base::Error> malformed(std::string_view text, std::string_view why) {
  return base::fail(ErrorKind::environment,
                    fmt::format("cannot use the address '{}': {}",
                                base::ellipsize(base::printable(without_query(text)), 120), why));
}

bool is_alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool is_host_name(std::string_view host) {
  return !host.empty() && host.size() <= 253 && host.front() != '.' && host.front() != '-' &&
         std::all_of(host.begin(), host.end(),
                     [](char c) { return is_alphanumeric(c) || c == '.' || c == '-' || c == '_'; });
}

bool is_ipv6(std::string_view host) {
  return host.size() >= 2 && host.size() <= 45 && host.find(':') != std::string_view::npos &&
         host.find_first_not_of("0123456789abcdefABCDEF:.") == std::string_view::npos;
}

// Host and port of "host", "host:port", "[v6]" or "[v6]:port".
bool read_authority(std::string_view authority, Url& url) {
  std::string_view port;
  if (authority.starts_with('[')) {
    const auto end = authority.find(']');
    if (end == std::string_view::npos || !is_ipv6(authority.substr(1, end - 1))) return false;
    url.host = base::ascii_lower(authority.substr(1, end - 1));
    const std::string_view rest = authority.substr(end + 1);
    if (!rest.empty() && !rest.starts_with(':')) return false;
    port = rest.empty() ? rest : rest.substr(1);
  } else {
    const auto colon = authority.find(':');
    if (!is_host_name(authority.substr(0, colon))) return false;
    url.host = base::ascii_lower(authority.substr(0, colon));
    if (colon != std::string_view::npos) port = authority.substr(colon + 1);
  }
  url.port = default_port(url.scheme);
  if (port.empty()) return true;
  const auto number = base::parse_integer(port);
  if (!number || *number < 1 || *number > 65535) return false;
  url.port = static_cast<int>(*number);
  return true;
}

// The four numbers of a plain IPv4 address.
std::optional<std::array<int, 4>> ipv4(std::string_view host) {
  const auto parts = base::split(host, '.');
  if (parts.size() != 4) return std::nullopt;
  std::array<int, 4> numbers{};
  for (std::size_t i = 0; i < 4; ++i) {
    const bool digits = !parts[i].empty() && parts[i].size() <= 3 &&
                        parts[i].find_first_not_of("0123456789") == std::string::npos &&
                        (parts[i] == "0" || parts[i].front() != '0');
    const auto number = digits ? base::parse_integer(parts[i]) : std::nullopt;
    if (!number || *number > 255) return std::nullopt;
    numbers[i] = static_cast<int>(*number);
  }
  return numbers;
}

// Names whose last part is a number are read as addresses by resolvers: 2852039166, 0x7f.1, 127.1.
bool looks_numeric(std::string_view host) {
  while (host.ends_with('.')) host.remove_suffix(1);
  const std::string_view last = host.substr(host.rfind('.') + 1);
  return last.find_first_not_of("0123456789") == std::string_view::npos || last.starts_with("0x");
}

}  // namespace

std::string Url::text() const {
  const std::string name = host.find(':') == std::string::npos ? host : fmt::format("[{}]", host);
  const std::string number = port == default_port(scheme) ? "" : fmt::format(":{}", port);
  return scheme + "://" + name + number + target;
}

std::string Url::shown() const {
  return base::printable(without_query(text()));
}

base::Result<Url> parse_url(std::string_view text) {
  if (text.size() > kLongestUrl) return malformed(text, "it is too long");
  const bool plain =
      std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7f' && c != '\\'; });
  if (!plain) return malformed(text, "it holds a character that no address has");
  const auto mark = text.find("://");
  Url url;
  url.scheme = base::ascii_lower(text.substr(0, mark == std::string_view::npos ? 0 : mark));
  if (url.scheme != "https" && url.scheme != "http") return malformed(text, "it is neither https nor http");
  const std::string_view rest = text.substr(mark + 3);
  const auto end = std::min(rest.find_first_of("/?#"), rest.size());
  const std::string_view authority = rest.substr(0, end);
  // The text is not quoted: what stands before an '@' may be a password.
  if (authority.find('@') != std::string_view::npos)
    return base::fail(ErrorKind::environment, "cannot use an address that holds a user name");
  if (!read_authority(authority, url)) return malformed(text, "its host is malformed");
  std::string_view target = rest.substr(end);
  target = target.substr(0, target.find('#'));
  url.target = fmt::format("{}{}", target.starts_with('/') ? "" : "/", target);
  return url;
}

base::Result<Url> resolve(const Url& from, std::string_view location) {
  if (location.empty()) return malformed(location, "it is empty");
  if (location.starts_with("//")) return parse_url(from.scheme + ":" + std::string(location));
  // A scheme comes before any of "/?#".
  const auto colon = location.find(':');
  if (colon != std::string_view::npos && colon < location.find_first_of("/?#")) return parse_url(location);
  Url host = from;
  host.target = "";
  if (location.starts_with('/')) return parse_url(host.text() + std::string(location));
  const std::string_view path = without_query(from.target);
  return parse_url(host.text() + std::string(path.substr(0, path.rfind('/') + 1)) + std::string(location));
}

bool is_loopback(std::string_view host) {
  const auto address = ipv4(host);
  return host == "localhost" || host == "::1" || (address && (*address)[0] == 127);
}

bool is_forbidden_host(std::string_view host) {
  if (host.find(':') != std::string_view::npos) {
    // IPv4 inside IPv6 has no use here, and hides what it is.
    return host == "::" || host.starts_with("fe8") || host.starts_with("fe9") || host.starts_with("fea") ||
           host.starts_with("feb") || host.starts_with("ff") || host.find('.') != std::string_view::npos ||
           host.find(":ffff:") != std::string_view::npos;
  }
  const auto address = ipv4(host);
  if (!address) return looks_numeric(host);
  return (*address)[0] == 0 || (*address)[0] >= 224 || ((*address)[0] == 169 && (*address)[1] == 254);
}

std::string percent_encoded_path(std::string_view path) {
  std::string out;
  for (const char c : path) {
    if (is_alphanumeric(c) || std::string_view("-._~/").find(c) != std::string_view::npos) {
      out += c;
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

}  // namespace bantam::http
