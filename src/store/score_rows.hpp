#pragma once
// The values that the items of a cell have of one metric, one after another: for cells of millions of items,
// of which none is held. Knows nothing of what is done with them.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.hpp"
#include "store/sqlite.hpp"

namespace bantam::store {

class ScoreRows {
 public:
  struct Row {
    std::string_view task;  // lives until the next call
    std::int64_t doc_id = 0;
    double value = 0.0;
  };
  // By task, then doc_id; items without the metric are passed over. Absent at the end. integrity for a row
  // that is not what was written.
  base::Result<std::optional<Row>> next();

 private:
  friend class Store;
  ScoreRows(const Database& database, Statement select, std::string cell_key, std::string metric)
      : database_(&database),
        select_(std::move(select)),
        cell_key_(std::move(cell_key)),
        metric_(std::move(metric)) {}

  const Database* database_;
  Statement select_;
  std::string cell_key_;
  std::string metric_;
};

// The value of a member of a flat JSON object, "acc" of {"acc":1.0,"f1":0.5}. Absent when there is no such
// member. bad_input when the text is no object of numbers.
base::Result<std::optional<double>> number_in(std::string_view object, std::string_view member);

}  // namespace bantam::store
