#pragma once
// What was asked for: a validated request and the cells it unfolds into. Knows nothing of how a cell is run,
// of the model file's content, or of results.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "base/result.hpp"
#include "record/cell_kind.hpp"

namespace bantam::plan {

struct EngineSettings {
  std::optional<int> threads;        // absent: the machine's physical cores
  std::string cache_type_k = "f16";  // type of the K cache: f32, f16, bf16, q8_0, ...
  std::string cache_type_v = "f16";
  std::string flash_attn = "auto";   // auto, on, off
  int n_batch = 2048;                // tokens handed to the engine at once
  int n_ubatch = 512;                // tokens computed at once
  std::optional<int> n_gpu_layers;   // absent: all layers that fit where a GPU backend is built in
  std::optional<int> gpu_index;      // absent: the engine's first device
  bool repack = true;                // allow the engine to rearrange weights for faster kernels
  std::optional<int> max_model_len;  // absent: what the workload needs, at most the model's own context
  // Speculative decoding of requests: kPromptLookup, or the reference of a smaller model with the same
  // tokens; absent: none. Outputs are the same tokens as without.
  std::optional<std::string> draft;
  std::optional<int> draft_tokens;  // proposed at once, at most; absent: kDefaultDraftTokens
  std::optional<std::string>
      rpc;  // servers that hold layers, too: "HOST:PORT,..." (plan/rpc.hpp); absent: none
  // The address of an OpenAI-compatible server that has the model (plan/served.hpp), and what is asked of it;
  // absent: the engine in this program. The other members mean nothing then.
  std::optional<std::string> server;
  std::optional<std::string> server_api;  // absent: kCompletions
  // The program that has the model (plan/program.hpp): kTransformersEngine, kOnnxEngine, or a command;
  // absent: none. Beside it only threads and max_model_len mean something.
  std::optional<std::string> program;
};
inline constexpr std::string_view kPromptLookup = "lookup";
inline constexpr int kDefaultDraftTokens = 8;

// One model: a name for tables and file names, and a reference that the model room resolves
// (model/reference.hpp: "embedded:nano", "hf:user/repo", a path, ...).
struct ModelEntry {
  std::string name;
  std::string reference;
  // Of this model alone; absent or empty: the plan's.
  std::optional<EngineSettings> engine = {};
  std::vector<std::string> precisions = {};
  std::string base_precision = {};
};

inline constexpr const char* kDefaultPrompt =
    "Write a short story about a lighthouse keeper who finds a small boat on the shore one morning. Say who "
    "was in it, where it came from, and what the keeper did next.";

inline constexpr double kDefaultCoolTimeoutS = 300.0;

struct PerformanceSettings {
  std::string prompt = kDefaultPrompt;  // the text of every request
  std::optional<int> num_warmup;        // of each block; absent: until it is warm
  std::optional<int> num_runs;    // of all blocks; absent: until the intervals are tight or a budget ends
  std::optional<int> rounds;      // blocks of each cell; absent: as many as it takes
  double target_interval = 0.01;  // stop when the 95 % intervals are within ± this, relative
  double max_seconds = 30.0;      // budget of one scenario over all rounds, warm-up not counted
  std::optional<double> time_budget_s;  // of all rounds of all cells, warm-up and loading included
  double max_disturbance = 0.1;  // a block in which others took a larger share of the CPU does not count
  double max_drift = 0.1;        // nor one in which a fixed computation changed its time by more
  // Thresholds of further gates, and of these two, as "paging=10" or "steal=off" (plan/gates.hpp); absent:
  // none is set.
  std::optional<std::vector<std::string>> gates;
  double wait_quiet_s = 0.0;  // before each block, wait up to this long for others to be quiet
  // Before each block, wait until the hottest sensor shows at most so many degrees Celsius; absent: do not.
  std::optional<double> start_temperature_c;
  std::optional<double> cool_timeout_s;  // at most so long; absent: kDefaultCoolTimeoutS
  int batch_size = 8;                    // requests at once in the offline scenario; 1: no offline scenario
  int max_new_tokens = 256;
  bool ignore_eos = true;       // every request gives max_new_tokens, so that precisions compare
  std::optional<int> n_prompt;  // llama-bench compatible test: prompt length in tokens
  std::optional<int> n_gen;     // llama-bench compatible test: tokens to generate
  std::optional<int> n_depth;   // tokens in the KV cache before these two tests; absent: none
  // Of measure/workload.hpp; absent: single_stream, and those that other settings ask for.
  std::optional<std::vector<std::string>> scenarios;
  std::optional<int> prompt_tokens;    // the prompt is cut or repeated to this many tokens; absent: as it is
  std::optional<double> request_rate;  // scenario poisson: requests per second, arriving on their own
  std::optional<double> max_ttft_s;    // limits within which a request of poisson is a good one; absent: none
  std::optional<double> max_tpot_s;
  std::optional<double> sustained_s;  // scenario sustained: requests without a pause for so long
  std::optional<bool> min_memory;     // find the smallest memory limit under which it still runs well
};

// How energy is measured (docs/energy.md). Its requests are those of the scenario single_stream.
struct EnergySettings {
  std::optional<int> sample_runs;  // requests of all rounds; absent: until the intervals are tight
  double seconds = 60.0;           // budget of a cell's counted requests over all rounds
  double idle_s = 5.0;             // before and after each block; 0: nothing is told of idle power
  std::string source;              // the headline's: the name or kind of a sensor; empty: the best one
  double sample_rate_hz = 10.0;
  std::filesystem::path meter;  // an external meter: a file, a serial line or an address; empty: none
  std::optional<std::string> meter_field;  // of an address: where the figure is; absent: as meters are known
  int meter_baud = 9600;
  std::optional<double> tdp_w;             // also an estimate of this constant power, grade D
  std::filesystem::path sysfs_root = "/";  // where sensors are looked for
  std::optional<double> carbon_g_per_kwh;  // of the grid; absent: nothing is told of carbon
  std::optional<double> battery_wh;        // absent: what the machine's batteries hold
};

struct AccuracySettings {
  std::vector<std::string> tasks;  // names of tasks or groups
  std::optional<double> limit;     // items per task: a count (>= 1) or a fraction (< 1); absent: all
  // Points of 100 below which a difference to the base precision does not matter: a task's precision is
  // stopped once the difference is decided at this width. Absent: all items, always.
  std::optional<double> until_decided_points;
  std::optional<int> num_fewshot;  // absent: the task's own number
  // No item is one of its own examples; lm-eval sees to it for some tasks only (task/subset.hpp).
  bool fewshot_without_leaks = false;
  int batch_size = 16;      // items scored or generated at once
  int kv_cells = 32768;     // tokens in the KV cache at once; a longer request is taken all the same
  bool own_kernels = true;  // faster kernels for scoring than llama.cpp's, where they apply
  std::vector<std::filesystem::path> include_paths;  // folders of task files beside the embedded ones
  bool allow_task_code = false;  // Python functions that task files name are run, in a process under limits
  bool apply_chat_template = false;
  std::string chat_template;         // the name of one of the model's templates; empty: its default
  std::string chat_template_kwargs;  // further variables of it, as JSON; empty: none
  bool fewshot_as_multiturn = true;  // with a template: examples as turns, not all in one turn of the user
  std::string system_instruction;
  std::string think_end_token =
      "auto";  // ends a block of thought before the answer; "auto", "off" or the tag
};

// What a precision lost against the base precision, on a text (docs/fidelity.md).
struct FidelitySettings {
  std::filesystem::path text;  // empty: the embedded text
  int context = 512;           // tokens of a chunk
  std::optional<int> chunks;   // absent: all that the text fills
};

// Greedy answers to fixed prompts, compared with the base precision's.
struct SimilaritySettings {
  std::vector<std::string> prompts = {
      "The most important thing to know about the sea is",
      "Once upon a time, a young fox found a lantern in the snow.",
      "To make a good vegetable soup, you first need to",
  };
  std::string embedding_model;  // a model reference; empty: answers are compared token by token only
  // The model that they are compared with (plan/similarity_base.hpp); absent: the base precision's.
  std::optional<std::string> base = {};
  int max_new_tokens = 64;
};

// How importance matrices are gathered, for the precisions that are made with one.
struct CalibrationSettings {
  std::string dataset;  // "embedded", or the path of a text file or of rows with a column `text`; empty: the
                        // embedded text, for the types that cannot be made without a matrix only
  int num_samples = 512;          // at most
  int max_sequence_length = 512;  // tokens per sample

