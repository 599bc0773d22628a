#include "served/client.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <string>
#include <utility>

#include "served/times.hpp"
#include "support/raw_server.hpp"

namespace bantam::served {
namespace {

using base::ErrorKind;
using std::chrono::milliseconds;
using support::kStreamHead;
using support::page;
using support::RawConnection;
using support::RawServer;
using support::sse;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

const std::string kRole = sse(R"({"choices":[{"delta":{"role":"assistant","content":null}}]})");
const std::string kHi = sse(R"({"choices":[{"delta":{"content":"Hi"}}]})");
const std::string kYou = sse(R"({"choices":[{"delta":{"content":" you"}}]})");
const std::string kEnd = sse(R"({"choices":[{"delta":{},"finish_reason":"length"}]})");
const std::string kUsage = sse(R"({"choices":[],"usage":{"prompt_tokens":5,"completion_tokens":2}})");
const std::string kDone = sse("[DONE]");
const std::string kWhole = kStreamHead + kRole + kHi + kYou + kEnd + kUsage + kDone;

Request request() {
  return *request_for({.messages = {{"user", "Hello"}}, .max_tokens = 2}, ServerKind::unknown);
}

Answer ask(const RawServer& server, Patience patience = {}, Caps caps = {},
           std::optional<std::string> key = {}) {
  auto client = Client::make({server.address(), std::move(key), patience, caps});
  EXPECT_TRUE(client) << client.error().message;
  return client->ask(request());
}

Answer answer_to(const std::string& bytes, Caps caps = {}) {
  const RawServer server([&](const RawConnection& connection) { connection.send(bytes); });
  return ask(server, {}, caps);
}

std::string error_of(const std::string& bytes, Caps caps = {}) {
  const Answer answer = answer_to(bytes, caps);
  return answer.error ? answer.error->message : "none";
}

TEST(ServedClient, AnAnswerComesInParts) {
  const RawServer server([](const RawConnection& connection) {
    connection.send(kStreamHead + kRole);
    connection.wait(milliseconds(40));
    connection.send(kHi);
    connection.wait(milliseconds(40));
    connection.send(kYou + kEnd + kUsage + kDone);
  });
  const Answer answer = ask(server);
  EXPECT_FALSE(answer.error) << answer.error->message;
  EXPECT_EQ(answer.text, "Hi you");
  EXPECT_EQ(answer.output_tokens.value, 2);
  EXPECT_EQ(answer.prompt_tokens.value, 5);
  EXPECT_EQ(answer.finish, "length");
  EXPECT_TRUE(answer.warnings.empty());
  ASSERT_TRUE(answer.connect_s && ttft(answer).value_s && answer.first_byte_ns);
  EXPECT_GE(*ttft(answer).value_s, 0.040);  // not the role's time
  EXPECT_LE(*answer.first_byte_ns, *answer.first_output_ns);
}

TEST(ServedClient, ARequestIsSentOnceWithItsKeyInOneHeader) {
  const RawServer server([](const RawConnection& connection) { connection.send(kWhole); });
  EXPECT_FALSE(ask(server, {}, {}, "key-1234567890").error);
  ASSERT_EQ(server.requests().size(), 1U);
  const std::string sent = server.requests().front();
  EXPECT_TRUE(sent.starts_with("POST /v1/chat/completions HTTP/1.1\r\n")) << sent;
  EXPECT_THAT(sent, HasSubstr("\r\nAuthorization: Bearer key-1234567890\r\n"));
  EXPECT_THAT(sent, HasSubstr("\r\nContent-Type: application/json\r\n"));
  EXPECT_THAT(sent, HasSubstr("\r\nAccept-Encoding: identity\r\n"));
  EXPECT_THAT(sent, Not(HasSubstr("Expect:")));
  EXPECT_THAT(sent, EndsWith(base::to_text(request().body)));
}

TEST(ServedClient, TheAddressMayEndInV1) {
  const RawServer server([](const RawConnection& connection) { connection.send(kWhole); });
  for (const char* end : {"/v1", "/v1/", "/"})
    EXPECT_FALSE(Client::make({server.address() + end, {}})->ask(request()).error);
  for (const std::string& sent : server.requests())
    EXPECT_TRUE(sent.starts_with("POST /v1/chat/completions ")) << sent;
}

TEST(ServedClient, BytesMayComeOneByOne) {
  const RawServer server([](const RawConnection& connection) {
    connection.send_bytewise(kStreamHead + sse("{\"choices\":[{\"delta\":{\"content\":\"\xF0\x9F\"}}]}"));
    connection.send_bytewise(sse("{\"choices\":[{\"delta\":{\"content\":\"\x98\x80\"}}]}") + kEnd + kUsage +
                             kDone);
  });
  const Answer answer = ask(server);
  EXPECT_FALSE(answer.error);
  EXPECT_EQ(answer.text, "\xF0\x9F\x98\x80");
  EXPECT_EQ(answer.output_tokens.value, 2);
}

TEST(ServedClient, AStallEndsTheAnswer) {
  const RawServer server([](const RawConnection& connection) {
    connection.send(kStreamHead + kRole + kHi);
    connection.wait(milliseconds(20'000));
  });
  const Answer answer = ask(server, {.stall_s = 0.2});
  ASSERT_TRUE(answer.error);
  EXPECT_EQ(answer.error->message, server.address() + ": nothing more came within 200 ms");
  EXPECT_EQ(answer.error->kind, ErrorKind::environment);
  EXPECT_EQ(answer.text, "Hi");
  EXPECT_TRUE(ttft(answer).value_s);
  EXPECT_FALSE(answer.output_tokens.value);
}

TEST(ServedClient, NothingAtAllEndsTheAnswer) {
  const RawServer server([](const RawConnection& connection) { connection.wait(milliseconds(20'000)); });
  EXPECT_THAT(ask(server, {.first_byte_s = 0.2}).error->message, EndsWith("nothing came within 200 ms"));
  const RawServer pings([](const RawConnection& connection) {
    connection.send(kStreamHead);
    while (!connection.is_stopping() && connection.send(":\n\n")) connection.wait(milliseconds(20));
  });
  EXPECT_THAT(ask(pings, {.whole_s = 0.3}).error->message, EndsWith("the answer has no end after 300 ms"));
}

TEST(ServedClient, ABrokenConnectionIsAnError) {
  const RawServer server([](const RawConnection& connection) {
    connection.send(kStreamHead + kRole + kHi);
    connection.wait(milliseconds(100));
    connection.reset();
  });
  const Answer answer = ask(server);
  ASSERT_TRUE(answer.error);
  EXPECT_EQ(answer.error->kind, ErrorKind::environment);
  EXPECT_EQ(answer.text, "Hi");
  EXPECT_EQ(server.requests().size(), 1U);  // and is not tried again

  const Answer closed = answer_to(kStreamHead + kRole + kHi);
  EXPECT_THAT(closed.error->message, EndsWith("the server ended the answer before it was complete"));
  EXPECT_EQ(closed.text, "Hi");
  const Answer chunk = answer_to(
      "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\nFF\r\n" + kHi);
  EXPECT_TRUE(chunk.error);
  EXPECT_EQ(chunk.text, "Hi");
}

TEST(ServedClient, AServerThatHangsUpIsAskedOnce) {
  const RawServer server([](const RawConnection&) {});
  EXPECT_TRUE(ask(server).error);
  EXPECT_EQ(server.requests().size(), 1U);
}

TEST(ServedClient, NobodyListens) {
  std::string address;
  {
    const RawServer gone([](const RawConnection&) {});
    address = gone.address();
  }
  const Answer answer = Client::make({address, {}})->ask(request());
  ASSERT_TRUE(answer.error);
  EXPECT_EQ(answer.error->kind, ErrorKind::environment);
  EXPECT_FALSE(answer.connect_s);
}

TEST(ServedClient, OtherStatusesAreErrorsWithTheBeginningOfThePage) {
  EXPECT_THAT(
      error_of(page("429 Too Many Requests", "application/json", R"({"error":{"message":"slow down"}})")),
      EndsWith(R"(: the server answers 429: {"error":{"message":"slow down"}})"));
  EXPECT_THAT(
      error_of(page("500 Internal Server Error", "text/html", "<html>\n<body>\n  broken \x1b[31m</body>")),
      EndsWith(": the server answers 500: <html> <body> broken \\x1b[31m</body>"));
  const std::string longest =
      error_of(page("503 Service Unavailable", "text/plain", std::string(100'000, 'x')));
  EXPECT_THAT(longest, EndsWith(": the server answers 503: " + std::string(199, 'x') + "…"));
  EXPECT_EQ(answer_to(page("429 Too Many Requests", "text/plain", "")).error->hint,
            "it takes no more requests now: ask for fewer at once");
}

TEST(ServedClient, RedirectsAreNotFollowed) {
  const RawServer other([](const RawConnection& connection) { connection.send(kWhole); });
  const std::string to = "Location: " + other.address() + "/v1/chat/completions\r\n";
  EXPECT_THAT(error_of(page("307 Temporary Redirect", "text/plain", "", to)),
              EndsWith(": the server answers 307"));
  EXPECT_TRUE(other.requests().empty());
}

TEST(ServedClient, OtherPagesAreNoStream) {
  EXPECT_THAT(
      error_of(page("200 OK", "text/html", "<html>Welcome</html>")),
      EndsWith(": the server answers with text/html, not with a stream of events: <html>Welcome</html>"));
  EXPECT_THAT(error_of(page("200 OK", "application/json", R"({"choices":[{"message":{"content":"Hi"}}]})")),
              HasSubstr("the server answers with application/json, not with a stream of events"));
}

TEST(ServedClient, AnEchoedPromptComesAsAPage) {
  const std::string body = R"({"choices":[{"text":"Hi you","finish_reason":"length","logprobs":)"
                           R"({"tokens":["Hi"," you"],"token_logprobs":[null,-1.5],)"
                           R"("top_logprobs":[null,{" you":-1.5}]}}],)"
                           R"("usage":{"prompt_tokens":1,"completion_tokens":1}})";
  const auto asked =
      request_for({.prompt = "Hi", .max_tokens = 1, .logprobs = 1, .echo = true}, ServerKind::unknown);
  const auto told = [&](const std::string& bytes) {
    const RawServer server([&](const RawConnection& connection) { connection.send(bytes); });
    return Client::make({server.address()})->ask(*asked);
  };
  const Answer answer = told(page("200 OK", "application/json", body));
  ASSERT_FALSE(answer.error) << answer.error->message;
  ASSERT_EQ(answer.logprobs.size(), 2U);
  EXPECT_EQ(answer.logprobs[1].logprob, -1.5);
  EXPECT_TRUE(*answer.logprobs[1].is_greatest);
  EXPECT_TRUE(answer.warnings.empty());
  EXPECT_TRUE(told(page("200 OK", "text/html", "<html>")).error);
  EXPECT_TRUE(told(page("200 OK", "application/json", body.substr(0, 80))).error);
  const Answer busy = told(page("429 Too Many Requests", "application/json", "{}"));
  EXPECT_EQ(busy.refused_with, 429);
  EXPECT_THAT(busy.error->message, HasSubstr("429"));
}

TEST(ServedClient, WhatIsEncodedIsRefused) {
  EXPECT_THAT(
      error_of(
          "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Encoding: gzip\r\n\r\n\x1f\x8b\x08"),
      EndsWith("the server sent a body encoded as 'gzip', which was not asked for"));
  EXPECT_THAT(error_of(kStreamHead + "\x1f\x8b\x08\xff\xfe garbage \n\n\x01"),
              EndsWith("the answer has no event"));
  EXPECT_THAT(error_of(kStreamHead + kRole + sse("\x1f\x8b\x08")), HasSubstr("event 2: "));
}

TEST(ServedClient, WhatHasNoEndIsGivenUp) {
  const RawServer endless([](const RawConnection& connection) {
    connection.send(kStreamHead);
    while (!connection.is_stopping() && connection.send(kHi)) {
    }
  });
  EXPECT_THAT(ask(endless, {}, {.events = 100}).error->message,
              EndsWith("the answer has no end: more than 100 events"));
  EXPECT_THAT(ask(endless, {}, {.bytes = 100'000}).error->message,
              EndsWith("the answer has no end: more than 97.7 KiB"));
  const Answer giant = answer_to(kStreamHead + kHi + "data: " + std::string(5 << 20, 'x'));
  EXPECT_THAT(giant.error->message, EndsWith("the server sent a line of more than 4194304 bytes"));
  EXPECT_EQ(giant.error->kind, ErrorKind::integrity);
  EXPECT_EQ(giant.text, "Hi");
}

TEST(ServedClient, AnErrorInMidStreamIsTheServers) {
  const Answer answer =
      answer_to(kStreamHead + kRole + kHi + sse(R"({"error":{"message":"out of memory"}})"));
  EXPECT_THAT(answer.error->message, EndsWith("the server broke the answer off: out of memory"));
  EXPECT_EQ(answer.text, "Hi");
  EXPECT_THAT(error_of(kStreamHead + "event: error\ndata: too long\n\n"),
              EndsWith("broke the answer off: too long"));
}

TEST(ServedClient, AUsageThatLiesGivesNoCount) {
  const std::string two =
      sse(R"({"choices":[{"text":"ab","logprobs":{"content":[{"token":"a"},{"token":"b"}]}}]})");
  const Answer answer =
      answer_to(kStreamHead + two + kEnd + sse(R"({"choices":[],"usage":{"completion_tokens":1}})") + kDone);
  EXPECT_FALSE(answer.error);
  EXPECT_FALSE(answer.output_tokens.value);
  EXPECT_EQ(answer.output_tokens.reason,
            "the server contradicts itself: it counts 1 tokens and sent log-probabilities of 2");
}

TEST(ServedClient, ItCanBeStopped) {
  std::atomic<bool> is_stopped = false;
  const RawServer server([&](const RawConnection& connection) {
    connection.send(kStreamHead + kRole + kHi);
    connection.wait(milliseconds(100));
    is_stopped = true;
    connection.wait(milliseconds(20'000));
  });
  const Answer answer =
      Client::make({server.address(), {}})->ask(request(), [&] { return is_stopped.load(); });
  ASSERT_TRUE(answer.error);
  EXPECT_EQ(answer.error->kind, ErrorKind::interrupted);
  EXPECT_EQ(answer.text, "Hi");
}

TEST(ServedClient, AConnectionThatStaysOpenAfterTheEndIsNoStall) {
  const RawServer server([](const RawConnection& connection) {
    connection.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n" + kRole + kHi + kYou + kEnd +
                    kUsage + kDone);
    connection.wait(milliseconds(20'000));
  });
  const Answer answer = ask(server);
  EXPECT_FALSE(answer.error);
  EXPECT_EQ(answer.output_tokens.value, 2);
}

TEST(ServedClient, AKeyIsNotRepeated) {
  for (const std::string key : {"secret-key-0123456789", "k3y"}) {
    const RawServer server([&](const RawConnection& connection) {
      connection.send(
          page("401 Unauthorized", "text/plain", "no such key: " + key + " of " + connection.request));
    });
    const Answer answer = ask(server, {}, {}, key);
    ASSERT_TRUE(answer.error);
    EXPECT_THAT(answer.error->message, HasSubstr("the server answers 401: no such key"));
    EXPECT_THAT(answer.error->message, Not(HasSubstr(key)));
    EXPECT_EQ(answer.error->hint, "does the server want an API key, or another one?");
  }
}

TEST(ServedClient, WhereAKeyMayGo) {
  EXPECT_TRUE(Client::make({"https://example.org", "key"}));
  EXPECT_TRUE(Client::make({"http://localhost:8080", "key"}));
  const auto clear = Client::make({"http://192.168.1.7:8080", "key"});
  ASSERT_FALSE(clear);
  EXPECT_EQ(clear.error().message,
            "the API key for http://192.168.1.7:8080 would go over the network unencrypted");
  EXPECT_FALSE(Client::make({"https://example.org", "two words"}));
  EXPECT_FALSE(Client::make({"https://example.org", "line\nbreak"}));
  EXPECT_FALSE(Client::make({"https://example.org", ""}));
}

TEST(ServedClient, PlainHttpOverANetworkIsAWarning) {
  const auto client = Client::make({"http://192.168.1.7:8080", {}});
  ASSERT_TRUE(client);
  EXPECT_EQ(
      client->warnings(),
      std::vector<std::string>{
          "what is asked of http://192.168.1.7:8080 and answered goes over the network without encryption"});
  EXPECT_TRUE(Client::make({"http://127.0.0.1:8080", {}})->warnings().empty());
  EXPECT_TRUE(Client::make({"https://example.org", {}})->warnings().empty());
}

TEST(ServedClient, AddressesThatAreNoneAreRefused) {
  for (const char* address :
       {"", "ftp://a", "localhost:8080", "http://user@a", "http://a/?x=1", "http://a b"}) {
    const auto client = Client::make({address, {}});
    ASSERT_FALSE(client) << address;
    EXPECT_EQ(client.error().kind, ErrorKind::usage) << address;
  }
}

}  // namespace
}  // namespace bantam::served
