#pragma once
// How users name servers of llama.cpp's RPC back-end. Knows nothing of whether they answer.

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace bantam::plan {

struct RpcServer {
  std::string host;  // a name or an IPv4 address
  int port = 0;
  bool is_loopback = false;  // this machine, or the end of a tunnel
  std::string text() const;  // "HOST:PORT"
};

inline constexpr std::size_t kMostRpcServers = 16;  // as llama.cpp has it

// "HOST:PORT", several between commas. usage for anything else, and for one that stands twice.
base::Result<std::vector<RpcServer>> parse_rpc(std::string_view text);

}  // namespace bantam::plan
