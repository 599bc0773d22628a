#pragma once
// Speed on a machine of which only a file is known: its rates become those that a model's work asks for, and
// what the file lacks follows from what it has by rules that are told, or is absent with the reason.
//
// Rules: docs/devices.md.

#include <optional>
#include <string>
#include <vector>

#include "engine/llama/estimate.hpp"
#include "engine/work.hpp"
#include "predict/device_rates.hpp"
#include "predict/speed.hpp"

namespace bantam::predict {

struct DerivedRates {
  engine::Peaks peaks;                               // without what does not follow from the file
  std::vector<std::string> rules;                    // that were applied, each once, as sentences
  std::optional<std::string> no_decode, no_prompts;  // why rates of one column, or of several, are missing
};

// The rates of `wanted`. `repack`: the engine may rearrange weights.
DerivedRates derive_rates(const DeviceRates& device, const engine::Peaks& wanted, bool repack);

// Of one model and its settings.
struct SpeedThere {
  std::optional<Speed> single;              // without an error that is expected, and perhaps without TTFT
  std::optional<Speed> batch;               // absent too where only the rate of single tokens is known
  std::optional<std::string> speed_absent;  // why there is no `single`
  std::vector<std::string> rules;
};
SpeedThere speed_there(const DeviceRates& device, const engine::Estimate& estimate, bool repack);

}  // namespace bantam::predict
