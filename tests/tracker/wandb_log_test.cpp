#include "tracker/wandb_log.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <tuple>
#include <vector>

namespace bantam::tracker {
namespace {

using namespace std::string_literals;
using testing::ElementsAre;

constexpr std::size_t kBlock = 32768;
constexpr std::size_t kHead = 7;  // of the file, and of a part

using Part = std::tuple<std::size_t, int, std::size_t>;  // where it begins, type, bytes

// Parts as a reader of LevelDB's format finds them: it skips less than seven bytes at the end of a block.
std::vector<Part> parts_of(const std::string& file) {
  std::vector<Part> parts;
  for (std::size_t at = kHead; at < file.size();) {
    if (kBlock - at % kBlock < kHead) {
      at += kBlock - at % kBlock;
      continue;
    }
    const auto byte = [&file](std::size_t i) { return static_cast<unsigned char>(file.at(i)); };
    const std::size_t length = byte(at + 4) + (std::size_t{byte(at + 5)} << 8);
    parts.emplace_back(at, byte(at + 6), length);
    at += kHead + length;
  }
  return parts;
}

// The checksum is zlib.crc32(b"\x01abc") = 0x539D20A9, as Python computes it.
TEST(WandbLog, BeginsWithItsHeadAndFramesARecord) {
  WandbLog log;
  EXPECT_EQ(log.bytes(), ":W&B\xe1\xbe\x00"s);
  log.add("abc");
  EXPECT_EQ(log.bytes().substr(kHead),
            "\xa9\x20\x9d\x53\x03\x00\x01"
            "abc"s);
}

TEST(WandbLog, ARecordThatFillsItsBlockIsWhole) {
  WandbLog log;
  log.add(std::string(kBlock - 2 * kHead, 'x'));
  log.add("y");
  EXPECT_THAT(parts_of(log.bytes()), ElementsAre(Part(kHead, 1, kBlock - 2 * kHead), Part(kBlock, 1, 1)));
}

TEST(WandbLog, ALongerOneGoesOnInTheNextBlocks) {
  WandbLog log;
  log.add(std::string(kBlock - 2 * kHead + 1, 'x'));
  log.add(std::string(2 * kBlock, 'y'));
  EXPECT_THAT(parts_of(log.bytes()),
              ElementsAre(Part(kHead, 2, kBlock - 2 * kHead), Part(kBlock, 4, 1),
                          Part(kBlock + 8, 2, kBlock - 8 - kHead), Part(2 * kBlock, 3, kBlock - kHead),
                          Part(3 * kBlock, 4, 2 * kBlock - (kBlock - 8 - kHead) - (kBlock - kHead))));
}

TEST(WandbLog, AnEndOfABlockThatHoldsAHeadAloneGetsAnEmptyPart) {
  WandbLog log;
  log.add(std::string(kBlock - 3 * kHead, 'x'));
  log.add("abc");
  EXPECT_THAT(parts_of(log.bytes()), ElementsAre(Part(kHead, 1, kBlock - 3 * kHead),
                                                 Part(kBlock - kHead, 2, 0), Part(kBlock, 4, 3)));
}

TEST(WandbLog, AnEndOfABlockWithoutRoomForAHeadIsZero) {
  for (std::size_t left = 1; left < kHead; ++left) {
    WandbLog log;
    log.add(std::string(kBlock - 2 * kHead - left, 'x'));
    log.add("abc");
    EXPECT_THAT(parts_of(log.bytes()),
                ElementsAre(Part(kHead, 1, kBlock - 2 * kHead - left), Part(kBlock, 1, 3)));
    EXPECT_EQ(log.bytes().substr(kBlock - left, left), std::string(left, '\0'));
  }
}

TEST(WandbLog, ARecordWithoutBytesIsOnePart) {
  WandbLog log;
  log.add("");
  EXPECT_THAT(parts_of(log.bytes()), ElementsAre(Part(kHead, 1, 0)));
}

}  // namespace
}  // namespace bantam::tracker
