#pragma once
// The frozen run of lm-evaluation-harness 0.4.13 that tests compare with.

#include <map>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "base/text.hpp"
#include "support/oracle.hpp"
#include "task/library.hpp"

namespace bantam::evaluate {

inline constexpr const char* kOracle = "oracle/lm_eval/expected.jsonl";

struct Oracle {
  std::map<std::string, std::vector<base::Json>> items;  // by task, ascending doc_id
  std::map<std::string, base::Json> aggregates;          // by task or group
};

// `chosen` rows have the strings only, not what a model makes of them.
inline Oracle read_oracle(support::OracleRows rows = support::OracleRows::all) {
  Oracle oracle;
  for (base::Json& record : support::json_lines(support::oracle_folder(rows) / "lm_eval/expected.jsonl")) {
    const auto task = record["task"].get<std::string>();
    if (record["kind"] == "item") {
      oracle.items[task].push_back(std::move(record));
    } else {
      oracle.aggregates[task] = std::move(record);
    }
  }
  return oracle;
}

inline task::TaskLibrary oracle_library(support::OracleRows rows = support::OracleRows::all) {
  return *task::TaskLibrary::open({support::oracle_folder(rows) / "lm_eval/tasks"}, {});
}

}  // namespace bantam::evaluate
