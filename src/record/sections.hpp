#pragma once
// The parts of a record that one room writes and another reads: each is a struct with one writer and one
// reader, and only this file knows where it lies in the record and what its keys are. Knows nothing of how
// the values came about.
//
// EngineFacts, ModelFacts and MachineFacts are readers only: what lies under `engine`, `model_info` and
// `device` is written, with its keys, by engine/llama/facts.cpp and properties.cpp, by gguf/model_info.cpp
// and model/artifact.cpp, and by device/facts.cpp.
//
// Readers take what records of earlier versions lack as absent, and never fail.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.hpp"
#include "record/record.hpp"

namespace bantam::record {

// One look of a comparison that was decided while it ran (task_info.adaptive.looks).
struct LookSeen {
  std::int64_t items = 0;  // pairs with a score on both sides
  std::string standing;    // stats::name(Standing)
  struct Difference {
    double difference = 0.0;  // as a share
    Interval interval;
    std::int64_t lost = 0;  // right in the base only
    std::int64_t gained = 0;
  };
  std::optional<Difference> seen;  // absent without pairs
};

// How items were taken in stages until a precision was decided against the base (docs/uncertainty.md).
struct Adaptive {
  double width = 0.0;  // as a share
  std::string metric;
  bool is_base = false;  // the base precision itself; then the members below `stopped_because` are empty
  std::optional<std::int64_t> n_used;  // absent before the first look
  std::int64_t n_total = 0;
  std::string stopped_because;
  std::optional<std::string> verdict;  // better, worse, alike, undecided
  std::vector<LookSeen> looks;
  std::optional<double> difference;  // of the last look; absent where no pair of items had a score
  std::optional<Interval> interval;
};
base::Json to_json(const Adaptive& adaptive);
std::optional<Adaptive> adaptive_from(const base::Json& json);
// Absent for a record whose items were not taken in stages.
std::optional<Adaptive> adaptive(const Record& record);
void set_adaptive(Record& record, const Adaptive& adaptive);

// What scoring continuations cost (engine.scoring), over the parts of one sitting; a worker sends it, too.
struct Scoring {
  bool shared_prefixes = false;
  std::int64_t computed_tokens = 0;
  std::int64_t distinct_tokens = 0;  // of the prefix trees: the least that can be computed
  std::int64_t check_tokens = 0;     // of the checks; not part of computed_tokens
  std::int64_t output_rows = 0;
  double seconds = 0.0;                              // inside the engine
  std::optional<double> largest_sharing_difference;  // in nats; absent where nothing can be shared
  std::string own_kernels;                           // library and version; empty: the engine's kernels
  std::optional<double> largest_kernel_difference;   // absent without own kernels
  std::optional<std::string> why_engine_kernels;     // absent when own ones scored, or none were asked for
  std::optional<std::string> why_unshared;           // absent when prefixes are shared
};
base::Json to_json(const Scoring& scoring);
std::optional<Scoring> scoring_from(const base::Json& json);
std::optional<Scoring> scoring(const Record& record);
// Costs are added to those of parts that came before; the rest is that of the newest part.
void add_scoring(Record& record, const Scoring& part);

// One task of an accuracy cell (task_info.tasks).
struct TaskFacts {
  std::string name;
  std::string output_type;
  std::int64_t num_fewshot = 0;
  std::optional<base::Json> version;  // as its file has it: a number or a text
  std::string data;                   // where its rows come from
  base::Json config;                  // the task file
  std::vector<std::string> filters;
  std::vector<std::string> metrics;
  std::optional<base::Json> generation;  // lm-eval's second argument of a generate_until request
  std::int64_t items = 0;                // scored
  std::optional<double> chance;      // what guessing gives: the mean of 1 / choices; absent without choices
  std::optional<std::int64_t> rows;  // of its data
};
base::Json to_json(const TaskFacts& task);
TaskFacts task_facts_from(const base::Json& json);
// Empty for a cell that is no accuracy cell, or has not ended well.
std::vector<TaskFacts> tasks(const Record& record);
bool has_tasks(const Record& record);
void set_tasks(Record& record, const std::vector<TaskFacts>& tasks);

// One group of an accuracy cell (task_info.groups).
struct GroupFacts {
  std::string name;
  std::string alias;
  std::vector<std::string> parts;  // tasks and groups right below it
  std::optional<std::string> version;
  std::map<std::string, Value> metrics;  // of an inner group; the selected group's are the record's own
};
base::Json to_json(const GroupFacts& group);
GroupFacts group_facts_from(const base::Json& json);
// The selected group first, then those within it; empty for a task.
std::vector<GroupFacts> groups(const Record& record);
void set_groups(Record& record, const std::vector<GroupFacts>& groups);  // none: nothing is written

// The items that the values of a cell are made of (task_info.items).
void set_items(Record& record, std::int64_t items);
// How a performance scenario ended, one sentence each (task_info.scenarios).
void add_scenario(Record& record, const std::string& sentence);
// The base precision's file that a damage cell compared with (task_info.base); `untuned`: without the adapter
// that this cell's model has.
void set_base_model(Record& record, const std::string& precision, const std::string& sha256, bool untuned);
// The base's precision, where it is without the adapter that this record's model has.
std::optional<std::string> untuned_base(const Record& record);
// The model of another engine that a cell's answers are compared with (plan::SimilaritySettings::base).
std::optional<std::string> named_base(const Record& record);

// The model that compared texts (task_info.embedding_model).
struct EmbeddingModelFacts {
  struct BertScore {
    std::string task;
    std::string name;  // of the score, with model, layer and weighting
    std::int64_t layer = 0;
    std::int64_t layers = 0;
    bool idf = false;
    bool rescaled = false;
  };

