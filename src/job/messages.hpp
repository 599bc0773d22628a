#pragma once
// What a worker tells while it works. The parent commits trials and items before it acknowledges them.

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/json.hpp"
#include "base/result.hpp"
#include "engine/engine.hpp"
#include "engine/work.hpp"
#include "record/record.hpp"

namespace bantam::job {

// What comes next may end the process.
struct Trying {
  std::string name;
};
struct KernelTried {
  std::string type;  // ggml's name
  bool ok = false;
  std::string reason;  // what was wrong; empty when nothing was
};
struct EngineOpened {
  base::Json facts;  // into the record's `engine`
};
struct PhaseBegun {
  std::string name;
  std::int64_t done = 0;
  std::optional<std::int64_t> total = {};  // absent: steps are not counted
  std::string unit = {};
  bool timed = false;  // until the next phase or the end of a scenario: the parent keeps still. Acknowledged
};
struct TaskBegun {
  std::string name;
  std::int64_t items = 0;  // those that are done already included
};
struct TrialDone {  // acknowledged
  record::Trial trial;
};
struct ScenarioEnded {
  std::string text;
};
struct ItemsDone {  // acknowledged
  std::vector<record::Item> items;
  std::int64_t fresh = 0;  // of them, those that were not done before
};
struct ItemsExtended {  // additions to stored items; acknowledged
  std::vector<record::Item> items;
};
struct Warning {  // into the record
  std::string text;
};
struct ProgramStarted {  // which has the model in place of the worker
  std::int64_t pid = 0;
};
struct RateMeasured {
  engine::Peaks rates;  // some of them
};
using Message = std::variant<Trying, KernelTried, EngineOpened, PhaseBegun, TaskBegun, TrialDone,
                             ScenarioEnded, ItemsDone, ItemsExtended, Warning, ProgramStarted, RateMeasured>;

base::Json to_json(const Message& message);
// bad_input for a message of no known type, or with a trial or item that cannot be read.
base::Result<Message> message_from(const base::Json& json);

EngineOpened engine_opened(const engine::Properties& properties);

}  // namespace bantam::job
