#pragma once
// One chart of some data, for tests.

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "base/json.hpp"
#include "chart/drawings.hpp"

namespace bantam::chart {

// An empty drawing, and a failed expectation, where it cannot be drawn.
inline Drawing draw(const base::Json& data, const std::string& chart, const char* theme = "light") {
  auto drawings = Drawings::open(data);
  EXPECT_TRUE(drawings) << (drawings ? "" : drawings.error().message);
  if (!drawings) return {};
  auto drawing = drawings->draw(chart, theme);
  EXPECT_TRUE(drawing) << chart << ": " << (drawing ? "" : drawing.error().message);
  return drawing ? *std::move(drawing) : Drawing{};
}

}  // namespace bantam::chart