  std::string reference;
  std::string sha256;
  std::optional<std::string> name;   // absent for similarity cells
  std::vector<BertScore> bertscore;  // of the tasks that have one
};
base::Json to_json(const EmbeddingModelFacts& facts);
EmbeddingModelFacts embedding_model_from(const base::Json& json);
std::optional<EmbeddingModelFacts> embedding_model(const Record& record);
void set_embedding_model(Record& record, const EmbeddingModelFacts& facts);

// Special tokens of a model (engine.special_tokens); each absent when the model has none.
struct SpecialToken {
  std::int64_t id = 0;
  std::string text;
};
struct SpecialTokens {
  std::optional<SpecialToken> bos, eos, pad;
};
base::Json to_json(const SpecialTokens& tokens);
SpecialTokens special_tokens_from(const base::Json& json);

// What is read of the engine that ran a cell. The engine writes it, with much more (engine/llama/facts.hpp
// and properties.hpp); the setters below are for what others add.
struct EngineFacts {
  struct Device {
    std::string name;
    std::string kind;         // cpu, gpu, integrated_gpu, accelerator, other
    std::string description;  // "Intel(R) Xeon(R) ..."; empty in records of earlier versions
  };

  std::optional<std::string> identity;
  std::optional<std::string> version;
  std::optional<std::string> commit;  // of ggml's source
  std::optional<std::int64_t> threads;
  std::optional<std::string> load_mode;
  std::vector<Device> devices;
  std::optional<std::int64_t> gpu_layers;
  std::optional<SpecialTokens> special_tokens;
  std::optional<std::string> chat_template;  // where one was applied
  std::optional<std::vector<std::string>>
      kernel_fallback;  // why fast kernels are off; absent when they are on
};
EngineFacts engine_facts(const Record& record);
void set_kernel_fallback(Record& record, const std::vector<std::string>& reasons);
// `engine`: what becomes Record::engine, as a worker sends it.
void set_special_tokens(base::Json& engine, const SpecialTokens& tokens);
void set_chat_template(base::Json& engine, const std::string& source);

// What is read of the model file. gguf::to_json(ModelInfo) and model::to_json(Artifact, ...) write it.
struct ModelFacts {
  std::optional<std::string> sha256;
  std::optional<std::string> architecture;  // "llama"
  std::optional<std::string> file_type;     // llama.cpp's name: "Q4_K_M"
  std::optional<std::int64_t> parameters;
  std::optional<std::int64_t> context_train;
};
ModelFacts model_facts(const Record& record);
// A figure of the model file by its name in the metric catalogue, for cells that do not measure it.
std::optional<double> model_figure(const Record& record, std::string_view metric);

// Where a record comes from that bantam has not measured (task_info.imported).
struct Imported {
  std::string tool;    // "SLiM-Eval"
  std::string file;    // within what was imported, so that no path of a machine is passed on
  std::string sha256;  // of the file
  base::Json content;  // as the tool wrote it
  std::map<std::string, std::string> caveats;  // by metric: what its value is not
};
base::Json to_json(const Imported& imported);
Imported imported_from(const base::Json& json);
// Absent for records that were measured.
std::optional<Imported> imported(const Record& record);
bool is_imported(const Record& record);
void set_imported(Record& record, const Imported& imported);

// What a record speaks of that nobody has measured (task_info.predicted). Such records are made for one
// answer and stand in no store.
struct Predicted {
  std::int64_t prompt_tokens = 0;  // of each request
  std::int64_t new_tokens = 0;
  double memory_error = 0.0;         // expected, as a share of the need
  std::optional<double> time_error;  // expected, as a share of the times; absent where no speed is predicted
};
base::Json to_json(const Predicted& predicted);
// Absent for all other records.
std::optional<Predicted> predicted(const Record& record);
bool is_predicted(const Record& record);
void set_predicted(Record& record, const Predicted& predicted);

// How the values of a record came about, the best first: what was measured here counts before what another
// tool has measured, and that before what was only computed.
enum class Evidence { measured, imported, predicted };
std::string_view name(Evidence evidence);
Evidence evidence_of(const Record& record);

// What is read of the machine. device::to_json(Facts) writes it.
struct MachineFacts {
  std::optional<std::string> identity;
  std::optional<std::string> cpu_model;
  std::optional<std::string> os;
  std::optional<std::string> kernel;
  std::optional<std::string> libc;
};
MachineFacts machine_facts(const Record& record);

}  // namespace bantam::record
