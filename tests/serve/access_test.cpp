#include "serve/access.hpp"

#include <gtest/gtest.h>

#include <set>

namespace bantam::serve {
namespace {

const std::string kToken = "0123456789abcdef0123456789abcdef0123456789abcdef";

TEST(Host, IsTakenFromItsHeader) {
  EXPECT_EQ(host_in("localhost"), "localhost");
  EXPECT_EQ(host_in("LocalHost:8666"), "localhost");
  EXPECT_EQ(host_in("127.0.0.1:1"), "127.0.0.1");
  EXPECT_EQ(host_in("[::1]:8666"), "::1");
  EXPECT_EQ(host_in("[FE80::1]"), "fe80::1");
  for (const char* text : {"",
                           ":80",
                           "a b",
                           "a,b",
                           "host:",
                           "host:x",
                           "host:0",
                           "host:70000",
                           "host:+80",
                           "host:80:80",
                           "[::1",
                           "[host]",
                           "[]",
                           "[::1]x",
                           "[::1]:",
                           "user@localhost",
                           "localhost/x",
                           "http://localhost",
                           "::1",
                           "localhost\r\nX: y"}) {
    EXPECT_FALSE(host_in(text)) << text;
  }
}

TEST(Host, OfAnotherSiteIsNotUs) {
  const Access access{"", {"192.168.1.5", "board.local"}, false, 8666};
  for (const char* ours : {"localhost:8666", "127.0.0.1:8666", "[::1]:8666", "localhost:9000",
                           "192.168.1.5:8666", "Board.local"})
    EXPECT_TRUE(names_us(access, {ours}, "192.168.1.5")) << ours;
  for (const char* other :
       {"evil.example:8666", "127.0.0.1.evil.example", "localhost.evil.example", "192.168.1.6",
        "192.168.1.5.evil.example", "0.0.0.0:8666", "127.1", "2130706433", "localhost."}) {
    EXPECT_FALSE(names_us(access, {other}, "192.168.1.5")) << other;
  }
  EXPECT_FALSE(names_us(access, {}, "127.0.0.1")) << "no Host header";
  EXPECT_FALSE(names_us(access, {"localhost", "localhost"}, "127.0.0.1")) << "two of them";
}

TEST(Host, OfAServerOnAllAddressesIsTheOneThatWasReached) {
  const Access all{kToken, {"0.0.0.0"}, true, 8666};
  EXPECT_TRUE(names_us(all, {"192.168.1.5:8666"}, "192.168.1.5"));
  EXPECT_FALSE(names_us(all, {"192.168.1.6:8666"}, "192.168.1.5"));
  EXPECT_FALSE(names_us(all, {"evil.example"}, "192.168.1.5"));
  EXPECT_FALSE(names_us(all, {""}, "")) << "an address that cannot be told is none";
}

TEST(Token, IsNewEachTimeAndLong) {
  std::set<std::string> tokens;
  for (int i = 0; i < 16; ++i) {
    const auto token = new_token();
    ASSERT_TRUE(token);
    EXPECT_EQ(token->size(), 48U);
    EXPECT_EQ(token->find_first_not_of("0123456789abcdef"), std::string::npos);
    tokens.insert(*token);
  }
  EXPECT_EQ(tokens.size(), 16U);
}

TEST(Secrets, AreTheSameOrNot) {
  EXPECT_TRUE(is_same_secret(kToken, kToken));
  EXPECT_FALSE(is_same_secret("", kToken));
  EXPECT_FALSE(is_same_secret(kToken.substr(0, 47), kToken));
  EXPECT_FALSE(is_same_secret(kToken + "0", kToken));
  EXPECT_FALSE(is_same_secret("1" + kToken.substr(1), kToken));
}

TEST(Reading, NeedsTheTokenWhereThereIsOne) {
  const Access access{kToken, {}, false, 8666};
  EXPECT_FALSE(may_read(access, {}));
  EXPECT_TRUE(may_read(access, {"Bearer " + kToken, "", ""}));
  EXPECT_TRUE(may_read(access, {"bearer   " + kToken, "", ""}));
  EXPECT_TRUE(may_read(access, {"", "", kToken}));
  EXPECT_TRUE(may_read(access, {"", cookie(access), ""}));
  EXPECT_TRUE(may_read(access, {"", "theme=dark; " + cookie(access) + "; x=y", ""}));
  for (const Credentials& wrong :
       {Credentials{"Basic " + kToken, "", ""}, Credentials{"Bearer", "", ""}, Credentials{kToken, "", ""},
        Credentials{"Bearer " + kToken + "x", "", ""}, Credentials{"", "bantam_8666=" + kToken, ""},
        Credentials{"", "x" + cookie(access), ""}, Credentials{"", "bantam_8666=", ""},
        Credentials{"", "", kToken.substr(1)}}) {
    EXPECT_FALSE(may_read(access, wrong)) << wrong.authorization << wrong.cookie << wrong.token;
  }
  EXPECT_FALSE(may_read(access, {"", cookie({"another token of some length", {}, false, 8666}), ""}));
  EXPECT_FALSE(may_read(access, {"", cookie({kToken, {}, false, 8667}), ""})) << "another port's";
}

TEST(Reading, NeedsNothingWhereThereIsNoToken) {
  EXPECT_TRUE(may_read({"", {}, false, 8666}, {}));
  EXPECT_TRUE(may_read({"", {}, false, 8666}, {"Bearer whatever", "", "whatever"}));
}

TEST(Cookie, DoesNotHoldTheToken) {
  EXPECT_EQ(cookie({kToken, {}, false, 8666}).find(kToken), std::string::npos);
}

}  // namespace
}  // namespace bantam::serve
