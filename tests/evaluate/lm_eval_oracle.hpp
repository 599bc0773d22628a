#pragma once
// The frozen run of lm-evaluation-harness 0.4.13 that tests compare with.

#include <map>
#include <string>
#include <vector>

#include "base/files.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "support/shared.hpp"
#include "task/library.hpp"

namespace bantam::evaluate {

inline constexpr const char* kOracle = "oracle/lm_eval/expected.jsonl";

struct Oracle {
  std::map<std::string, std::vector<base::Json>> items;  // by task, ascending doc_id
  std::map<std::string, base::Json> aggregates;          // by task or group
};

inline Oracle read_oracle() {
  Oracle oracle;
  const auto text = base::read_file(support::shared_folder() / kOracle);
  for (const std::string& line : base::split(*text, '\n')) {
    if (line.empty()) continue;
    base::Json record = *base::parse_json(line, kOracle);
    const auto task = record["task"].get<std::string>();
    if (record["kind"] == "item") {
      oracle.items[task].push_back(std::move(record));
    } else {
      oracle.aggregates[task] = std::move(record);
    }
  }
  return oracle;
}

inline task::TaskLibrary oracle_library() {
  return *task::TaskLibrary::open({support::shared_folder() / "oracle/lm_eval/tasks"}, {});
}

}  // namespace bantam::evaluate
