#include "engine/llama/file_pieces.hpp"

#include <gtest/gtest.h>

#include "support/gguf_builder.hpp"
#include "support/temp_dir.hpp"

namespace bantam::engine {
namespace {

constexpr std::int64_t kTensor = 64 << 10;

// Tensors a, b and c of 64 KiB, which begin after 64, 128 and 192 KiB.
std::filesystem::path three_tensors(const support::TempDir& folder) {
  support::GgufBuilder file;
  file.alignment = kTensor;
  file.u32("general.alignment", kTensor);
  for (const char* name : {"a", "b", "c"}) file.tensor(name, 0, {kTensor / 4}, kTensor);
  return support::write_bytes(folder.path() / "three.gguf", file.bytes());
}

TEST(FilePieces, CountWholeForWhatTheyHold) {
  const support::TempDir folder;
  const auto file = three_tensors(folder);
  EXPECT_EQ(bytes_in_pieces(file, {"a", "c"}, 1), 2 * kTensor);
  EXPECT_EQ(bytes_in_pieces(file, {"a", "c"}, kTensor), 2 * kTensor);
  EXPECT_EQ(bytes_in_pieces(file, {"a"}, 2 * kTensor), 2 * kTensor);
  EXPECT_EQ(bytes_in_pieces(file, {"b", "c"}, 2 * kTensor), 2 * kTensor);  // the same piece
  EXPECT_EQ(bytes_in_pieces(file, {"a", "c"}, 2 * kTensor), 4 * kTensor);
  EXPECT_EQ(bytes_in_pieces(file, {"no such tensor"}, kTensor), 0);
}

TEST(FilePieces, OfAFileThatIsNoModelAreAnError) {
  const support::TempDir folder;
  const auto bytes = bytes_in_pieces(folder.path() / "none.gguf", {"a"}, 1);
  ASSERT_FALSE(bytes);
  EXPECT_EQ(bytes.error().kind, base::ErrorKind::bad_input);
}

}  // namespace
}  // namespace bantam::engine
