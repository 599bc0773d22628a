#include "serve/server.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <semaphore>
#include <thread>
#include <utility>

#include "serve/connection.hpp"

namespace bantam::serve {
namespace {

constexpr std::size_t kThreads = 6;

// A few threads; while all are busy no further connection is taken.
class FewAtOnce final : public httplib::TaskQueue {
 public:
  FewAtOnce() : pool_(kThreads), free_(kThreads) {}
  void enqueue(std::function<void()> task) override {
    free_.acquire();
    pool_.enqueue([this, task = std::move(task)] {
      task();
      free_.release();
    });
  }
  void shutdown() override { pool_.shutdown(); }

 private:
  httplib::ThreadPool pool_;
  std::counting_semaphore<kThreads> free_;
};

std::string first_value(const httplib::Request& request, const char* header) {
  const auto found = request.headers.find(header);
  return found == request.headers.end() ? "" : found->second;
}

Request request_from(const httplib::Request& given) {
  Request request;
  request.method = given.method;
  request.path = given.path;
  for (const auto& [name, value] : given.params) request.query.emplace(name, value);
  const auto [first, last] = given.headers.equal_range("Host");
  for (auto header = first; header != last; ++header) request.hosts.push_back(header->second);
  request.authorization = first_value(given, "Authorization");
  request.cookie = first_value(given, "Cookie");
  request.if_none_match = first_value(given, "If-None-Match");
  const std::string length = first_value(given, "Content-Length");
  request.has_body = (!length.empty() && length != "0") || given.headers.contains("Transfer-Encoding");
  request.local_address = given.local_addr;
  return request;
}

void put(Answer answer, httplib::Response& response) {
  response.status = answer.status;
  for (const auto& [name, value] : answer.headers) response.headers.emplace(name, value);
  if (answer.body.empty()) return;
  response.body = std::move(answer.body);
  response.headers.emplace("Content-Type", answer.type);
}

}  // namespace

class Server::Running final : public httplib::Server {
 public:
  explicit Running(const Listening& listening) : place_(listening.place), listener_(listening.descriptor) {
    svr_sock_ = listener_;
    new_task_queue = [] { return new FewAtOnce; };
    httplib::Headers common;
    for (const auto& [name, value] : kCommonHeaders) common.emplace(name, value);
    set_default_headers(std::move(common));
    set_exception_handler([](const httplib::Request&, httplib::Response& response, std::exception_ptr) {
      response.status = 500;
    });
  }
  ~Running() override {
    end();
    if (is_open_) ::close(listener_);
  }

  void start(Respond respond) {
    set_pre_routing_handler(
        [respond = std::move(respond)](const httplib::Request& request, httplib::Response& response) {
          put(respond(request_from(request)), response);
          return HandlerResponse::Handled;
        });
    is_taking_ = true;
    thread_ = std::thread([this] {
      is_open_ = listen_after_bind();  // closes the socket when it fails
      is_taking_ = false;
    });
  }

  // Not stop(), which closes a socket that another thread may be using.
  void end() {
    is_stopping_ = true;
    svr_sock_ = INVALID_SOCKET;
    if (is_open_) ::shutdown(listener_, SHUT_RDWR);
    if (thread_.joinable()) thread_.join();
  }

  bool is_taking() const { return is_taking_; }
  const Place& place() const { return place_; }

 private:
  bool process_and_close_socket(socket_t socket) override {
    Connection connection(socket, is_stopping_);
    bool is_closed = false;
    const bool is_done = process_request(connection, true, is_closed, [](httplib::Request& request) {
      // No parts, and no compressing: it would take the time of what is measured beside.
      request.ranges.clear();
      request.headers.erase("Accept-Encoding");
      request.headers.erase("Expect");
    });
    connection.finish();
    return is_done;
  }

  const Place place_;
  const int listener_;
  std::atomic<bool> is_stopping_ = false;
  std::atomic<bool> is_taking_ = false;
  std::atomic<bool> is_open_ = true;
  std::thread thread_;
};

base::Result<Server> Server::open(const std::string& host, int port) {
  TRY_ASSIGN(const Listening listening, listen_on(host, port));
  return Server(std::make_unique<Running>(listening));
}

Server::Server(std::unique_ptr<Running> running) : running_(std::move(running)) {}
Server::Server(Server&&) noexcept = default;
Server::~Server() = default;

const Place& Server::place() const {
  return running_->place();
}

void Server::start(Respond respond) {
  running_->start(std::move(respond));
}

bool Server::is_running() const {
  return running_->is_taking();
}

void Server::stop() {
  running_->end();
}

}  // namespace bantam::serve
