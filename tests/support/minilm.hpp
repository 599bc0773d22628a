#pragma once
// all-MiniLM-L6-v2 with F32 weights, made by minilm.py. A test that needs it is skipped, saying so, where it
// could not be made.

#include <filesystem>

#include <gtest/gtest.h>

namespace bantam::support {

inline std::filesystem::path minilm_path() {
  return BANTAM_MINILM;
}

}  // namespace bantam::support

#define SKIP_WITHOUT_MINILM()                                                         \
  if (!std::filesystem::exists(::bantam::support::minilm_path())) {                   \
    GTEST_SKIP() << "needs all-MiniLM-L6-v2: tests/support/minilm.py could not make " \
                 << ::bantam::support::minilm_path();                                 \
  }
