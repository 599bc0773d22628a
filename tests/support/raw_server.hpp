#pragma once
// A server on a port of this machine that sends what a test says, byte for byte, right or wrong.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace bantam::support {

// One connection, after its request was read.
class RawConnection {
 public:
  RawConnection(int socket, std::string asked, const std::atomic<bool>& is_stopping)
      : request(std::move(asked)), socket_(socket), is_stopping_(is_stopping) {}

  // False when the other side is gone.
  bool send(std::string_view bytes) const {
    while (!bytes.empty()) {
      const ssize_t count = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (count <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
  }
  // Each byte by itself, so far as the system sends it so.
  void send_bytewise(std::string_view bytes) const {
    for (const char byte : bytes)
      if (!send(std::string_view(&byte, 1))) return;
  }
  // Until the time has passed, or the server ends.
  void wait(std::chrono::milliseconds time) const {
    const auto until = std::chrono::steady_clock::now() + time;
    while (!is_stopping_ && std::chrono::steady_clock::now() < until)
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  // Ends with a reset instead of a proper end.
  void reset() const {
    const linger at_once{1, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  }
  bool is_stopping() const { return is_stopping_; }

  const std::string request;  // head and body

 private:
  int socket_;
  const std::atomic<bool>& is_stopping_;
};

class RawServer {
 public:
  using Serve = std::function<void(const RawConnection&)>;

  // `serve` is called in a thread of its own for each connection, which closes when it returns.
  explicit RawServer(Serve serve) : serve_(std::move(serve)), socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    if (::bind(socket_, reinterpret_cast<const sockaddr*>(&at), sizeof at) != 0 ||
        ::listen(socket_, 128) != 0 || ::getsockname(socket_, reinterpret_cast<sockaddr*>(&at), &size) != 0) {
      std::abort();
    }
    port_ = ntohs(at.sin_port);
    thread_ = std::thread([this] { accept_all(); });
  }
  ~RawServer() {
    is_stopping_ = true;
    thread_.join();
    for (std::thread& one : connections_) one.join();
    ::close(socket_);
  }
  RawServer(const RawServer&) = delete;
  RawServer& operator=(const RawServer&) = delete;

  std::string address() const { return "http://127.0.0.1:" + std::to_string(port_); }
  // What was asked so far: head and body of each request.
  std::vector<std::string> requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
  }

 private:
  void accept_all() {
    while (!is_stopping_) {
      pollfd waiting{socket_, POLLIN, 0};
      if (::poll(&waiting, 1, 20) <= 0) continue;
      const int connection = ::accept(socket_, nullptr, nullptr);
      if (connection >= 0) connections_.emplace_back([this, connection] { serve_one(connection); });
    }
  }
  void serve_one(int connection) {
    const timeval longest{10, 0};
    ::setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &longest, sizeof longest);
    std::string request = read_request(connection);
    {
      const std::lock_guard lock(mutex_);
      requests_.push_back(request);
    }
    serve_(RawConnection(connection, std::move(request), is_stopping_));
    ::close(connection);
  }
  static std::string read_request(int connection) {
    std::string text;
    std::vector<char> bytes(65536);
    while (true) {
      const auto end = text.find("\r\n\r\n");
      if (end != std::string::npos && text.size() >= end + 4 + body_length(text)) return text;
      const ssize_t count = ::recv(connection, bytes.data(), bytes.size(), 0);
      if (count <= 0) return text;
      text.append(bytes.data(), static_cast<std::size_t>(count));
    }
  }
  static std::size_t body_length(const std::string& head) {
    const std::string name = "Content-Length: ";
    const auto at = head.find(name);
    return at == std::string::npos ? 0 : std::strtoul(head.c_str() + at + name.size(), nullptr, 10);
  }

  const Serve serve_;
  const int socket_;
  int port_ = 0;
  std::atomic<bool> is_stopping_ = false;
  mutable std::mutex mutex_;
  std::vector<std::string> requests_;
  std::vector<std::thread> connections_;  // of the accepting thread, until it has ended
  std::thread thread_;
};

// The head of a stream that ends with its connection, and an event of it.
inline const std::string kStreamHead =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n";
inline std::string sse(const std::string& data) {
  return "data: " + data + "\n\n";
}
// A whole page.
inline std::string page(const std::string& status, const std::string& type, const std::string& body,
                        const std::string& headers = "") {
  return "HTTP/1.1 " + status + "\r\nContent-Type: " + type +
         "\r\nContent-Length: " + std::to_string(body.size()) + "\r\nConnection: close\r\n" + headers +
         "\r\n" + body;
}

}  // namespace bantam::support
