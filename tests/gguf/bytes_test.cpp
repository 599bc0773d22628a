// Heads of files that lie elsewhere: how much is fetched of them, and what happens when the other side lies.
#include "gguf/bytes.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gguf/model_info.hpp"
#include "gguf/split.hpp"
#include "support/gguf_builder.hpp"
#include "support/temp_dir.hpp"

namespace bantam::gguf {
namespace {

using testing::HasSubstr;

constexpr std::uint64_t kKiB = 1024;

// A server that holds one file and counts what it gives.
struct Server {
  std::string content;
  std::uint64_t claimed = content.size();
  std::uint64_t given = 0;
  int requests = 0;

  RemoteHead head() {
    return {"hf:user/repo:m.gguf", claimed, [this](std::uint64_t offset, std::uint64_t count) {
              ++requests;
              const std::string part =
                  offset < content.size() ? content.substr(offset, count) : std::string();
              given += part.size();
              return base::Result<std::string>(part);
            }};
  }
};

// A model with `tokens` tokens and 4 MB of weights.
std::string large_model(int tokens) {
  std::vector<std::string> texts;
  for (int i = 0; i < tokens; ++i) texts.push_back("token" + std::to_string(i));
  support::GgufBuilder gguf;
  gguf.text("general.architecture", "llama")
      .u32("llama.block_count", 1)
      .texts("tokenizer.ggml.tokens", texts);
  gguf.tensor("blk.0.ffn_up.weight", 0, {1024, 1024}, 4096 * kKiB);
  return gguf.bytes();
}

TEST(RemoteHead, FetchesNoMoreThanTheDescriptionNeeds) {
  Server server{large_model(1000)};
  RemoteHead head = server.head();
  const auto content = read_gguf(head);
  ASSERT_TRUE(content) << content.error().message;
  EXPECT_EQ(content->tensors.size(), 1U);
  EXPECT_EQ(server.requests, 1);
  EXPECT_EQ(server.given, 256 * kKiB);
  EXPECT_EQ(head.fetched(), server.content.substr(0, 256 * kKiB));
}

TEST(RemoteHead, ALargeVocabularyTakesFewRequests) {
  Server server{large_model(60'000)};
  RemoteHead head = server.head();
  const auto content = read_gguf(head);
  ASSERT_TRUE(content) << content.error().message;
  EXPECT_EQ(content->tokens.size(), 60'000U);
  EXPECT_LE(server.requests, 4);
  EXPECT_LT(server.given, 2 * content->data_offset + 256 * kKiB);
}

TEST(RemoteHead, GivesTheSameDescriptionAsTheFile) {
  Server server{large_model(1000)};
  const support::TempDir folder;
  const auto file = support::write_bytes(folder.path() / "m.gguf", server.content);
  RemoteHead head = server.head();
  const auto content = read_model(std::vector<ByteSource*>{&head});
  ASSERT_TRUE(content);
  EXPECT_EQ(to_json(inspect(*content, "m").value()), to_json(inspect(file).value()));
}

TEST(RemoteHead, AFileThatIsShorterThanItsWeightsIsCutOff) {
  Server server{large_model(10)};
  server.claimed = server.content.size() - 1000;
  RemoteHead head = server.head();
  const auto content = read_gguf(head);
  ASSERT_FALSE(content);
  EXPECT_THAT(content.error().message, HasSubstr("is cut off"));
  EXPECT_THAT(content.error().message, HasSubstr("hf:user/repo:m.gguf"));
}

TEST(RemoteHead, AServerThatGivesNothingIsAnError) {
  Server server{large_model(10)};
  server.content.resize(100);
  RemoteHead head = server.head();
  const auto content = read_gguf(head);
  ASSERT_FALSE(content);
  EXPECT_EQ(content.error().kind, base::ErrorKind::integrity);
}

TEST(RemoteHead, AnEndlessDescriptionIsGivenUp) {
  // The first key's value claims 8192 strings; their lengths stay within bounds, and so it goes on.
  Server server;
  const std::uint64_t step = 16u << 10;
  server.claimed = std::uint64_t{1} << 40;
  support::GgufBuilder gguf;
  gguf.raw(
      "strings", 9,
      support::GgufBuilder::bytes_of(std::uint32_t{8}) + support::GgufBuilder::bytes_of(std::uint64_t{8192}));
  std::string bytes = gguf.head();
  bytes.resize(bytes.find("strings") + 7 + 4 + 4 + 8);
  bytes[8] = 1;  // a tensor would follow
  const std::string length = support::GgufBuilder::bytes_of(step - 8);
  RemoteHead head("hf:user/repo:m.gguf", server.claimed, [&](std::uint64_t offset, std::uint64_t count) {
    std::string part(count, '\0');
    for (std::uint64_t i = 0; i < count; ++i) {
      const std::uint64_t at = offset + i;
      if (at < bytes.size())
        part[i] = bytes[at];
      else if ((at - bytes.size()) % step < 8)
        part[i] = length[(at - bytes.size()) % step];
    }
    return base::Result<std::string>(part);
  });
  const auto content = read_gguf(head);
  ASSERT_FALSE(content);
  EXPECT_THAT(content.error().message, HasSubstr("longer than 64 MiB"));
}

TEST(HeadInMemory, ReadsAsTheWholeFile) {
  const support::GgufBuilder gguf = support::tiny_model();
  HeadInMemory file("tiny", gguf.head(), gguf.bytes().size());
  const auto content = read_gguf(file);
  ASSERT_TRUE(content) << content.error().message;
  EXPECT_EQ(content->tensors.size(), 2U);
  HeadInMemory cut("tiny", gguf.head(), gguf.bytes().size() - 1000);
  EXPECT_FALSE(read_gguf(cut));
}

}  // namespace
}  // namespace bantam::gguf
