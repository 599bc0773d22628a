#include "engine/llama/rpc.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <memory>
#include <set>

#include "base/descriptor.hpp"
#include "ggml-backend.h"
#include "ggml-rpc.h"
#include "plan/rpc.hpp"

namespace bantam::engine {
namespace {

constexpr int kConnectMs = 5000;

using Addresses = std::unique_ptr<addrinfo, decltype(&freeaddrinfo)>;

// 0, or the error's number.
int connect_within(int socket, const addrinfo& address) {
  if (::connect(socket, address.ai_addr, address.ai_addrlen) == 0) return 0;
  if (errno != EINPROGRESS) return errno;
  pollfd waiting{socket, POLLOUT, 0};
  const int ready = ::poll(&waiting, 1, kConnectMs);
  if (ready < 0) return errno;
  if (ready == 0) return ETIMEDOUT;
  int error = 0;
  socklen_t length = sizeof(error);
  if (::getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &length) != 0) return errno;
  return error;
}

base::Status check_server(const plan::RpcServer& server) {
  const auto refused = [&server](std::string_view why) {
    return base::fail(
        base::ErrorKind::environment, fmt::format("--rpc {}: {}", server.text(), why),
        "start `bantam rpc-server` there, and lead its port here: ssh -L PORT:127.0.0.1:PORT HOST");
  };
  addrinfo wanted{};
  wanted.ai_family = AF_INET;
  wanted.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (const int code =
          ::getaddrinfo(server.host.c_str(), fmt::format("{}", server.port).c_str(), &wanted, &found);
      code != 0)
    return refused(::gai_strerror(code));
  const Addresses addresses(found, &freeaddrinfo);
  int error = ENOENT;
  for (const addrinfo* one = addresses.get(); one != nullptr; one = one->ai_next) {
    const base::Descriptor socket(
        ::socket(one->ai_family, one->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    error = socket ? connect_within(socket.number(), *one) : errno;
    if (error == 0) return {};
  }
  return refused(std::strerror(error));
}

}  // namespace

base::Status check_rpc(std::string_view servers) {
  TRY_ASSIGN(const auto all, plan::parse_rpc(servers));
  for (const plan::RpcServer& server : all) TRY(check_server(server));
  return {};
}

base::Status add_rpc_devices(std::string_view servers) {
  static std::set<std::string> known;
  TRY_ASSIGN(const auto all, plan::parse_rpc(servers));
  for (const plan::RpcServer& server : all) {
    if (known.contains(server.text())) continue;
    TRY(check_server(server));
    ggml_backend_reg_t devices = ggml_backend_rpc_add_server(server.text().c_str());
    if (devices == nullptr)
      return base::fail(base::ErrorKind::environment,
                        fmt::format("--rpc {}: it offers no device", server.text()));
    ggml_backend_register(devices);
    known.insert(server.text());
  }
  return {};
}

base::Status serve_rpc(int port, int threads) {
  ggml_backend_dev_t cpu = ggml_backend_dev_by_type(GGML_BACKEND_DEVICE_TYPE_CPU);
  ggml_backend_rpc_start_server(fmt::format("127.0.0.1:{}", port).c_str(), nullptr,
                                static_cast<std::size_t>(threads), 1, &cpu);
  return base::fail(base::ErrorKind::environment,
                    fmt::format("port {} of 127.0.0.1 cannot be listened on", port), "give another --port");
}

}  // namespace bantam::engine
