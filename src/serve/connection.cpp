#include "serve/connection.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>

#include "serve/listen.hpp"

namespace bantam::serve {
namespace {

constexpr std::size_t kMostBytes = 16 << 10;  // of a request; there are none with content
constexpr auto kForRequest = std::chrono::seconds(3);
constexpr auto kForAll = std::chrono::seconds(60);
constexpr auto kForGoodbye = std::chrono::milliseconds(500);
constexpr std::size_t kMostAfterwards = 64 << 10;
constexpr int kBetweenGlances_ms = 100;  // at `is_stopping`

}  // namespace

Connection::Connection(int socket, const std::atomic<bool>& is_stopping)
    : socket_(socket), is_stopping_(is_stopping) {}

Connection::~Connection() {
  ::close(socket_);
}

bool Connection::wait_for(short event, Clock::time_point until) const {
  while (!is_stopping_) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - Clock::now()).count();
    if (left <= 0) return false;
    pollfd one{socket_, event, 0};
    const int ready = ::poll(&one, 1, static_cast<int>(std::min<std::int64_t>(left, kBetweenGlances_ms)));
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) return false;
  }
  return false;
}

bool Connection::is_readable() const {
  return at_ < filled_ || wait_for(POLLIN, begin_ + kForRequest);
}

bool Connection::is_writable() const {
  return wait_for(POLLOUT, begin_ + kForAll);
}

ssize_t Connection::read(char* to, std::size_t size) {
  if (at_ == filled_) {
    if (taken_ >= kMostBytes || !wait_for(POLLIN, begin_ + kForRequest)) return -1;
    const ssize_t count =
        ::recv(socket_, buffer_.data(), std::min(buffer_.size(), kMostBytes - taken_), MSG_DONTWAIT);
    if (count <= 0) return count;
    at_ = 0;
    filled_ = static_cast<std::size_t>(count);
    taken_ += filled_;
  }
  const std::size_t count = std::min(size, filled_ - at_);
  std::memcpy(to, buffer_.data() + at_, count);
  at_ += count;
  return static_cast<ssize_t>(count);
}

ssize_t Connection::write(const char* from, std::size_t size) {
  if (!is_writable()) return -1;
  return ::send(socket_, from, size, MSG_DONTWAIT | MSG_NOSIGNAL);
}

void Connection::get_remote_ip_and_port(std::string& ip, int& port) const {
  ip.clear();  // nobody asks
  port = 0;
}

void Connection::get_local_ip_and_port(std::string& ip, int& port) const {
  ip = local_address(socket_);
  port = 0;
}

void Connection::finish() {
  ::shutdown(socket_, SHUT_WR);
  const auto until = Clock::now() + kForGoodbye;
  std::size_t taken = 0;
  while (taken < kMostAfterwards && wait_for(POLLIN, until)) {
    const ssize_t count = ::recv(socket_, buffer_.data(), buffer_.size(), MSG_DONTWAIT);
    if (count <= 0) return;
    taken += static_cast<std::size_t>(count);
  }
}

}  // namespace bantam::serve
