#pragma once
// What a worker is asked to do, and what its answer holds beside the messages that it sent on the way
// (job/messages.hpp). Parent and worker are the same binary, so the form needs no version. The bodies stand
// in worker/, one file per job.

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "engine/engine.hpp"
#include "engine/llama/cache.hpp"
#include "engine/llama/estimate.hpp"
#include "engine/llama/head.hpp"
#include "engine/work.hpp"
#include "evaluate/encoder_metrics.hpp"
#include "evaluate/prompts.hpp"
#include "job/audit.hpp"
#include "plan/plan.hpp"
#include "record/record.hpp"
#include "record/sections.hpp"
#include "task/subset.hpp"
#include "task/task.hpp"

namespace bantam::job {

// Each job has a kName, by which the worker finds its body, and the type of its Answer.
struct Nothing {};

// Multiplies small matrices of each weight type. Messages: Trying before each type, KernelTried after it.
struct SelfTestJob {
  static constexpr const char* kName = "self_test";
  using Answer = Nothing;
  std::vector<std::string> types;
  bool extra_buffers = true;
};

struct MadeFile {
  std::string sha256;
  std::string identity;
  base::Json importance;  // facts of the importance matrix; null without one
};

// Makes the file of one precision, and the importance matrix it takes, and leaves them in the cache.
// Messages: PhaseBegun.
struct QuantizeJob {
  static constexpr const char* kName = "quantize";
  using Answer = MadeFile;
  std::string reference;
  std::string precision;
  int threads = 1;
  bool merge = false;  // the reference's adapter becomes part of the file
  plan::CalibrationSettings calibration = {};
};

struct PerformanceAnswer {
  bool encoder = false;  // the model is one: sequences were measured
  std::optional<engine::MemoryUse> memory;
  std::optional<std::int64_t> weights_resident_bytes;
  std::map<std::string, std::string> absent;  // metric -> why it could not be measured
  std::optional<std::int64_t> origin_ns;      // what Trial::start_s counts from, by base::MonotonicClock
};

// Messages: EngineOpened, TrialDone, ScenarioEnded, Warning.
struct PerformanceJob {
  static constexpr const char* kName = "performance";
  using Answer = PerformanceAnswer;
  engine::ModelFile model;
  plan::EngineSettings engine;
  plan::PerformanceSettings performance;              // of one block (measure::block_settings())
  bool cold_load = true;                              // time a load from the disk, too
  bool warm_load = true;                              // and one from memory
  bool count_resources = false;                       // of each trial (measure/resource_counts.hpp)
  std::int64_t round = 0;                             // of the block
  std::optional<engine::ModelFile> draft_model = {};  // where engine.draft names one
};

// What was found out of the server before (served/server_facts.hpp); another one is another model.
struct ServerSeen {
  std::string kind;
  std::optional<std::string> build;

