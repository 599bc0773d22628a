#pragma once
// Requests over sockets, for a few readers. Knows nothing of what is answered.

#include <functional>
#include <memory>
#include <string>

#include "base/result.hpp"
#include "serve/answer.hpp"
#include "serve/listen.hpp"

namespace bantam::serve {

// Called by several threads at once.
using Respond = std::function<Answer(const Request&)>;

class Server {
 public:
  // Connections are taken from now on, and wait. Errors as those of listen_on().
  static base::Result<Server> open(const std::string& host, int port);
  Server(Server&&) noexcept;
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  Server& operator=(Server&&) = delete;
  ~Server();

  const Place& place() const;
  // Answers, in six threads, until stop(). A connection has one request, of 16 KiB at most. It is given up
  // when the request is not there after 3 s, and a minute after it began.
  void start(Respond respond);
  // False when no connections are taken any more.
  bool is_running() const;
  // Requests that are being answered are given up.
  void stop();

 private:
  class Running;
  explicit Server(std::unique_ptr<Running> running);
  std::unique_ptr<Running> running_;
};

}  // namespace bantam::serve
