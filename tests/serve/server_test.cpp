#include "serve/server.hpp"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace bantam::serve {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

// One connection to a port of this machine.
class Client {
 public:
  explicit Client(int port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    const timeval longest{30, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &longest, sizeof longest);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(static_cast<std::uint16_t>(port));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    is_connected_ = ::connect(socket_, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0;
  }
  ~Client() { ::close(socket_); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  bool is_connected() const { return is_connected_; }
  void send(const std::string& text) const {
    std::size_t done = 0;
    while (done < text.size()) {
      const ssize_t count = ::send(socket_, text.data() + done, text.size() - done, MSG_NOSIGNAL);
      if (count <= 0) return;
      done += static_cast<std::size_t>(count);
    }
  }
  // All that comes until the other side ends.
  std::string receive() const {
    std::string all;
    std::vector<char> bytes(65536);
    while (true) {
      const ssize_t count = ::recv(socket_, bytes.data(), bytes.size(), 0);
      if (count <= 0) return all;
      all.append(bytes.data(), static_cast<std::size_t>(count));
    }
  }

 private:
  int socket_;
  bool is_connected_ = false;
};

class ServerTest : public testing::Test {
 protected:
  ServerTest() : server_(Server::open("127.0.0.1", 0).value()) {
    server_.start([this](const Request& request) {
      const std::lock_guard lock(mutex_);
      requests_.push_back(request);
      return Answer{200, "text/plain", content_, {{"X-Test", "yes"}}};
    });
  }

  std::string exchange(const std::string& text) {
    const Client client(server_.place().port);
    client.send(text);
    return client.receive();
  }
  std::string get(const std::string& target, const std::string& headers = "") {
    return exchange("GET " + target + " HTTP/1.1\r\nHost: localhost\r\n" + headers + "\r\n");
  }
  bool still_answers() { return get("/").starts_with("HTTP/1.1 200"); }

  std::mutex mutex_;
  std::vector<Request> requests_;
  std::string content_ = "content";
  Server server_;
};

TEST_F(ServerTest, HandsOverWhatWasAskedForAndGivesOutTheAnswer) {
  const std::string answer =
      get("/charts/a%20b.svg?theme=dark&token=a%2Bb&theme=light",
          "Authorization: Bearer xyz\r\nCookie: a=b; c=d\r\nIf-None-Match: \"tag\"\r\n");
  ASSERT_EQ(requests_.size(), 1U);
  const Request& request = requests_.front();
  EXPECT_EQ(request.method, "GET");
  EXPECT_EQ(request.path, "/charts/a b.svg");
  EXPECT_EQ(request.query.at("theme"), "dark");
  EXPECT_EQ(request.query.at("token"), "a+b");
  EXPECT_EQ(request.hosts, std::vector<std::string>{"localhost"});
  EXPECT_EQ(request.authorization, "Bearer xyz");
  EXPECT_EQ(request.cookie, "a=b; c=d");
  EXPECT_EQ(request.if_none_match, "\"tag\"");
  EXPECT_EQ(request.local_address, "127.0.0.1");
  EXPECT_FALSE(request.has_body);

  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(answer, HasSubstr("Content-Type: text/plain\r\n"));
  EXPECT_THAT(answer, HasSubstr("X-Test: yes\r\n"));
  EXPECT_TRUE(answer.ends_with("\r\n\r\ncontent")) << answer;
}

TEST_F(ServerTest, EveryAnswerHasTheCommonHeadersOnce) {
  for (const std::string& answer : {get("/"), exchange("nonsense\r\n\r\n")}) {
    for (const auto& [name, value] : kCommonHeaders) {
      const std::string line = "\r\n" + std::string(name) + ": " + std::string(value) + "\r\n";
      EXPECT_THAT(answer, HasSubstr(line));
      EXPECT_EQ(answer.find("\r\n" + std::string(name) + ":"),
                answer.rfind("\r\n" + std::string(name) + ":"));
    }
    EXPECT_THAT(answer, HasSubstr("\r\nConnection: close\r\n"));
  }
}

TEST_F(ServerTest, HeadHasTheHeadersAlone) {
  const std::string answer = exchange("HEAD / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_THAT(answer, HasSubstr("Content-Length: 7\r\n"));
  EXPECT_TRUE(answer.ends_with("\r\n\r\n"));
}

TEST_F(ServerTest, SendsAllOfALargeAnswerAsItIs) {
  content_ = std::string(3'000'000, 'x');
  const std::string answer = get("/", "Accept-Encoding: gzip, deflate, br\r\nRange: bytes=0-9\r\n");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_EQ(answer.size() - answer.find("\r\n\r\n") - 4, content_.size());
  EXPECT_EQ(answer.find("Content-Encoding"), std::string::npos);
}

TEST_F(ServerTest, BothHostsOfARequestAreSeen) {
  get("/", "Host: evil.example\r\n");
  EXPECT_EQ(requests_.front().hosts, (std::vector<std::string>{"localhost", "evil.example"}));
}

TEST_F(ServerTest, ContentIsNoticedAndNotRead) {
  const std::string answer = exchange(
      "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1048576\r\n\r\n" + std::string(20'000, 'x'));
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200"));
  exchange("GET / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n");
  exchange("GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n");
  ASSERT_EQ(requests_.size(), 3U);
  EXPECT_TRUE(requests_[0].has_body);
  EXPECT_TRUE(requests_[1].has_body);
  EXPECT_FALSE(requests_[2].has_body);
}

TEST_F(ServerTest, ASecondRequestOfAConnectionIsNotAnswered) {
  exchange("GET /a HTTP/1.1\r\nHost: localhost\r\n\r\nGET /b HTTP/1.1\r\nHost: localhost\r\n\r\n");
  ASSERT_EQ(requests_.size(), 1U);
  EXPECT_EQ(requests_.front().path, "/a");
}

TEST_F(ServerTest, WhatIsTooLongIsRefused) {
  const std::string many = [] {
    std::string lines;
    for (int i = 0; i < 1000; ++i) lines += "X-" + std::to_string(i) + ": 0123456789012345\r\n";
    return lines;
  }();
  EXPECT_THAT(get("/", many), Not(StartsWith("HTTP/1.1 200")));
  EXPECT_THAT(get("/", "X: " + std::string(12'000, 'x') + "\r\n"), Not(StartsWith("HTTP/1.1 200")));
  EXPECT_THAT(get("/" + std::string(12'000, 'x')), Not(StartsWith("HTTP/1.1 200")));
  EXPECT_THAT(get("/" + std::string(200'000, 'x')), Not(StartsWith("HTTP/1.1 200")));
  EXPECT_TRUE(requests_.empty());
  EXPECT_TRUE(still_answers());
}

TEST_F(ServerTest, WhatIsNoRequestIsRefused) {
  std::string ranges = "Range: bytes=0-0";
  for (int i = 0; i < 1900; ++i) ranges += ",0-0";
  get("/", ranges + "\r\n");
  for (const std::string& text :
       {std::string("\r\n\r\n"), std::string("GET\r\n\r\n"), std::string("GET / HTTP/9.9\r\n\r\n"),
        std::string("BREW / HTTP/1.1\r\n\r\n"),
        std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\r\n\r\n", 13), std::string(300, '\0') + "\r\n\r\n",
        std::string("GET /%00%zz%u12 HTTP/1.1\r\nHost: localhost\r\nRange: bytes=9-1\r\n\r\n")}) {
    EXPECT_THAT(exchange(text), Not(StartsWith("HTTP/1.1 200"))) << text;
  }
  EXPECT_TRUE(still_answers());
}

TEST_F(ServerTest, ReadersThatSayNothingDoNotKeepOthersOutForLong) {
  std::vector<std::unique_ptr<Client>> silent;
  for (int i = 0; i < 8; ++i) silent.push_back(std::make_unique<Client>(server_.place().port));
  EXPECT_TRUE(still_answers());
}

TEST_F(ServerTest, EndsWhileAReaderSaysNothing) {
  const Client silent(server_.place().port);
  EXPECT_TRUE(still_answers());
  EXPECT_TRUE(server_.is_running());
  server_.stop();
  EXPECT_FALSE(server_.is_running());
  EXPECT_EQ(silent.receive(), "");
  EXPECT_EQ(get("/"), "");
}

TEST(Listen, SaysWhereItIs) {
  const Server server = Server::open("localhost", 0).value();
  EXPECT_EQ(server.place().address, "127.0.0.1");
  EXPECT_GT(server.place().port, 0);
  EXPECT_TRUE(server.place().is_loopback);
  EXPECT_FALSE(server.place().is_any);
  const Server all = Server::open("0.0.0.0", 0).value();
  EXPECT_FALSE(all.place().is_loopback);
  EXPECT_TRUE(all.place().is_any);
}

TEST(Listen, APortInUseIsAnErrorOfTheEnvironmentThatNamesIt) {
  const Server first = Server::open("127.0.0.1", 0).value();
  const int port = first.place().port;
  const auto second = Server::open("127.0.0.1", port);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind, base::ErrorKind::environment);
  EXPECT_EQ(second.error().message, "port " + std::to_string(port) + " of 127.0.0.1 is in use");
  EXPECT_THAT(second.error().hint, HasSubstr("--port"));
}

TEST(Listen, APortIsFreeAgainAfterItsServer) {
  int port = 0;
  {
    Server server = Server::open("127.0.0.1", 0).value();
    port = server.place().port;
    server.start([](const Request&) { return Answer{200, "text/plain", "x", {}}; });
    const Client client(port);
    client.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    EXPECT_THAT(client.receive(), HasSubstr("200 OK"));
  }
  EXPECT_TRUE(Server::open("127.0.0.1", port));
}

TEST(Listen, OtherAddressesThanOursAreUsageErrors) {
  for (const char* host : {"", "192.0.2.1"}) {
    const auto server = Server::open(host, 0);
    ASSERT_FALSE(server) << host;
    EXPECT_EQ(server.error().kind, base::ErrorKind::usage) << host;
  }
}

TEST(Listen, AddressesAreWrittenAsBrowsersTakeThem) {
  EXPECT_EQ(url("127.0.0.1", 8666), "http://127.0.0.1:8666/");
  EXPECT_EQ(url("::1", 80), "http://[::1]:80/");
}

}  // namespace
}  // namespace bantam::serve