  bool operator==(const ServerSeen&) const = default;
};

// The requests of a performance cell, to a model behind a server. Messages: TrialDone, ScenarioEnded,
// PhaseBegun, Warning. A request that fails ends it, once its trial was sent.
struct ServedPerformanceJob {
  static constexpr const char* kName = "served_performance";
  using Answer = PerformanceAnswer;
  std::string address;
  std::string model;  // as the server names it
  std::string api;    // plan::kCompletions or kChat
  // The key of its interface. It goes to the worker by the pipe of the job and nowhere else; absent: none.
  std::optional<std::string> api_key;
  ServerSeen server;
  double patience_s = 300.0;  // for the first byte, and between two pieces of an answer
  plan::PerformanceSettings performance;
  std::int64_t round = 0;
};

struct ItemsAnswer {
  std::optional<record::Scoring> scoring;  // absent where no continuation was scored
};

// Messages: EngineOpened, TaskBegun, ItemsDone, Warning.
struct AccuracyJob {
  static constexpr const char* kName = "accuracy";
  using Answer = ItemsAnswer;
  engine::ModelFile model;
  plan::EngineSettings engine;
  plan::AccuracySettings accuracy;  // its task names and folders are not looked at
  std::vector<task::Task> tasks;    // as the parent has checked them
  std::uint64_t seed = 0;
  record::DoneItems done;
  int keep_tokens = 0;     // of each input's start, in its item
  task::Stage stage = {};  // the items of this job
  bool keep_gaps = false;  // of each written answer, in its item (task/subset.hpp)
};

// What a precision lost on a text, against the base precision. Messages: as of AccuracyJob.
struct FidelityJob {
  static constexpr const char* kName = "fidelity";
  using Answer = Nothing;
  engine::ModelFile model;
  std::optional<engine::ModelFile> baseline;  // absent: the model is the baseline
  plan::EngineSettings engine;
  plan::FidelitySettings fidelity;
  std::optional<std::string>
      embedded_model;  // its name, where it is one (damage/fidelity.hpp: fidelity_text())
  record::DoneItems done;
  std::optional<plan::EngineSettings> baseline_engine = {};  // absent: as `engine`
};

// Answers to prompts, compared with the base precision's. Messages: as of AccuracyJob.
struct SimilarityJob {
  static constexpr const char* kName = "similarity";
  using Answer = Nothing;
  engine::ModelFile model;
  std::optional<engine::ModelFile> baseline;  // absent: the model is the baseline
  plan::EngineSettings engine;
  plan::SimilaritySettings similarity;
  std::optional<engine::ModelFile> embedding_model;
  record::DoneItems done;
  std::optional<plan::EngineSettings> baseline_engine = {};  // absent: as `engine`
};

// Compares stored answers with their references by an encoder. Messages: ItemsExtended.
struct CompareJob {
  static constexpr const char* kName = "compare";
  using Answer = Nothing;
  engine::ModelFile embedding_model;
  plan::EngineSettings engine;
  evaluate::WaitingAnswers answers;
};

// Tells what a model file takes and what its work is made of, without loading it.
struct EstimateJob {
  static constexpr const char* kName = "estimate";
  using Answer = engine::Estimate;
  std::vector<engine::ModelHead> parts;
  std::string name;        // what messages call the model
  std::string shape;       // in place of parts: a synthetic model
  std::string llama_type;  // the file type to make in thought; empty: as it is
  plan::EngineSettings engine;
  plan::PerformanceSettings performance;  // n_prompt: the prompt's length, in place of the text's
  std::optional<std::int64_t> context;    // tokens per stream
  std::int64_t file_piece_bytes = 4096;   // in which the kernel keeps the model's file
  bool is_beside = false;                 // another model: of the program only what it adds counts
};

struct CacheTold {
  std::optional<engine::CacheSize> size;
  std::optional<std::string> why_not;  // the engine does not take the cache types for this model
};

struct CachesTold {
  std::vector<CacheTold> caches;  // one for each of the settings
};

// Tells what a model keeps for a token.
struct CacheJob {
  static constexpr const char* kName = "cache";
  using Answer = CachesTold;
  std::filesystem::path head;  // at least the head of the file, of the first one where it is split
  std::string shape;           // in place of the head: a synthetic model
  std::vector<plan::EngineSettings> settings;  // what is asked: with their cache types
};

// Measures how fast this machine is. Messages: Trying before each rate, RateMeasured after it, Warning.
struct PeaksJob {
  static constexpr const char* kName = "peaks";
  using Answer = Nothing;
  engine::Peaks wanted;
  bool machine = true;  // also read bandwidth and the cost of an operation
  int threads = 1;
};

using TokenLists = std::vector<std::vector<std::int32_t>>;

struct TokenizedTexts {
  TokenLists tokens;  // one list per text
};

// Tells how a model file's own tokenizer cuts texts.
struct TokenizeJob {
  static constexpr const char* kName = "tokenize";
  using Answer = TokenizedTexts;
  std::filesystem::path gguf;
  std::vector<std::string> texts;  // valid UTF-8
};

// Token ids of an item as a run hands them to a model.
struct EncodedItem {
  TokenLists contexts;       // one list per context
  TokenLists continuations;  // one list per continuation
};

// Tells how a run would hand an item's requests to a model: each continuation after its context (the one of
// the same number, or the only one), or the contexts alone where there is none.
struct EncodeJob {
  static constexpr const char* kName = "encode";
  using Answer = EncodedItem;
  std::filesystem::path gguf;
  std::vector<evaluate::Context> contexts;  // at least one
  std::vector<std::string> continuations;
};

// Tries whether a model's chat template can be rendered, under limits of time and memory: it is a program
// from somebody else, which may loop, recurse or fill the memory.
struct TemplateJob {
  static constexpr const char* kName = "template";
  static constexpr std::uint64_t kSeconds = 5;  // of CPU time
  static constexpr std::uint64_t kBytes = std::uint64_t{1} << 30;
  using Answer = Nothing;
  std::filesystem::path gguf;
  std::string chat_template;         // its name; empty: the default one
  std::string chat_template_kwargs;  // further variables of it, as JSON; empty: none
};

// Defined for each job and each answer above; exact both ways.
template <typename Job>
base::Json to_json(const Job& job);
template <typename Job>
base::Result<Job> job_from(const base::Json& json);
template <typename Answer>
base::Json answer_json(const Answer& answer);
template <typename Answer>
base::Result<Answer> answer_from(const base::Json& json);

// The kName of the job that the JSON asks for; empty when it is none.
std::string job_name(const base::Json& json);

}  // namespace bantam::job
