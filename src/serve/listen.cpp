#include "serve/listen.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>

#include "base/descriptor.hpp"
#include "base/files.hpp"
#include "base/text.hpp"

namespace bantam::serve {
namespace {

using base::ErrorKind;

constexpr int kWaiting = 16;  // connections that nobody has taken yet

struct FreeInfo {
  void operator()(addrinfo* info) const { ::freeaddrinfo(info); }
};
struct FreeInterfaces {
  void operator()(ifaddrs* all) const { ::freeifaddrs(all); }
};

// Numeric; IPv4 within IPv6 as IPv4. Empty for other kinds of addresses.
std::string text_of(const sockaddr* address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (address->sa_family == AF_INET) {
    sockaddr_in four{};
    std::memcpy(&four, address, sizeof four);
    ::inet_ntop(AF_INET, &four.sin_addr, text.data(), text.size());
  } else if (address->sa_family == AF_INET6) {
    sockaddr_in6 six{};
    std::memcpy(&six, address, sizeof six);
    if (IN6_IS_ADDR_V4MAPPED(&six.sin6_addr) != 0) {
      ::inet_ntop(AF_INET, six.sin6_addr.s6_addr + 12, text.data(), text.size());
    } else {
      ::inet_ntop(AF_INET6, &six.sin6_addr, text.data(), text.size());
    }
  }
  return text.data();
}

int port_of(const sockaddr_storage& address) {
  if (address.ss_family == AF_INET) {
    sockaddr_in four{};
    std::memcpy(&four, &address, sizeof four);
    return ntohs(four.sin_port);
  }
  sockaddr_in6 six{};
  std::memcpy(&six, &address, sizeof six);
  return ntohs(six.sin6_port);
}

Place place_of(const sockaddr_storage& storage) {
  Place place;
  place.address = text_of(reinterpret_cast<const sockaddr*>(&storage));
  place.port = port_of(storage);
  place.is_loopback = place.address == "::1" || place.address.starts_with("127.");
  place.is_any = place.address == "0.0.0.0" || place.address == "::";
  return place;
}

base::Error refusal(const std::string& host, int port, int number) {
  const std::string shown = base::printable(host);
  switch (number) {
    case EADDRINUSE:
      return {ErrorKind::environment, fmt::format("port {} of {} is in use", port, shown),
              "name another with --port, or 0 for one that is free; `ss -ltnp` tells who has it"};
    case EACCES:
    case EPERM:
      return {ErrorKind::environment, fmt::format("port {} of {} may not be taken", port, shown),
              "name one from 1024 on with --port"};
    case EADDRNOTAVAIL:
      return {ErrorKind::usage, fmt::format("--host: {} is no address of this machine", shown),
              "name one of those that `ip address` lists, or leave it out for this machine alone"};
    default:
      return {ErrorKind::environment,
              fmt::format("cannot listen on port {} of {}: {}", port, shown, base::errno_text(number)),
              "name another address with --host or another port with --port"};
  }
}

}  // namespace

base::Result<Listening> listen_on(const std::string& host, int port) {
  addrinfo wanted{};
  wanted.ai_family = AF_UNSPEC;
  wanted.ai_socktype = SOCK_STREAM;
  wanted.ai_flags = AI_NUMERICSERV;
  const std::string name = base::ascii_lower(host) == "localhost" ? "127.0.0.1" : host;
  addrinfo* found = nullptr;
  const int code = ::getaddrinfo(name.c_str(), fmt::format("{}", port).c_str(), &wanted, &found);
  const std::unique_ptr<addrinfo, FreeInfo> owned(found);
  if (host.empty() || code != 0) {
    return base::fail(ErrorKind::usage,
                      fmt::format("--host: there is no address '{}'", base::printable(host)),
                      "name an address of this machine, or leave it out for this machine alone");
  }
  base::Descriptor socket(::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (socket.number() < 0) return tl::unexpected(refusal(host, port, errno));
  const int yes = 1;
  // Connections of a server that has just ended do not keep the next one from its port.
  ::setsockopt(socket.number(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  if (::bind(socket.number(), found->ai_addr, found->ai_addrlen) != 0 ||
      ::listen(socket.number(), kWaiting) != 0)
    return tl::unexpected(refusal(host, port, errno));
  sockaddr_storage bound{};
  socklen_t size = sizeof bound;
  if (::getsockname(socket.number(), reinterpret_cast<sockaddr*>(&bound), &size) != 0)
    return tl::unexpected(refusal(host, port, errno));
  return Listening{socket.take(), place_of(bound)};
}

std::string url(const std::string& address, int port) {
  const bool is_six = address.find(':') != std::string::npos;
  return is_six ? fmt::format("http://[{}]:{}/", address, port) : fmt::format("http://{}:{}/", address, port);
}

std::vector<std::string> reachable_addresses() {
  ifaddrs* all = nullptr;
  if (::getifaddrs(&all) != 0) return {};
  const std::unique_ptr<ifaddrs, FreeInterfaces> owned(all);
  std::vector<std::string> addresses;
  for (const ifaddrs* one = all; one != nullptr; one = one->ifa_next) {
    if (one->ifa_addr == nullptr || (one->ifa_flags & IFF_LOOPBACK) != 0 || (one->ifa_flags & IFF_UP) == 0)
      continue;
    const std::string text = text_of(one->ifa_addr);
    if (text.empty() || text.starts_with("fe80:") || text.starts_with("169.254.")) continue;
    if (std::ranges::find(addresses, text) == addresses.end()) addresses.push_back(text);
  }
  return addresses;
}

std::string local_address(int descriptor) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (::getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &size) != 0) return "";
  return place_of(address).address;
}

}  // namespace bantam::serve
