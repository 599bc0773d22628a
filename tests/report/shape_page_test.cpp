#include "report/shape_page.hpp"

#include <gtest/gtest.h>

#include "base/files.hpp"

namespace bantam::report {
namespace {

TEST(shape_page, page_in_the_tree_is_the_rendered_one) {
  const auto page = base::read_file(BANTAM_SOURCE_DIR "/docs/shapes.md");
  ASSERT_TRUE(page);
  EXPECT_EQ(*page, shape_page(*shape::known_shapes())) << "run: bantam docs shapes > docs/shapes.md";
}

}  // namespace
}  // namespace bantam::report
