#pragma once
// What was seen: one record per cell, whatever happened, and the raw trials and items behind it. Knows
// nothing of how they are stored or shown.

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/json.hpp"
#include "base/result.hpp"

namespace bantam::record {

enum class Outcome { ok, failed, skipped, invalid };
std::string_view name(Outcome outcome);
// Absent when `text` names no outcome.
std::optional<Outcome> outcome_from(std::string_view text);

struct Interval {
  double low = 0.0;
  double high = 0.0;
  double confidence = 0.95;
  std::string method;  // "order_statistic", "wilson", ...
};

struct Value {
  double value = 0.0;                // always finite
  std::optional<Interval> interval;  // absent when n is too small for one
  std::optional<double> std_error;   // "stderr" in JSON
  std::optional<std::int64_t> n;     // samples behind the value
};

struct Failure {
  std::string kind;  // base::name(ErrorKind)
  std::string message;
  std::optional<std::string> signal;  // "SIGSEGV" when the worker died of one
};

// What a server told of a request. What it did not tell is absent: the stream's member of that name is 0
// then, which says nothing.
struct ToldByServer {
  std::optional<std::int64_t> prompt_tokens = {};
  std::optional<std::int64_t> cached_tokens = {};
  std::optional<std::int64_t> output_tokens = {};
  // token_ns has one stamp per output token; else those of the first and the last output alone.
  bool is_stamped = false;
  std::optional<std::string> error = {};  // why there is no whole answer
};

// One request's time line. Stamps are nanoseconds since the request was handed over.
struct Stream {
  std::int64_t prompt_tokens = 0;
  std::int64_t cached_tokens = 0;      // prompt tokens not computed; 0 in every performance request
  std::int64_t prefill_ns = 0;         // prompt fully computed
  std::vector<std::int64_t> token_ns;  // one per output token, when it was available
  std::string output_sha256;  // of the token ids, of a server's answer of its text, to see nondeterminism;
                              // empty: prompts differ, and so may outputs
  std::string finish;         // "stop", "length"
  // When it arrived, since the trial began; absent where it did at once.
  std::optional<std::int64_t> arrival_ns = {};
  // With speculative decoding: tokens that were proposed, and those of them that were right; absent without.
  std::optional<std::int64_t> drafted_tokens = {};
  std::optional<std::int64_t> accepted_tokens = {};
  std::optional<ToldByServer> told = {};  // absent: an engine of ours answered, and all of the above is known
};

// One repetition of a workload.
struct Trial {
  std::string scenario;  // "single_stream", "offline", "load_cold", "load_warm", "pp", "tg"
  std::int64_t index = 0;
  bool warmup = false;
  double start_s = 0.0;         // since the worker started, for drift plots
  double wall_s = 0.0;          // of the whole trial (all streams)
  std::vector<Stream> streams;  // empty for load, pp and tg trials
  std::int64_t tokens = 0;      // pp, tg: tokens computed
  base::Json counters;          // what the worker read after it: memory, faults, CPU time
  std::optional<std::int64_t>
      round;  // of the block that it belongs to, from 0; absent in records of earlier versions
};

// An item's name within its cell: leaf task and doc_id.
using ItemName = std::pair<std::string, std::int64_t>;
// Items that need not be computed again.
using DoneItems = std::set<ItemName>;

// One document of a task with its answer and scores.
struct Item {
  std::string task;         // leaf task name
  std::int64_t doc_id = 0;  // position in the task's data
  base::Json content;       // target, arguments, resps, filtered_resps, ... (evaluate/items.hpp)
  std::map<std::string, double> metrics;  // per-item values, key "acc" or "exact_match,strict-match"
};

struct Record {
  int schema = 1;
  std::string cell_key;  // hash of all that determines the result
  std::string model;     // the plan's name for it
  std::string reference;
  std::string precision;
  std::string task;
  std::string point;               // of a sweep: "threads=2 n-depth=512"; empty: none
  std::vector<std::string> swept;  // members of settings.engine that the sweep varies
  std::int64_t attempt = 1;
  Outcome outcome = Outcome::ok;
  std::optional<Failure> failure;    // when failed
  std::vector<std::string> reasons;  // why skipped or invalid
  std::vector<std::string> warnings;
  std::string started_at;  // UTC
  std::string finished_at;
  std::map<std::string, Value> metrics;       // key: catalogue name
  std::map<std::string, std::string> absent;  // key: catalogue name, value: why there is no value
  std::map<std::string, std::map<std::string, Value>> subtasks;  // of a group: leaf task -> metrics
  base::Json settings;                                           // plan::CellSettings
  base::Json device;                                             // fixed facts of the machine
  base::Json engine;      // name, version, source, kernels, threads, cache types, fallbacks
  base::Json model_info;  // sha256, architecture, parameters, bits per weight, tensor types, ...
  base::Json task_info;   // versions, shots, sources and hashes of data, filters
};

// Exact both ways: doubles keep every bit, absent members are missing keys, never null. Values that are not
// finite are left out of `metrics` and named in `absent`. Reading gives bad_input, naming the member, when
// one is missing or of another type, and when the schema is newer than this version's.
base::Json to_json(const Interval& interval);
base::Json to_json(const Value& value);
base::Json to_json(const Trial& trial);
base::Json to_json(const Item& item);
base::Json to_json(const Record& record);
base::Result<Trial> trial_from(const base::Json& json);
base::Result<Item> item_from(const base::Json& json);
base::Result<Record> record_from(const base::Json& json);

}  // namespace bantam::record
