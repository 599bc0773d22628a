#pragma once
// Several stores read as one: their records, and where a cell's items and trials lie.

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "analyze/scores.hpp"
#include "base/result.hpp"
#include "report/files.hpp"
#include "store/store.hpp"

namespace bantam::cli {

struct Stores {
  struct Place {
    store::Store* store = nullptr;
    std::string machine;  // its identity: a task's cell has one key on all machines
    std::string finished_at;
  };

  std::vector<std::unique_ptr<store::Store>> stores;
  std::vector<record::Record> records;
  std::map<std::string, std::vector<Place>> by_cell;

  // Of the cells of one machine, or of all. Of a cell that several stores hold, the one whose record was
  // finished last counts. Both outlive neither this nor its move.
  analyze::ScoreSource scores(const std::optional<std::string>& machine = {});
  report::TrialSource trials(const std::optional<std::string>& machine = {});

 private:
  store::Store* find(const std::string& key, const std::optional<std::string>& machine);
};

// Row by row, none of them held. Outlives neither the store nor its move.
analyze::ScoreSource scores_of(store::Store& store);

// Of the machine that a record is from; empty where it does not tell.
std::string machine_identity(const record::Record& record);

// Read-only. bad_input when no store holds a finished cell, unless they may be empty.
base::Result<Stores> open_stores(const std::vector<std::string>& paths, bool may_be_empty = false);

}  // namespace bantam::cli
