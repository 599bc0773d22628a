#pragma once
// What SLiM-Eval 0.1.3 calls its tasks' scores, and the units of its files. Knows nothing of files.

#include <algorithm>
#include <iterator>
#include <optional>
#include <string_view>

namespace bantam::exchange {

// What records are marked with (record::Imported) that were read from its files.
inline constexpr std::string_view kSlimEvalTool = "SLiM-Eval";

inline constexpr double kMib = 1024.0 * 1024.0;  // of its memory ("mb")
inline constexpr double kGib = 1024.0 * kMib;    // of its model sizes ("gb")
inline constexpr double kParametersB = 1e9;      // of its numbers of parameters ("b")
inline constexpr double kJoulesPerKwh = 3'600'000.0;

// A task, and what its score ("accuracy") is called here.
struct SlimEvalTask {
  std::string_view name;
  const char* metric;
  const char* output_type;
  std::optional<double> chance;  // with four choices
};
inline constexpr SlimEvalTask kSlimEvalTasks[] = {{"mmlu", "acc", "multiple_choice", 0.25},
                                                  {"hellaswag", "acc", "multiple_choice", 0.25},
                                                  {"gsm8k", "exact_match", "generate_until", std::nullopt}};
inline constexpr SlimEvalTask kOtherSlimEvalTask{"", "acc", "multiple_choice", std::nullopt};

constexpr const SlimEvalTask& slim_eval_task(std::string_view name) {
  const auto found = std::ranges::find(kSlimEvalTasks, name, &SlimEvalTask::name);
  return found == std::end(kSlimEvalTasks) ? kOtherSlimEvalTask : *found;
}

}  // namespace bantam::exchange
