#pragma once
// One cell from start to record: the file made where it is missing, the worker run, what it sends stored, the
// raw trials or items summarized.

#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "measure/memory.hpp"
#include "record/record.hpp"
#include "run/cell.hpp"
#include "task/subset.hpp"

namespace bantam::run {

// A part of an accuracy cell's items; by default all of them.
struct CellPart {
  task::Stage stage = {};
  std::int64_t items_before = 0;  // of the cell's other parts, computed already
};

// A cell at work: one attempt, from its begin to one of finish(), fail() and skip(), or left open by an
// interrupt. Errors are the store's; what goes wrong inside the cell is an Ended.
class OpenCell {
 public:
  // `run` must outlive it.
  static base::Result<OpenCell> begin(const CellRun& run);

  // Makes files, chooses kernels and tries the chat template; once, before the work.
  Ended prepare();
  // Runs the worker. Once, or once for each part.
  base::Result<Ended> work(const CellPart& part = {});
  // Has an embedding model compare the answers, where the task asks for it; after all parts.
  base::Result<Ended> compare();
  // From what the worker left in the store to the record's metrics.
  base::Status summarize();

  record::Record& record() { return record_; }
  // The stored record.
  base::Result<record::Record> finish();
  base::Result<record::Record> fail(const Ended& ended);
  base::Result<record::Record> skip(const std::string& reason);

 private:
  OpenCell(const CellRun& run, record::Record record);

  const CellRun* run_;
  record::Record record_;
  CellFiles files_;
  plan::EngineSettings engine_;
  gguf::ModelInfo info_;
  std::vector<FileIdentity> identities_;
  measure::PrivateMemory memory_;
  base::Json result_;  // the worker's last message
};

// The stored record; absent when an interrupt came first, with what was done so far kept. Errors are the
// store's.
base::Result<std::optional<record::Record>> run_cell(const CellRun& run);

}  // namespace bantam::run
