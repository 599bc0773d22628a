#include "exchange/lm_eval_kept.hpp"

#include <algorithm>

#include "record/sections.hpp"

namespace bantam::exchange {

using base::Json;
using record::Record;

KeptFiles::KeptFiles(const std::vector<const Record*>& records) {
  for (const Record* record : records) {
    if (auto origin = record::imported(*record)) files_[record] = std::move(origin->content);
  }
}

const Json* KeptFiles::of(const Record& record) const {
  const auto found = files_.find(&record);
  return found == files_.end() ? nullptr : &found->second;
}

void add_kept(const Json& file, const std::string& name, Json& json, Tables& tables) {
  for (const char* table : {"results", "groups", "group_subtasks", "n-samples"}) {
    if (const Json& entry = base::child_at(base::child_at(file, table), name); !entry.is_null())
      json[table][name] = entry;
  }
  const auto keep = [&](const char* table, std::map<std::string, Json>& entries) {
    const Json& all = base::child_at(file, table);
    if (all.is_object() && all.contains(name)) entries[name] = all[name];
  };
  keep("versions", tables.versions);
  keep("n-shot", tables.shots);
  keep("higher_is_better", tables.directions);
}

void add_kept_run(const Json& file, Json& json) {
  if (!file.is_object()) return;
  for (const auto& [key, value] : file.items()) {
    if (key != kConfigs && std::ranges::find(kResultTables, key) == kResultTables.end()) json[key] = value;
  }
}

}  // namespace bantam::exchange
