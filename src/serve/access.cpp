#include "serve/access.hpp"

#include <fmt/format.h>
#include <sys/random.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/files.hpp"
#include "base/hash.hpp"
#include "base/text.hpp"

namespace bantam::serve {
namespace {

bool is_host_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
}

bool is_port(std::string_view text) {
  const auto port = base::parse_integer(text);
  const bool is_plain = std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
  return is_plain && port && *port >= 1 && *port <= 65535;
}

bool is_loopback_name(const std::string& host) {
  return host == "localhost" || host == "127.0.0.1" || host == "::1";
}

std::string cookie_name(const Access& access) {
  return fmt::format("bantam_{}", access.port);
}

std::string cookie_value(const Access& access) {
  return base::sha256("the cookie of " + access.token);
}

// The values of the cookies of this name.
std::vector<std::string> cookies_in(std::string_view header, const std::string& name) {
  std::vector<std::string> values;
  for (const std::string& part : base::split(header, ';')) {
    const std::string_view pair = base::trim(part);
    const std::size_t sign = pair.find('=');
    if (sign != std::string_view::npos && pair.substr(0, sign) == name)
      values.emplace_back(pair.substr(sign + 1));
  }
  return values;
}

// What stands behind "Bearer"; empty for other schemes.
std::string bearer_in(std::string_view header) {
  constexpr std::string_view kScheme = "bearer ";
  if (base::ascii_lower(header.substr(0, kScheme.size())) != kScheme) return "";
  return std::string(base::trim(header.substr(kScheme.size())));
}

}  // namespace

base::Result<std::string> new_token() {
  std::array<unsigned char, 24> bytes{};
  if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size()))
    return base::fail(
        base::ErrorKind::environment,
        fmt::format("the system gives no random numbers for a token: {}", base::errno_text(errno)),
        "give a token of your own with --token-env");
  std::string token;
  for (const unsigned char byte : bytes) token += fmt::format("{:02x}", byte);
  return token;
}

std::optional<std::string> host_in(std::string_view header) {
  const std::string text = base::ascii_lower(header);
  std::string_view host = text;
  std::string_view rest;
  if (host.starts_with('[')) {
    const std::size_t end = host.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    rest = host.substr(end + 1);
    host = host.substr(1, end - 1);
    const bool is_plain = std::ranges::all_of(host, [](char c) { return is_host_character(c) || c == ':'; });
    if (!is_plain || host.find(':') == std::string_view::npos) return std::nullopt;
  } else {
    const std::size_t end = std::min(host.find(':'), host.size());
    rest = host.substr(end);
    host = host.substr(0, end);
    if (!std::ranges::all_of(host, is_host_character)) return std::nullopt;
  }
  if (host.empty() || (!rest.empty() && (rest.front() != ':' || !is_port(rest.substr(1)))))
    return std::nullopt;
  return std::string(host);
}

bool names_us(const Access& access, const std::vector<std::string>& host_headers,
              const std::string& local_address) {
  if (host_headers.size() != 1) return false;
  const auto host = host_in(host_headers.front());
  if (!host) return false;
  if (is_loopback_name(*host) || std::ranges::find(access.hosts, *host) != access.hosts.end()) return true;
  return access.takes_local_address && !local_address.empty() && *host == local_address;
}

bool is_same_secret(std::string_view given, std::string_view secret) {
  // Of hashes, which have one length and of which nobody can choose a part.
  const std::string left = base::sha256(given);
  const std::string right = base::sha256(secret);
  unsigned difference = 0;
  for (std::size_t at = 0; at < left.size(); ++at)
    difference |=
        static_cast<unsigned>(static_cast<unsigned char>(left[at]) ^ static_cast<unsigned char>(right[at]));
  return difference == 0;
}

bool may_read(const Access& access, const Credentials& credentials) {
  if (access.token.empty()) return true;
  bool may = is_same_secret(bearer_in(credentials.authorization), access.token);
  may = is_same_secret(credentials.token, access.token) || may;
  for (const std::string& value : cookies_in(credentials.cookie, cookie_name(access)))
    may = is_same_secret(value, cookie_value(access)) || may;
  return may;
}

std::string cookie(const Access& access) {
  return cookie_name(access) + "=" + cookie_value(access);
}

}  // namespace bantam::serve
