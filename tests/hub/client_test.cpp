#include "hub/client.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/fake_transport.hpp"

namespace bantam::hub {
namespace {

using base::ErrorKind;
using support::Answer;
using support::fake_client;
using support::FakeTransport;
using support::FakeWaiting;
using support::header_of;
using testing::ElementsAre;

constexpr std::uint64_t kCap = 1000;

class ClientTest : public testing::Test {
 protected:
  // Answers in turn; the last one again and again.
  std::shared_ptr<FakeTransport> answering(std::vector<Answer> answers) {
    return std::make_shared<FakeTransport>([answers, next = std::size_t{0}](const Exchange&) mutable {
      return answers[std::min(next++, answers.size() - 1)];
    });
  }
  base::Result<Client::Text> get(const std::shared_ptr<FakeTransport>& transport,
                                 std::optional<Token> token = std::nullopt) {
    Client client = fake_client(transport, waiting_, std::move(token));
    return client.get({*parse_url("https://hub.example/x"), false, {}, false}, kCap);
  }
  Answer redirect(const std::string& location) { return {302, {{"location", location}}, "moved", false}; }

  FakeWaiting waiting_;
};

TEST_F(ClientTest, AsksForPlainContent) {
  const auto transport = answering({{200, {}, "yes", false}});
  EXPECT_EQ(get(transport)->body, "yes");
  EXPECT_EQ(header_of(transport->asked[0], "Accept-Encoding"), "identity");
  EXPECT_EQ(header_of(transport->asked[0], "Authorization"), "");
}

TEST_F(ClientTest, RefusesEncodedContent) {
  const auto text = get(answering({{200, {{"content-encoding", "gzip"}}, "bomb", false}}));
  ASSERT_FALSE(text);
  EXPECT_EQ(text.error().kind, ErrorKind::integrity);
}

TEST_F(ClientTest, CapsTheBody) {
  const auto text = get(answering({{200, {}, std::string(kCap + 1, 'x'), false}}));
  ASSERT_FALSE(text);
  EXPECT_EQ(text.error().kind, ErrorKind::integrity);
  EXPECT_TRUE(get(answering({{200, {}, std::string(kCap, 'x'), false}})));
}

TEST_F(ClientTest, GivesTheTokenToTheHubAlone) {
  const auto transport = answering({redirect("/y"),
                                    redirect("https://cdn.example/z"),
                                    redirect("https://hub.example:444/"),
                                    {200, {}, "end", false}});
  EXPECT_EQ(get(transport, Token("hf_secret"))->body, "end");
  ASSERT_EQ(transport->asked.size(), 4u);
  EXPECT_EQ(header_of(transport->asked[0], "Authorization"), "Bearer hf_secret");
  EXPECT_EQ(header_of(transport->asked[1], "Authorization"), "Bearer hf_secret");
  EXPECT_EQ(header_of(transport->asked[2], "Authorization"), "");
  EXPECT_EQ(header_of(transport->asked[3], "Authorization"), "");
}

TEST_F(ClientTest, RefusesRedirectsThatLeadAstray) {
  for (const char* location :
       {"http://hub.example/x", "http://127.0.0.1/x", "https://127.0.0.1/x", "https://localhost/x",
        "https://169.254.169.254/latest", "https://2852039166/", "https://[fe80::1]/", "file:///etc/passwd",
        "ftp://cdn.example/", "https://user:secret@cdn.example/", ""}) {
    const auto transport = answering({redirect(location), {200, {}, "got it", false}});
    const auto text = get(transport);
    ASSERT_FALSE(text) << location;
    EXPECT_EQ(text.error().kind, ErrorKind::environment) << location;
    EXPECT_EQ(transport->asked.size(), 1u) << location;
    EXPECT_EQ(text.error().message.find("secret"), std::string::npos) << location;
  }
}

TEST_F(ClientTest, EndsCirclesOfRedirects) {
  const auto transport = answering({redirect("/x")});
  EXPECT_EQ(get(transport).error().kind, ErrorKind::environment);
  EXPECT_EQ(transport->asked.size(), 11u);
}

TEST_F(ClientTest, StopsBeforeAnotherHostWhenAsked) {
  const auto transport =
      answering({{302, {{"location", "https://cdn.example/"}, {"x-linked-size", "7"}}, "", false}});
  Client client = fake_client(transport, waiting_);
  const auto head = client.attempt({*parse_url("https://hub.example/x"), true, {}, true}, {});
  ASSERT_TRUE(head);
  EXPECT_EQ(head->header("x-linked-size"), "7");
  EXPECT_EQ(transport->asked.size(), 1u);
}

TEST_F(ClientTest, TriesTemporaryFailuresAgain) {
  const auto transport =
      answering({{500, {}, "", false}, {429, {}, "", false}, {200, {}, "x", true}, {200, {}, "yes", false}});
  EXPECT_EQ(get(transport)->body, "yes");
  EXPECT_THAT(*waiting_.slept_s, ElementsAre(0.5, 1.0, 2.0));
}

TEST_F(ClientTest, GivesUpAfterFiveAttempts) {
  const auto transport = answering({{503, {}, "", false}});
  const auto text = get(transport);
  EXPECT_EQ(text.error().kind, ErrorKind::environment);
  EXPECT_THAT(text.error().message, testing::HasSubstr("503"));
  EXPECT_EQ(transport->asked.size(), 5u);
  EXPECT_THAT(*waiting_.slept_s, ElementsAre(0.5, 1.0, 2.0, 4.0));
}

TEST_F(ClientTest, WaitsAsLongAsTheServerAsksWithinReason) {
  const auto transport = answering({{429, {{"retry-after", "7"}}, "", false},
                                    {429, {{"retry-after", "100000"}}, "", false},
                                    {429, {{"retry-after", "soon"}}, "", false},
                                    {200, {}, "yes", false}});
  EXPECT_EQ(get(transport)->body, "yes");
  EXPECT_THAT(*waiting_.slept_s, ElementsAre(7.0, 60.0, 2.0));
}

TEST_F(ClientTest, DoesNotRepeatWhatCannotChange) {
  for (const int status : {400, 401, 403, 404, 410}) {
    const auto transport = answering({{status, {}, "no", false}});
    const auto text = get(transport, Token("hf_secret"));
    ASSERT_FALSE(text);
    EXPECT_EQ(text.error().kind, ErrorKind::environment);
    EXPECT_EQ(transport->asked.size(), 1u);
    EXPECT_EQ((text.error().message + text.error().hint).find("secret"), std::string::npos);
  }
}

TEST_F(ClientTest, StopsBetweenAttempts) {
  *waiting_.stop = true;
  EXPECT_EQ(get(answering({{503, {}, "", false}})).error().kind, ErrorKind::interrupted);
}

TEST_F(ClientTest, TakesOnlyHubsThatCannotBeListenedTo) {
  const auto make = [&](const char* endpoint) {
    return Client::make(*parse_url(endpoint), std::nullopt, answering({{}}), waiting_.waiting());
  };
  EXPECT_TRUE(make("https://mirror.example/hub/"));
  EXPECT_EQ(make("https://mirror.example/hub/")->endpoint().target, "/hub");
  EXPECT_TRUE(make("http://127.0.0.1:8080"));
  EXPECT_TRUE(make("http://localhost:8080"));
  EXPECT_FALSE(make("http://mirror.example"));
  EXPECT_FALSE(make("https://169.254.169.254"));
}

TEST(Backoff, ShortensDelaysAtRandomByUpToAHalf) {
  FakeWaiting fake;
  Waiting waiting = fake.waiting();
  waiting.random = [] { return 0.999; };
  Backoff backoff(waiting, 8);
  while (backoff.wait(std::nullopt)) {
  }
  ASSERT_EQ(fake.slept_s->size(), 7u);
  EXPECT_NEAR(fake.slept_s->front(), 0.25, 0.01);
  EXPECT_NEAR(fake.slept_s->back(), 8.0, 0.1);
}

}  // namespace
}  // namespace bantam::hub
