#include "engine/decode_code.hpp"

#include <gtest/gtest.h>

namespace bantam::engine {
namespace {

// The codes are those of llama.h (llama_decode).
TEST(DecodeCode, EveryCodeBut0IsAProblemOfItsOwn) {
  EXPECT_FALSE(decode_problem(0));
  EXPECT_EQ(decode_problem(1), "no free cells in the key-value cache");
  EXPECT_EQ(decode_problem(2), "computation was stopped");
  EXPECT_EQ(decode_problem(-1), "the engine refused a batch (code -1)");
  EXPECT_EQ(decode_problem(-2), "the engine could not compute a batch (code -2)");
  EXPECT_EQ(decode_problem(-3), "the engine could not compute a batch (code -3)");
  EXPECT_EQ(decode_problem(7), "the engine could not compute a batch (code 7)");
}

}  // namespace
}  // namespace bantam::engine
