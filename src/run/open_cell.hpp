#pragma once
// A cell while it is measured: one attempt, from its begin to one of finish(), fail() and skip(), or left
// open by an interrupt. The files are made where they are missing, workers are run part by part, and what
// they send is stored.

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "gguf/model_info.hpp"
#include "record/memory_line.hpp"
#include "record/record.hpp"
#include "run/answer_energy.hpp"
#include "run/cell.hpp"
#include "run/cell_kinds.hpp"
#include "run/power.hpp"
#include "run/schedule.hpp"

namespace bantam::run {

// Failure::kind of a cell for which the memory that there is was not enough: a result of its own.
inline constexpr std::string_view kDoesNotFit = "does_not_fit";

class OpenCell {
 public:
  // `context` must outlive it. Errors are the store's.
  static base::Result<OpenCell> begin(const CellContext& context);

  // Makes files and chooses kernels; once, before the first part. Errors are the cell's own, or interrupted.
  base::Status prepare();
  // Measures one part. Errors: storage, which is the store's; interrupted, with what was done so far kept;
  // else the cell's own.
  base::Status work(const Part& part);
  // What is left to be done after all parts. Errors as of work().
  base::Status complete();
  // From what is stored to the record's metrics. Errors are the store's.
  base::Status summarize();

  // The rounds of its blocks: set before the first part that is one.
  void join(std::string series) { series_ = std::move(series); }

  record::Record& record() { return record_; }
  // The stored record. Errors are the store's.
  base::Result<record::Record> finish();
  base::Result<record::Record> fail(const base::Error& error);
  base::Result<record::Record> skip(const std::string& reason);

 private:
  base::Status prepare_baseline();
  OpenCell(const CellContext& context, record::Record record);
  CellWork cell_work() const { return {*context_, files_, engine_, info_, baseline_engine_}; }
  const CellKindWork& kind() const { return run::cell_work(context_->cell.cell.kind); }

  bool measures_energy() const { return record::row(context_->cell.cell.kind).measures_energy; }
  // The plan measures energy, and the cell scores items: sensors are read meanwhile.
  bool answers_carry_energy() const;
  // Of a cell that does either: null for others.
  base::Result<std::unique_ptr<BlockPower>> begin_power() const;
  base::Status end_power(BlockPower& power, record::Block& block) const;
  base::Status end_answers(BlockPower& power, const AnswerEnergy& energy, const Answering& answering);
  base::Status idle(double seconds) const;
  base::Status keep_block(record::Block block, std::vector<record::MemoryPhase> phases,
                          const std::string& started_at, std::int64_t wall_ns);

  const CellContext* context_;
  record::Record record_;
  CellFiles files_;
  plan::EngineSettings engine_;
  std::optional<plan::EngineSettings> baseline_engine_;  // absent: as engine_
  gguf::ModelInfo info_;
  std::vector<FileIdentity> identities_;
  PartEnd end_;
  std::string series_;
  std::optional<record::BlockEnergy> answer_energy_;  // of all parts so far
  bool has_memory_line_ = false;                      // one of its blocks has one, as far as is known
};

}  // namespace bantam::run
