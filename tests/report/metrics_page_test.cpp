#include "report/metrics_page.hpp"

#include <gtest/gtest.h>

#include "base/files.hpp"

namespace bantam::report {
namespace {

TEST(metrics_page, page_in_the_tree_is_the_rendered_one) {
  const auto page = base::read_file(std::filesystem::path(BANTAM_SOURCE_DIR) / "docs" / "metrics.md");
  ASSERT_TRUE(page) << page.error().message;
  EXPECT_TRUE(*page == metrics_page()) << "write metrics_page() to docs/metrics.md";
}

}  // namespace
}  // namespace bantam::report
