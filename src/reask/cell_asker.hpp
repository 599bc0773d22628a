#pragma once
// One accuracy cell: what is stored of it against what its model says now.

#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "job/interrupts.hpp"
#include "reask/ask_cells.hpp"
#include "reask/found_cell.hpp"
#include "reask/likeness.hpp"
#include "record/record.hpp"
#include "run/observer.hpp"
#include "task/subset.hpp"

namespace bantam::reask {

class CellAsker {
 public:
  // All must outlive it. Fills in `asked`, whose drawn items are there.
  CellAsker(const record::Record& record, const std::vector<record::Item>& items, FoundCell& found,
            job::Interrupts& interrupts, Asked& asked);

  // What would be asked, and how long it takes.
  void estimate();

  // Whether the items are those that the settings ask for. First of all; the errors of the data.
  base::Status check_items();
  // Each stored item's scores against its own answer. The errors of the data, and interrupted.
  base::Status score_again();
  // Asks the drawn items with all others of their batches. `engine`: with the kernels that work here. The
  // errors of the worker.
  base::Status ask(plan::EngineSettings engine, const run::Machine& machine,
                   const std::function<void(const run::Progress&)>& on_progress);

  // What is wrong, in words.
  std::vector<std::string> take_wrong() { return std::move(wrong_); }

 private:
  void compare_names(const std::set<record::ItemName>& wanted);
  void note_names(const std::vector<std::string>& names, std::string_view what);
  void note_wrong(const record::ItemName& name, const std::vector<std::string>& what);
  base::Status ask_stage(const task::Stage& stage, const std::set<record::ItemName>& names,
                         const std::function<void(const run::Progress&)>& on_progress);
  void judge();
  void judge(const record::ItemName& name, const Comparison& compared);

  const record::Record& record_;
  FoundCell& found_;
  job::Interrupts& interrupts_;
  Asked& asked_;
  bool is_imported_;
  std::map<record::ItemName, const record::Item*> stored_;
  std::vector<std::pair<task::Stage, std::set<record::ItemName>>> by_stage_;
  plan::EngineSettings engine_;
  Asking here_;
  std::vector<record::Item> answers_;
  std::map<std::string, Flips> flips_;
  std::vector<std::string> wrong_;
};

}  // namespace bantam::reask