  bool operator==(const CalibrationSettings&) const = default;
};

// Between a model and its LoRA adapter, in a reference.
inline constexpr std::string_view kAdapterMark = "+lora:";
// What becomes of a model's LoRA adapter: applied while the engine computes, or merged into the weights
// before a precision is made of them.
inline constexpr const char* kApplyAdapters = "apply";
inline constexpr const char* kMergeAdapters = "merge";

// One combination of settings in a sweep.
struct Point {
  std::string label;  // "threads=2 n-depth=512"; empty: the plan's own settings
  // The members that it sets, as to_json() writes them; null: absent.
  base::Json engine = base::Json::object();
  base::Json performance = base::Json::object();
};

struct Plan {
  std::vector<ModelEntry> models;
  std::vector<std::string> precisions;  // canonical names, e.g. fp16, int8, int4, Q5_K_M
  std::string base_precision;           // what the others are compared with
  std::set<record::CellKind> kinds = {record::CellKind::performance, record::CellKind::accuracy};
  EngineSettings engine;
  std::vector<Point> points;  // of which performance is measured at each; empty: no sweep
  PerformanceSettings performance_settings;
  EnergySettings energy_settings;
  AccuracySettings accuracy_settings;
  FidelitySettings fidelity_settings;
  SimilaritySettings similarity_settings;
  CalibrationSettings calibration;
  std::uint64_t seed = 1234;
  std::filesystem::path store = "bantam.db";
  std::filesystem::path output_dir = "outputs";
  double hang_timeout_s = 300.0;  // no token and no message for this long: the worker is killed
  bool retry = false;             // run failed and invalid cells again
  // A metric of speed: a cell is measured no longer once its ratio to its base's is told apart from 1, or
  // known to ± target_interval. Absent: until that width is reached for all metrics of all cells.
  std::optional<std::string> decide_by;
  std::string lora_mode = kApplyAdapters;
  std::string engine_name = "llama";  // or one of plan/served.hpp and plan/program.hpp
  // The environment variable that holds the key of the server's interface; empty: no key is sent.
  std::string api_key_env = "OPENAI_API_KEY";
  bool offline = false;  // models of the hub come from the cache only

