// Averages of F1 over classes, as several benchmarks name them.

#include "task/benchmarks/all.hpp"

namespace bantam::task {
namespace {

constexpr AggregationFunction kAggregations[] = {
    {{"macro_f1_score", "utils.macro_f1_score", ""}, "macro_f1"},
    {{"micro_f1_score", "utils.micro_f1_score", ""}, "micro_f1"},
    {{"weighted_f1_score", "utils.weighted_f1_score", ""}, "weighted_f1"}};

}  // namespace

constinit const Benchmark averaged_f1{.aggregations = kAggregations};

}  // namespace bantam::task
