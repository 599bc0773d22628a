#include "report/suite_page.hpp"

#include <gtest/gtest.h>

#include "base/files.hpp"

namespace bantam::report {
namespace {

const std::filesystem::path kSource = BANTAM_SOURCE_DIR;

TEST(SuitePage, IsUpToDate) {
  const auto page = suite_page(*task::TaskLibrary::open({kSource / "tasks"}, {}));
  ASSERT_TRUE(page) << page.error().message;
  EXPECT_TRUE(base::read_file(kSource / "docs" / "suite.md").value_or("") == *page)
      << "write `bantam docs suite` to docs/suite.md";
}

}  // namespace
}  // namespace bantam::report
