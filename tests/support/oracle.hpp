#pragma once
// Frozen expected values of the reference packages. tests/data/oracle holds chosen rows, which every clone
// has;
// ../shared/oracle holds all. A suite of OracleTest runs on both, under the names `chosen` and `all`.

#include <filesystem>
#include <ostream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "support/shared.hpp"

namespace bantam::support {

enum class OracleRows { chosen, all };

inline std::ostream& operator<<(std::ostream& out, OracleRows rows) {
  return out << (rows == OracleRows::chosen ? "chosen" : "all");
}

inline std::filesystem::path oracle_folder(OracleRows rows) {
  return rows == OracleRows::all ? shared_folder() / "oracle"
                                 : std::filesystem::path(BANTAM_SOURCE_DIR) / "tests/data/oracle";
}

class OracleTest : public testing::TestWithParam<OracleRows> {
 protected:
  void SetUp() override {
    if (GetParam() == OracleRows::all) SKIP_WITHOUT_SHARED("oracle");
  }

  std::vector<base::Json> rows_of(const std::string& file) const { return json_lines(folder() / file); }
  base::Json object_of(const std::string& file) const { return json_file(folder() / file); }
  std::filesystem::path folder() const { return oracle_folder(GetParam()); }
  std::size_t count(std::size_t chosen, std::size_t all) const {
    return GetParam() == OracleRows::chosen ? chosen : all;
  }
};

}  // namespace bantam::support

#define ON_CHOSEN_AND_ALL_ROWS(suite)                                                             \
  INSTANTIATE_TEST_SUITE_P(                                                                       \
      Rows, suite,                                                                                \
      testing::Values(::bantam::support::OracleRows::chosen, ::bantam::support::OracleRows::all), \
      testing::PrintToStringParamName())
