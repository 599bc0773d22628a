#pragma once
// What a worker is asked to do, and the names of the messages it sends back. Parent and worker are the same
// binary, so the form needs no version.

#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/json.hpp"
#include "engine/model_file.hpp"
#include "plan/plan.hpp"

namespace bantam::run {

// Multiplies small matrices of each weight type; one "kernel" message a type, the type named before it is
// tried.
struct SelfTestJob {
  std::vector<std::string> types;
  bool extra_buffers = true;
};

// Makes the file of one precision and leaves it in the cache.
struct QuantizeJob {
  std::string reference;
  std::string precision;
  int threads = 1;
};

struct PerformanceJob {
  engine::ModelFile model;
  plan::EngineSettings engine;
  plan::PerformanceSettings performance;
};

struct AccuracyJob {
  engine::ModelFile model;
  plan::EngineSettings engine;
  plan::AccuracySettings accuracy;  // include_paths travel apart from to_json()
  std::string task;
  std::uint64_t seed = 0;
  std::set<std::pair<std::string, std::int64_t>> done;  // items that need not be computed again
};

using Job = std::variant<SelfTestJob, QuantizeJob, PerformanceJob, AccuracyJob>;

base::Json to_json(const Job& job);
base::Result<Job> job_from(const base::Json& json);

// "type" of a message.
namespace message {
inline constexpr const char* kTrying = "trying";         // self-test: {"name"} comes next
inline constexpr const char* kKernel = "kernel";         // self-test: {"name", "ok", ...}
inline constexpr const char* kEngine = "engine";         // {"properties"}
inline constexpr const char* kPhase = "phase";           // {"name", "done", "total", "unit"}
inline constexpr const char* kTrial = "trial";           // {"trial"}; acknowledged
inline constexpr const char* kScenarioEnd = "scenario";  // {"text"}
inline constexpr const char* kTask = "task";             // {"name", "total"}
inline constexpr const char* kItems = "items";           // {"items"}; acknowledged
inline constexpr const char* kWarning = "warning";       // {"text"}: into the record
inline constexpr const char* kDone = "done";             // the job's result
inline constexpr const char* kFailed = "failed";         // {"kind", "message", "hint"}
}  // namespace message

}  // namespace bantam::run
