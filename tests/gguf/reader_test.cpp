// What must happen with damaged and hostile files: an error that names the file and the cause, in no time.
#include "gguf/reader.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include "base/text.hpp"
#include "gguf/model_info.hpp"
#include "support/gguf_builder.hpp"
#include "support/temp_dir.hpp"

namespace bantam::gguf {
namespace {

using support::GgufBuilder;
using support::tiny_model;
using testing::HasSubstr;

// Inspects bytes as a file; the error if there is one.
std::optional<base::Error> refusal(const std::string& bytes) {
  const support::TempDir folder;
  const auto info = inspect(support::write_bytes(folder.path() / "m.gguf", bytes));
  if (info) return std::nullopt;
  EXPECT_EQ(info.error().kind, base::ErrorKind::bad_input);
  EXPECT_THAT(info.error().message, HasSubstr("m.gguf"));
  EXPECT_EQ(info.error().message.find('\n'), std::string::npos) << "more than one line";
  EXPECT_FALSE(info.error().hint.empty());
  return info.error();
}

#define EXPECT_REFUSED(bytes, cause)                         \
  do {                                                       \
    const auto error = refusal(bytes);                       \
    ASSERT_TRUE(error) << "accepted; expected: " << (cause); \
    EXPECT_THAT(error->message, HasSubstr(cause));           \
  } while (false)

TEST(Gguf, TheTinyModelOfTheseTestsIsFine) {
  EXPECT_FALSE(refusal(tiny_model().bytes()));
}

TEST(Gguf, EmptyAndShortFilesAreTooShort) {
  EXPECT_REFUSED("", "too short");
  EXPECT_REFUSED("GGU", "too short");
  EXPECT_REFUSED(tiny_model().bytes().substr(0, 23), "too short");
}

TEST(Gguf, NamesTheFormatThatItFoundInstead) {
  const std::string filler(64, ' ');
  EXPECT_REFUSED("FUGG" + filler, "swapped bytes");
  EXPECT_REFUSED(std::string("GGUF\0\0\0\3", 8) + filler, "big-endian");
  EXPECT_REFUSED(GgufBuilder::bytes_of(std::uint64_t{200}) + "{\"__metadata__\":" + filler, "safetensors");
  EXPECT_REFUSED("PK\x03\x04" + filler, "zip");
  EXPECT_REFUSED("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 5\n", "git LFS pointer");
  EXPECT_REFUSED("\n<!DOCTYPE html><html>" + filler, "web page");
  EXPECT_REFUSED("\x1F\x8B\x08" + filler, "gzip");
  EXPECT_REFUSED("hello, I am a letter from your aunt", "unknown format");
}

TEST(Gguf, OnlyVersions2And3AreRead) {
  for (const std::uint32_t version : {0u, 1u, 4u, 0x7FFFu}) {
    GgufBuilder gguf = tiny_model();
    gguf.version = version;
    EXPECT_REFUSED(gguf.bytes(), "version " + std::to_string(version));
  }
  GgufBuilder gguf = tiny_model();
  gguf.version = 2;
  EXPECT_FALSE(refusal(gguf.bytes()));
}

TEST(Gguf, AbsurdCountsCostNoMemory) {
  rusage before{};
  getrusage(RUSAGE_SELF, &before);
  for (const std::uint64_t count : {std::uint64_t{1} << 63, ~std::uint64_t{0}, std::uint64_t{1000}}) {
    GgufBuilder keys = tiny_model();
    keys.extra_keys = count - 14;
    EXPECT_REFUSED(keys.bytes(), "keys");
    GgufBuilder tensors = tiny_model();
    tensors.extra_tensors = count - 2;
    EXPECT_REFUSED(tensors.bytes(), "tensors");
  }
  rusage after{};
  getrusage(RUSAGE_SELF, &after);
  EXPECT_LT(after.ru_maxrss - before.ru_maxrss, 16 * 1024) << "KiB";
}

TEST(Gguf, KeysMustBeNamedOnceAndFitIntoTheFile) {
  const auto u64 = [](std::uint64_t value) { return GgufBuilder::bytes_of(value); };
  EXPECT_REFUSED(tiny_model().raw_key(u64(std::uint64_t{1} << 40) + "x").bytes(), "name of a key");
  EXPECT_REFUSED(tiny_model().u32("", 1).bytes(), "empty name");
  EXPECT_REFUSED(tiny_model().u32("a.b", 1).u32("a.b", 2).bytes(), "a.b is there twice");
  EXPECT_REFUSED(tiny_model().raw("s", 8, u64(1u << 30) + "short").bytes(), "string value");
  EXPECT_REFUSED(tiny_model().raw("t", 13, "").bytes(), "unknown type 13");
}

TEST(Gguf, ArraysAreCheckedBeforeTheyAreRead) {
  const auto array = [](std::uint32_t type, std::uint64_t count) {
    return GgufBuilder::bytes_of(type) + GgufBuilder::bytes_of(count);
  };
  EXPECT_REFUSED(tiny_model().raw("strings", 9, array(8, std::uint64_t{1} << 31)).bytes(), "strings");
  EXPECT_REFUSED(tiny_model().raw("numbers", 9, array(10, std::uint64_t{1} << 61)).bytes(), "elements");
  EXPECT_REFUSED(tiny_model().raw("nested", 9, array(9, 1) + array(4, 0)).bytes(), "array of arrays");
}

TEST(Gguf, AlignmentMustBeASmallPowerOfTwo) {
  for (const std::uint32_t alignment : {0u, 3u, 1u << 31}) {
    EXPECT_REFUSED(tiny_model().u32("general.alignment", alignment).bytes(), "general.alignment");
  }
  EXPECT_REFUSED(tiny_model().u64("general.alignment", 32).bytes(), "not of type uint32");
  GgufBuilder wide;
  wide.alignment = 4096;
  wide.text("general.architecture", "llama").u32("general.alignment", 4096);
  wide.tensor("a.weight", 0, {32, 2}, 256).tensor("b.weight", 0, {32}, 128);
  EXPECT_FALSE(refusal(wide.bytes()));
}

TEST(Gguf, ShapesMustNotOverflow) {
  const std::uint64_t big = std::uint64_t{1} << 32;
  EXPECT_REFUSED(tiny_model().tensor("t", 0, {big, big, 2, 1}, 0).bytes(), "impossible shape");
  EXPECT_REFUSED(tiny_model().tensor("t", 0, {std::uint64_t{1} << 62}, 0).bytes(), "impossible size");
  EXPECT_REFUSED(tiny_model().tensor("t", 0, {0, 4}, 0).bytes(), "impossible shape");
  EXPECT_REFUSED(tiny_model().tensor("t", 0, {1, 1, 1, 1, 1}, 4).bytes(), "5 dimensions");
  EXPECT_REFUSED(tiny_model().tensor("t", 12, {100, 2}, 0).bytes(), "not a multiple of 256");
  EXPECT_REFUSED(tiny_model().tensor("t", 99, {32}, 0).bytes(), "unknown type 99");
  EXPECT_REFUSED(tiny_model().tensor("t", 4, {32}, 0).bytes(), "unknown type 4");
}

TEST(Gguf, TensorsMustBeNamedOnceAndFollowEachOther) {
  EXPECT_REFUSED(tiny_model().tensor("output_norm.weight", 0, {32}, 128).bytes(),
                 "output_norm.weight is there twice");
  EXPECT_REFUSED(tiny_model().tensor("t", 0, {32}, 128, -32).bytes(), "overlaps");
  EXPECT_REFUSED(tiny_model().tensor("t", 0, {32}, 128, 1 << 20).bytes(), "away from");
  EXPECT_REFUSED(tiny_model().tensor(std::string(64, 'n'), 0, {32}, 128).bytes(), "name of a tensor");
}

TEST(Gguf, ATruncatedFileSaysHowMuchIsThere) {
  GgufBuilder gguf = tiny_model();
  gguf.tensor("blk.0.ffn_up.weight", 0, {1024, 100}, 409600);
  const std::string whole = gguf.bytes();
  const std::size_t data = whole.size() - gguf.head().size();
  for (const std::size_t percent : {10u, 50u, 99u}) {
    const std::size_t kept = gguf.head().size() + data * percent / 100;
    EXPECT_REFUSED(whole.substr(0, kept),
                   std::to_string(kept) + " of " + std::to_string(whole.size()) + " bytes");
  }
  // Every cut in the description is refused as well.
  support::MemoryFile file;
  for (std::size_t kept = 0; kept < gguf.head().size() - 32; ++kept) {
    EXPECT_FALSE(inspect(file.holding(whole.substr(0, kept)))) << kept;
  }
}

TEST(Gguf, PaddingAfterTheLastTensorMayBeMissing) {
  GgufBuilder gguf = tiny_model();
  gguf.tensor("t", 0, {1}, 4);  // 4 bytes, padded to 32
  const std::string whole = gguf.bytes();
  EXPECT_FALSE(refusal(whole.substr(0, whole.size() - 28)));
  EXPECT_REFUSED(whole.substr(0, whole.size() - 29), "cut off");
}

TEST(Gguf, TokensMustDiffer) {
  GgufBuilder gguf;
  gguf.text("general.architecture", "llama").texts("tokenizer.ggml.tokens", {"a", "b", "", "", "b"});
  gguf.tensor("token_embd.weight", 1, {32, 5}, 320);
  EXPECT_REFUSED(gguf.bytes(), "tokens 1 and 4 are equal ('b')");
}

TEST(Gguf, TokensThatDifferOnlyAfterANulByteAreEqualToTheEngine) {
  using namespace std::string_literals;
  GgufBuilder gguf;
  gguf.text("general.architecture", "llama").texts("tokenizer.ggml.tokens", {"a\0x"s, "b", "a\0y"s});
  gguf.tensor("token_embd.weight", 1, {32, 3}, 192);
  EXPECT_REFUSED(gguf.bytes(), "tokens 0 and 2 are equal ('a')");
}

TEST(Gguf, TokenTablesMustCoverTheVocabulary) {
  GgufBuilder rows;
  rows.text("general.architecture", "llama").texts("tokenizer.ggml.tokens", {"a", "b", "c"});
  rows.tensor("token_embd.weight", 1, {32, 4}, 256);
  EXPECT_REFUSED(rows.bytes(), "3 tokens, but the embedding has 4 rows");
  EXPECT_REFUSED(tiny_model().u32s("tokenizer.ggml.token_type", {1, 1, 1}).bytes(), "3 entries for 4 tokens");
}

TEST(Gguf, FilesThatAreNoCompleteModelAreRefused) {
  GgufBuilder nameless;
  nameless.tensor("t", 0, {32}, 128);
  EXPECT_REFUSED(nameless.bytes(), "architecture");
  GgufBuilder empty;
  EXPECT_REFUSED(empty.text("general.architecture", "llama").bytes(), "no weights");
  EXPECT_REFUSED(tiny_model().text("general.type", "adapter").bytes(), "LoRA");
  EXPECT_REFUSED(tiny_model().text("general.type", "mmproj").bytes(), "projector");
  EXPECT_REFUSED(tiny_model().text("general.type", "imatrix").bytes(), "importance matrix");
}

// Any single changed byte gives a model or an error, within bounds; sanitizer builds watch the reads.
TEST(Gguf, NoSingleByteBreaksTheReader) {
  support::MemoryFile file;
  const std::string whole = tiny_model().bytes();
  for (std::size_t at = 0; at < tiny_model().head().size(); ++at) {
    for (const int value : {0x00, 0x01, 0x7F, 0x80, 0xFF}) {
      std::string bytes = whole;
      bytes[at] = static_cast<char>(value);
      const auto info = inspect(file.holding(bytes));
      if (!info) {
        EXPECT_EQ(info.error().kind, base::ErrorKind::bad_input);
      }
    }
  }
}

TEST(Gguf, RandomDamageGivesAModelThatFitsOrAnError) {
  support::MemoryFile file;
  std::mt19937 random(1);
  const std::string whole = tiny_model().bytes();
  for (int i = 0; i < 3000; ++i) {
    const std::string bytes = support::mutated(whole, tiny_model().head().size(), random);
    const auto info = inspect(file.holding(bytes));
    if (info) {
      EXPECT_LE(static_cast<std::size_t>(info->weight_bytes), bytes.size());
      EXPECT_GT(info->parameters, 0);
    }
  }
}

TEST(Gguf, KeepsTheStartOfArraysAndAllTokens) {
  GgufBuilder gguf;
  std::vector<std::string> tokens;
  for (int i = 0; i < 1000; ++i) tokens.push_back(fmt::format("t{}", i));
  std::vector<std::uint32_t> numbers(2000, 7);
  gguf.text("general.architecture", "llama").texts("tokenizer.ggml.tokens", tokens).u32s("many", numbers);
  gguf.u32("after", 5);
  const support::TempDir folder;
  const auto content = read_gguf(support::write_bytes(folder.path() / "m.gguf", gguf.bytes()));
  ASSERT_TRUE(content) << content.error().message;
  EXPECT_EQ(content->tokens, tokens);
  EXPECT_EQ(content->find_key("many")->count, 2000u);
  EXPECT_EQ(content->find_key("many")->value.size(), kPreview);
  EXPECT_EQ(content->find_key("after")->value.get<int>(), 5);
}

}  // namespace
}  // namespace bantam::gguf
