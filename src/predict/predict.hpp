#pragma once
// What running a model at some precisions would take on this machine, before any weight is downloaded or
// made: its head is read, the engine plans with it in a worker, and measured rates turn the planned work into
// times.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "base/result.hpp"
#include "engine/llama/estimate.hpp"
#include "plan/plan.hpp"
#include "predict/device_rates.hpp"
#include "predict/fitting.hpp"
#include "predict/speed.hpp"

namespace bantam::predict {

struct PredictRequest {
  plan::Plan plan;                           // models, precisions, engine and performance settings
  bool own_precision = false;                // no precision was asked for: of a quantized file, its own
  std::optional<std::int64_t> context;       // tokens per stream; absent: as a performance run makes it
  std::optional<std::int64_t> memory_bytes;  // the budget; absent: what this machine has free
  bool measure_again = false;                // do not take rates from the cache
  bool only_kept = false;                    // measure nothing: rates that are not in the cache are missing
  // Predict this machine and not the one that bantam runs on: nothing is measured, and the budget is its
  // memory.
  std::optional<FoundDevice> device;
};

// The draft model that is asked for, beside the model of a row.
struct DraftPart {
  std::string reference;
  std::int64_t download_bytes = 0;  // what is not on this machine yet
  engine::Estimate estimate;        // of the program what it adds
};

// One model at one precision.
struct Prediction {
  std::string model;
  std::string reference;
  std::string precision;
  std::optional<std::string> skip_reason;  // it cannot be made or run; then nothing else is here
  bool encodes = false;                    // the model gives embeddings or labels, no text
  std::int64_t download_bytes = 0;         // what is not on this machine yet
  engine::Estimate estimate;
  std::optional<DraftPart> draft;  // absent without one, and for prompt lookup, which takes nothing
  std::int64_t margin_bytes = 0;
  bool fits = false;                        // memory with the margin is within the budget
  std::optional<Speed> single;              // one request at a time
  std::optional<Speed> batch;               // batch_size requests at once
  std::optional<std::string> speed_absent;  // why there is no speed
  std::optional<Ways> ways;                 // where it does not fit: options with which it does

  // The model's own and the draft model's together.
  engine::MemoryParts memory() const;
  std::int64_t draft_bytes() const;  // 0 without one
  // What this way of making it fit needs, with its margin.
  std::int64_t need_of(const Way& way) const;
};

// The machine of a file, for which is predicted.
struct OtherMachine {
  DeviceRates rates;
  std::string from;                // the file, or the name of one that comes with bantam
  bool shipped = false;            // it comes with bantam
  std::vector<std::string> rules;  // by which rates that the file lacks were derived
};

struct Predictions {
  std::vector<Prediction> rows;
  std::optional<OtherMachine> machine;  // absent: this one
  std::int64_t budget_bytes = 0;
  // "--memory", "free on this machine now", "limit of this process", "memory of NAME"
  std::string budget_source;
  int threads = 1;
  engine::Peaks peaks;
  std::vector<std::string> warnings;
};

// `on_phase` is told what is being done. The first thing that is wrong with a model is the error: as for a
// run. usage for settings that say nothing of another machine.
base::Result<Predictions> predict(const PredictRequest& request,
                                  const std::function<void(const std::string&)>& on_phase);

// Of the models of a plan, from rates that an earlier prediction has kept; nothing where there are none.
base::Result<std::vector<Prediction>> known_speeds(const plan::Plan& plan);

base::Json to_json(const Predictions& predictions);

}  // namespace bantam::predict
