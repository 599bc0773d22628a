#pragma once
// What the cells of each kind run and how their records come about: one row per kind, beside its row in
// record/cell_kind.hpp. A new kind is a row in both.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "base/result.hpp"
#include "evaluate/task_scores.hpp"
#include "gguf/model_info.hpp"
#include "job/jobs.hpp"
#include "measure/memory.hpp"
#include "run/cell.hpp"
#include "run/outlook.hpp"
#include "run/schedule.hpp"

namespace bantam::run {

// A cell that is being measured.
struct CellWork {
  const CellContext& context;
  const CellFiles& files;              // made
  const plan::EngineSettings& engine;  // with the kernels that work
  const gguf::ModelInfo& info;         // of files.model
  // Of the model that answers are compared with; absent: as `engine`.
  const std::optional<plan::EngineSettings>& baseline_engine;
};

// What the worker of the last part left beside trials and items.
struct PartEnd {
  base::Json answer;  // job/jobs.hpp
  measure::PrivateMemory memory;
};

// Functions may be null where a kind has nothing to do. Status errors are the cell's, but for storage, which
// is the store's, and interrupted.
struct CellKindWork {
  record::CellKind kind;
  // Why this cell cannot be measured here; absent when it can.
  std::optional<std::string> (*obstacle)(const Inputs&, const PreparedCell&);
  // What determines the result beside files, settings, engine and device.
  void (*add_to_key)(const Inputs&, const PreparedCell&, base::Json& key);
  // Before the first part.
  base::Status (*begin)(const CellWork&, record::Record&);
  // The job of one part; `done` are the items that are stored already.
  base::Json (*job)(const CellWork&, const Part&, record::DoneItems done);
  void (*after_part)(const PartEnd&, record::Record&);
  // After all parts, before the summary.
  base::Status (*complete)(const CellWork&, record::Record&);
  // Metrics, absences, warnings and outcome, from what is stored.
  base::Status (*summarize)(const CellWork&, const PartEnd&, record::Record&);
  // What is finished when a run is stopped: "the current batch of items". Null where nothing is measured.
  const char* step;
  // How long the cell takes at most, by what is known, in seconds; null, or absent, where nobody can tell.
  std::optional<double> (*estimate_s)(const plan::Plan&, const Inputs&, const PreparedCell&,
                                      const CellOutlook&);
  // Why a model behind a server cannot be measured so; null where it can.
  const char* not_served = nullptr;
  // Compares answers: with those of a base that is named, and of a model with an adapter, at the base
  // precision, with those of the model without it.
  bool compares_answers = false;
};

const CellKindWork& cell_work(record::CellKind kind);

// Has an embedding model compare the stored answers of an accuracy cell (evaluate/encoder_metrics.hpp), where
// its task asks for it and the plan names one. integrity when the model's file changed meanwhile.
base::Status compare_answers(const CellWork& work, record::Record& record);

// Runs code of the tasks on answers that are stored nowhere: gives the items their values, and what it adds
// up, by task.
base::Result<std::map<std::string, evaluate::CodeScores>> run_task_code(const task::Selection& selection,
                                                                        std::vector<record::Item>& items,
                                                                        job::Interrupts& interrupts);

// Runs code of the tasks on the stored answers (evaluate/code_scores.hpp), whose items get their values.
base::Status add_code_values(const CellWork& work, record::Record& record);
// What code of the tasks adds up from them, by task; empty where there is none.
base::Result<std::map<std::string, evaluate::CodeScores>> code_scores(const CellWork& work,
                                                                      const std::vector<record::Item>& items);

}  // namespace bantam::run