  bool measures(record::CellKind kind) const { return kinds.contains(kind); }
  // Something in rounds: speed or energy.
  bool measures_in_rounds() const;
};

// One of models x precisions x tasks, and of the points of a sweep; yields exactly one record.
struct Cell {
  ModelEntry model;
  std::string precision;
  record::CellKind kind = record::CellKind::performance;
  std::string task;  // the kind's name; of an accuracy cell the name of its task or group
  Point point = {};  // of a performance cell in a sweep
};

// What holds for a model: its own settings, or else the plan's.
const EngineSettings& engine_of(const Plan& plan, const ModelEntry& model);
// What holds for a cell: these, and what its point sets.
EngineSettings engine_of(const Plan& plan, const Cell& cell);
// The workload and the rules by which it is repeated; of an energy cell those of its requests.
PerformanceSettings performance_of(const Plan& plan, const Cell& cell);
const std::vector<std::string>& precisions_of(const Plan& plan, const ModelEntry& model);
const std::string& base_precision_of(const Plan& plan, const ModelEntry& model);

// The scenarios that are measured, in their order (record/scenario.hpp): those that are asked for; else
// single_stream, offline unless batch_size is 1, and those whose own settings are there.
std::vector<std::string_view> scenarios_of(const PerformanceSettings& settings);
// The most requests at once in any of them.
int most_streams(const PerformanceSettings& settings);

// The examples in an item's prompt: those that are asked for, or else the task's own; a task whose file says
// 0 keeps 0, as in lm-eval. `own`: absent when the file gives none.
int num_fewshot(std::optional<int> asked, std::optional<int> own);

// Whether cells of this kind take their items in stages and stop once they are decided.
bool is_staged(const Plan& plan, record::CellKind kind);

// In the order of running: for each model, for each precision, the kinds in the order of their table, at the
// end the accuracy tasks.
std::vector<Cell> unfold(const Plan& plan);

// The settings that can change a cell's result, and no others: part of its key and of its record.
struct CellSettings {
  EngineSettings engine;
  std::optional<std::string> lora_mode;            // of a model with an adapter
  std::optional<PerformanceSettings> performance;  // of cells that are measured in rounds
  std::optional<EnergySettings> energy;            // these four: of cells of that kind
  std::optional<FidelitySettings> fidelity;
  std::optional<SimilaritySettings> similarity;
  std::optional<AccuracySettings> accuracy;
  // Of accuracy cells whose task compares answers by an embedding model; in the section of `accuracy`.
  std::optional<std::string> embedding_model_sha256;
  std::optional<std::uint64_t> seed;          // of accuracy cells
  std::optional<std::string> base_precision;  // of cells that compare with it
};
// Without the embedding model's hash: a plan knows no file.
CellSettings cell_settings(const Plan& plan, const Cell& cell);

// The first setting that differs between two cells (Record::settings) so that their speed must not be
// compared; absent when none does. Settings that only say how often to measure do not count, nor do those of
// the engine that are `swept`.
std::optional<std::string> speed_setting_that_differs(const base::Json& a, const base::Json& b,
                                                      std::span<const std::string_view> swept = {});
// The same for scores: settings that change prompts, items or the arithmetic.
std::optional<std::string> score_setting_that_differs(const base::Json& a, const base::Json& b);

// Settings as JSON and back: they travel to the worker and are kept in keys and records. A setting that is
// absent is a missing key.

base::Json to_json(const CellSettings& settings);
base::Json to_json(const EngineSettings& settings);
base::Json to_json(const PerformanceSettings& settings);
base::Json to_json(const EnergySettings& settings);
// Without the task names and folders: those are the cell's.
base::Json to_json(const AccuracySettings& settings);
base::Json to_json(const CalibrationSettings& settings);
base::Json to_json(const FidelitySettings& settings);
base::Json to_json(const SimilaritySettings& settings);

// Missing keys keep their defaults; what to_json wrote comes back equal.
CellSettings cell_settings_from(const base::Json& json);
EngineSettings engine_settings_from(const base::Json& json);
PerformanceSettings performance_settings_from(const base::Json& json);
EnergySettings energy_settings_from(const base::Json& json);
AccuracySettings accuracy_settings_from(const base::Json& json);
CalibrationSettings calibration_settings_from(const base::Json& json);
FidelitySettings fidelity_settings_from(const base::Json& json);
SimilaritySettings similarity_settings_from(const base::Json& json);

}  // namespace bantam::plan
