#pragma once
// What a worker is asked to do, and the names of the messages it sends back. Parent and worker are the same
// binary, so the form needs no version.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/json.hpp"
#include "engine/engine.hpp"
#include "engine/llama/head.hpp"
#include "engine/work.hpp"
#include "evaluate/encoder_metrics.hpp"
#include "evaluate/prompts.hpp"
#include "plan/plan.hpp"
#include "task/subset.hpp"

namespace bantam::job {

// Multiplies small matrices of each weight type; one "kernel" message a type, the type named before it is
// tried.
struct SelfTestJob {
  std::vector<std::string> types;
  bool extra_buffers = true;
};

// Makes the file of one precision, and the importance matrix it takes, and leaves them in the cache.
struct QuantizeJob {
  std::string reference;
  std::string precision;
  int threads = 1;
  bool merge = false;  // the reference's adapter becomes part of the file
  plan::CalibrationSettings calibration = {};
};

struct PerformanceJob {
  engine::ModelFile model;
  plan::EngineSettings engine;
  plan::PerformanceSettings performance;
};

// (task, doc_id) of items that need not be computed again.
using DoneItems = std::set<std::pair<std::string, std::int64_t>>;

struct AccuracyJob {
  engine::ModelFile model;
  plan::EngineSettings engine;
  plan::AccuracySettings accuracy;  // include_paths travel apart from to_json()
  std::string task;
  std::uint64_t seed = 0;
  DoneItems done;
  int keep_tokens = 0;     // of each input's start, in its item
  task::Stage stage = {};  // the items of this job
};

// What a precision lost on a text, against the base precision.
struct FidelityJob {
  engine::ModelFile model;
  std::optional<engine::ModelFile> base;  // absent: the model is the base
  plan::EngineSettings engine;
  plan::FidelitySettings fidelity;
  std::string embedded_model;  // its name, or empty: worker_fidelity.hpp
  DoneItems done;
};

// Answers to prompts, compared with the base precision's.
struct SimilarityJob {
  engine::ModelFile model;
  std::optional<engine::ModelFile> base;  // absent: the model is the base
  plan::EngineSettings engine;
  plan::SimilaritySettings similarity;
  std::optional<engine::ModelFile> embedding_model;
  DoneItems done;
};

// Compares stored answers with their references by an encoder.
struct CompareJob {
  engine::ModelFile embedding_model;
  plan::EngineSettings engine;
  evaluate::WaitingAnswers answers;
};

// Tells what a model file takes and what its work is made of, without loading it. The whole answer is in the
// "done" message.
struct EstimateJob {
  std::vector<engine::ModelHead> parts;
  std::string shape;       // in place of parts: a synthetic model
  std::string llama_type;  // the file type to make in thought; empty: as it is
  plan::EngineSettings engine;
  plan::PerformanceSettings performance;  // n_prompt: the prompt's length, in place of the text's
  std::optional<std::int64_t> context;    // tokens a stream
};

// Measures how fast this machine is; one "rate" message for each rate that `wanted` names, its type before it
// is tried.
struct PeaksJob {
  engine::Peaks wanted;
  bool machine = true;  // also read bandwidth and the cost of an operation
  int threads = 1;
};

// Tells how a model file's own tokenizer cuts texts.
struct TokenizeJob {
  std::filesystem::path gguf;
  std::vector<std::string> texts;  // valid UTF-8
};

// Tells how a run would hand an item's requests to a model: each continuation after its context (the one of
// the same number, or the only one), or the contexts alone where there is none.
struct EncodeJob {
  std::filesystem::path gguf;
  std::vector<evaluate::Context> contexts;  // at least one
  std::vector<std::string> continuations;
};

// Tries whether a model's chat template can be rendered, under limits of time and memory.
inline constexpr std::uint64_t kTemplateSeconds = 5;  // of CPU time
inline constexpr std::uint64_t kTemplateBytes = std::uint64_t{1} << 30;
struct TemplateJob {
  std::filesystem::path gguf;
  std::string chat_template;  // its name; empty: the default one
};

using Job = std::variant<SelfTestJob, QuantizeJob, PerformanceJob, AccuracyJob, FidelityJob, SimilarityJob,
                         CompareJob, EstimateJob, PeaksJob, TokenizeJob, EncodeJob, TemplateJob>;

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
inline constexpr const char* kAdditions = "additions";   // {"items"}: into stored ones; acknowledged
inline constexpr const char* kWarning = "warning";       // {"text"}: into the record
inline constexpr const char* kRate = "rate";             // peaks: {"peaks"}, some of them
inline constexpr const char* kDone = "done";             // the job's result
inline constexpr const char* kFailed = "failed";         // {"kind", "message", "hint"}
}  // namespace message

}  // namespace bantam::job
