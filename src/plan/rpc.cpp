#include "plan/rpc.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <optional>

#include "base/text.hpp"

namespace bantam::plan {
namespace {

constexpr std::size_t kLongestHost = 253;  // of a name in the DNS
constexpr int kHighestPort = 65'535;

bool is_host_letter(char letter) {
  const bool is_word = (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
                       (letter >= '0' && letter <= '9');
  return is_word || letter == '.' || letter == '-';
}

std::optional<RpcServer> server_from(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string::npos) return std::nullopt;
  RpcServer server;
  server.host = text.substr(0, colon);
  const bool is_host = !server.host.empty() && server.host.size() <= kLongestHost &&
                       server.host.front() != '-' && std::ranges::all_of(server.host, is_host_letter);
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data() + colon + 1, end, server.port);
  if (!is_host || error != std::errc() || rest != end || server.port < 1 || server.port > kHighestPort)
    return std::nullopt;
  server.is_loopback = server.host == "localhost" || server.host.starts_with("127.");
  return server;
}

}  // namespace

std::string RpcServer::text() const {
  return fmt::format("{}:{}", host, port);
}

base::Result<std::vector<RpcServer>> parse_rpc(std::string_view text) {
  const auto refused = [&text](std::string_view why) {
    return base::fail(base::ErrorKind::usage, fmt::format("--rpc '{}': {}", base::printable(text), why),
                      "give HOST:PORT of a server, several between commas, e.g. 127.0.0.1:50052");
  };
  std::vector<RpcServer> servers;
  for (const std::string& one : base::split_list(std::string(text))) {
    auto server = server_from(one);
    if (!server) return refused(fmt::format("'{}' is no HOST:PORT", base::printable(one)));
    if (std::ranges::find(servers, server->text(), &RpcServer::text) != servers.end())
      return refused(fmt::format("{} stands twice", server->text()));
    servers.push_back(*std::move(server));
  }
  if (servers.empty()) return refused("it names no server");
  if (servers.size() > kMostRpcServers)
    return refused(fmt::format("there are more than {}", kMostRpcServers));
  return servers;
}

}  // namespace bantam::plan
