#include "http/url.hpp"

#include <gtest/gtest.h>

namespace bantam::http {
namespace {

TEST(Url, IsTakenApart) {
  const auto url = parse_url("HTTPS://Hub.Example:8443/a/b?c=d#e");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->scheme, "https");
  EXPECT_EQ(url->host, "hub.example");
  EXPECT_EQ(url->port, 8443);
  EXPECT_EQ(url->target, "/a/b?c=d");
  EXPECT_EQ(url->text(), "https://hub.example:8443/a/b?c=d");
  EXPECT_EQ(parse_url("https://hub.example")->text(), "https://hub.example/");
  EXPECT_EQ(parse_url("http://[::1]:80/x")->text(), "http://[::1]/x");
}

TEST(Url, IsShownWithoutItsQuery) {
  EXPECT_EQ(parse_url("https://cdn.example/f?Signature=abc")->shown(), "https://cdn.example/f");
}

TEST(Url, RefusesWhatTwoReadersCouldTakeForTwoHosts) {
  for (const char* text : {"", "hub.example", "file:///etc/passwd", "ftp://hub.example/", "https://",
                           "https://user@hub.example/", "https://a:b@hub.example/", "https://hub\\.example/",
                           "https://hub.example:0/", "https://hub.example:70000/", "https://hub.example:x/",
                           "https://hub example/", "https://hub.example/\r\nX: y", "https://[::1/",
                           "https://[hub]/", "https://hub%2eexample/", "https:///x"}) {
    EXPECT_FALSE(parse_url(text)) << text;
  }
}

TEST(Url, DoesNotQuoteAPassword) {
  EXPECT_EQ(parse_url("https://user:secret@hub.example/").error().message.find("secret"), std::string::npos);
}

TEST(Url, ResolvesLocations) {
  const Url base = *parse_url("https://hub.example/a/b?c=d");
  EXPECT_EQ(resolve(base, "https://cdn.example/x")->text(), "https://cdn.example/x");
  EXPECT_EQ(resolve(base, "//cdn.example/x")->text(), "https://cdn.example/x");
  EXPECT_EQ(resolve(base, "/x?y=https://z/")->text(), "https://hub.example/x?y=https://z/");
  EXPECT_EQ(resolve(base, "x")->text(), "https://hub.example/a/x");
  EXPECT_FALSE(resolve(base, ""));
  EXPECT_FALSE(resolve(base, "file:///etc/passwd"));
  EXPECT_FALSE(resolve(base, "javascript:alert(1)"));
}

TEST(Url, KnowsLoopback) {
  for (const char* host : {"localhost", "127.0.0.1", "127.8.9.1", "::1"})
    EXPECT_TRUE(is_loopback(host)) << host;
  for (const char* host : {"localhost.example", "128.0.0.1", "127.0.0.1.example", "::2"})
    EXPECT_FALSE(is_loopback(host)) << host;
}

TEST(Url, KnowsHostsThatNoHubHas) {
  for (const char* host : {"169.254.169.254", "0.0.0.0", "224.0.0.1", "255.255.255.255", "::", "fe80::1",
                           "ff02::1", "::ffff:169.254.169.254", "::ffff:a9fe:a9fe", "2852039166",
                           "0xa9fea9fe", "0251.0376.0251.0376", "169.254.43518", "127.1"}) {
    EXPECT_TRUE(is_forbidden_host(host)) << host;
  }
  for (const char* host :
       {"hub.example", "10.0.0.1", "127.0.0.1", "2001:db8::1", "1.example", "xn--hb-xka.example"})
    EXPECT_FALSE(is_forbidden_host(host)) << host;
}

TEST(Url, EncodesPaths) {
  EXPECT_EQ(percent_encoded_path("a b/ü?#%.gguf"), "a%20b/%C3%BC%3F%23%25.gguf");
}

}  // namespace
}  // namespace bantam::http
