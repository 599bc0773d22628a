#pragma once
// The files that a plan names, found and checked before any work: models, tasks with their data, texts. Data
// that lies on the hub is fetched, or said to be missing.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "engine/program_link.hpp"
#include "measure/bottleneck.hpp"
#include "model/locate.hpp"
#include "plan/plan.hpp"
#include "plan/similarity_base.hpp"
#include "run/contest.hpp"
#include "served/server_facts.hpp"
#include "task/library.hpp"

namespace bantam::run {

struct Power;

// What the work of a cell is made of and how fast this machine is at it: told by predictions, of which a run
// knows nothing. Measures what is not known of the machine yet.
using TellWork = std::function<base::Result<measure::WorkFacts>(const plan::Plan&, const plan::Cell&)>;

struct TaskInput {
  std::string fingerprint;  // of the task files and their data
  std::int64_t items = 0;   // after the limit
  // Data that is not here yet; only where nothing was to be fetched. The items of files that nobody has read
  // are not in `items`.
  int fetch_sources = 0;
  std::int64_t fetch_rows = 0;
  std::uint64_t fetch_bytes = 0;
  task::Selection selection;  // its checked tasks, which know their numbers of rows where the data is here
  std::optional<StagedItems> staged;  // for a plan that stops decided cells; absent while data is not here
  bool needs_encoder = false;         // a metric of it compares answers by an embedding model
  std::optional<std::string> not_classified;  // why a model that only has a classification head cannot do it
};

// A model that others are compared with, and who has it.
struct BaseModel {
  plan::SimilarityBase named;
  model::Source source;
  std::optional<engine::ProgramFacts> program;  // absent: the engine in this program
};

// The files that a plan names, found and checked.
struct Inputs {
  std::vector<model::Source> sources;           // one per model of the plan
  std::map<std::string, TaskInput> tasks;       // by the plan's task names
  std::vector<std::string> text_sha256;         // of each source's fidelity text, where the plan asks for it
  std::map<std::string, model::Source> drafts;  // by the references that engine settings name
  std::optional<model::Source> embedder;        // absent when the plan names no embedding model or needs none
  std::optional<BaseModel> similarity_base;     // of a plan that names one for similarity
  std::shared_ptr<const Power> power;           // of a plan that measures energy (run/power.hpp); else null
  std::optional<served::ServerFacts> server;    // of a plan whose models are behind one (run/served.hpp)
  std::optional<engine::ProgramFacts> program;  // of a plan whose models a program has (run/program.hpp)
  TellWork tell_work;                           // of a plan that measures resources; may be empty
};

// The first thing that is wrong, before any work: bad_input for models and data, usage for names and for a
// context longer than a model has; the errors of model/locate.hpp, which fetches what lies on the hub.
base::Result<Inputs> find_inputs(const plan::Plan& plan, const model::LocateOptions& options);

// The accuracy tasks of a plan, by the names in the settings. Fetches their data where it is not here
// (`options.fetch`), or says what would be fetched. usage for a name that no file defines, bad_input for task
// files and data that cannot be used, and the errors of task/task_data.hpp.
base::Result<std::map<std::string, TaskInput>> find_tasks(const plan::AccuracySettings& settings,
                                                          std::uint64_t seed,
                                                          const model::LocateOptions& options);

// The model that --draft names, by its reference. usage for one that cannot propose tokens; the errors of
// model/locate.hpp.
base::Result<model::Source> find_draft(const std::string& reference, const model::LocateOptions& options);

// The name of an embedded model; absent for any other.
std::optional<std::string> embedded_name(const model::Source& source);

}  // namespace bantam::run
