#pragma once
// One connection as the HTTP library reads and writes it, with limits on bytes and time that the library has
// not. With server.cpp the only place that knows the library.

#include <httplib.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <string>

namespace bantam::serve {

class Connection final : public httplib::Stream {
 public:
  // Closes the socket when it ends. `is_stopping`: gives up soon after it has become true.
  Connection(int socket, const std::atomic<bool>& is_stopping);
  ~Connection() override;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  bool is_readable() const override;
  bool is_writable() const override;
  ssize_t read(char* to, std::size_t size) override;
  ssize_t write(const char* from, std::size_t size) override;
  void get_remote_ip_and_port(std::string& ip, int& port) const override;
  void get_local_ip_and_port(std::string& ip, int& port) const override;
  socket_t socket() const override { return socket_; }

  // Says that nothing more comes, and takes in what the other side still sends, so that it can read the
  // answer.
  void finish();

 private:
  using Clock = std::chrono::steady_clock;
  // False after the time, and when the server stops.
  bool wait_for(short event, Clock::time_point until) const;

  const int socket_;
  const std::atomic<bool>& is_stopping_;
  const Clock::time_point begin_ = Clock::now();
  std::array<char, 4096> buffer_{};
  std::size_t at_ = 0;
  std::size_t filled_ = 0;
  std::size_t taken_ = 0;  // bytes so far
};

}  // namespace bantam::serve
