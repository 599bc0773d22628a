#include "plan/rpc.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/json.hpp"
#include "plan/plan.hpp"

namespace bantam::plan {
namespace {

using ::testing::HasSubstr;

TEST(parse_rpc, takes_servers_between_commas) {
  const auto servers = parse_rpc("127.0.0.1:50052,board-2.local:1");
  ASSERT_TRUE(servers);
  ASSERT_EQ(servers->size(), 2U);
  EXPECT_EQ((*servers)[0].host, "127.0.0.1");
  EXPECT_EQ((*servers)[0].port, 50052);
  EXPECT_TRUE((*servers)[0].is_loopback);
  EXPECT_EQ((*servers)[1].text(), "board-2.local:1");
  EXPECT_FALSE((*servers)[1].is_loopback);
  EXPECT_TRUE(parse_rpc("localhost:65535")->front().is_loopback);
}

TEST(parse_rpc, refuses_what_names_no_server) {
  for (const char* text :
       {"", ",", "board", "board:", ":50052", "board:0", "board:65536", "board:50052x", "board:-1",
        "[::1]:50052", "http://board:50052", "board:1,board:1", "-x:1", "a b:1", "board:1;rm:2"}) {
    const auto servers = parse_rpc(text);
    ASSERT_FALSE(servers) << text;
    EXPECT_EQ(servers.error().kind, base::ErrorKind::usage) << text;
    EXPECT_THAT(servers.error().hint, HasSubstr("HOST:PORT")) << text;
  }
}

TEST(parse_rpc, takes_as_many_servers_as_the_engine) {
  std::string text;
  for (std::size_t i = 0; i < kMostRpcServers; ++i) text += "board:" + std::to_string(1 + i) + ",";
  EXPECT_TRUE(parse_rpc(text));
  EXPECT_FALSE(parse_rpc(text + "board:100"));
}

}  // namespace
}  // namespace bantam::plan
