// Averages of F1 over classes, as several benchmarks name them.

#include "task/benchmarks/all.hpp"

namespace bantam::task {
namespace {

constexpr AggregationFunction kAggregations[] = {
    {{"macro_f1_score",
      {"5f62d31bd18c5b66db606b8256e127b03c96014225a06f03b611349217fd1b9b",
       "71807f884ac15f0e7bb7e83b84f6980471c6aa9a99325b94b14654500bff17a4"}},
     "macro_f1"},
    {{"micro_f1_score", {"01e05cf5ecda2c0f36dbdee21ea0bc8278ebdc43b6bdf9708ed63672e0e269b5"}}, "micro_f1"},
    {{"weighted_f1_score",
      {"29421137076261e63c42fe99c12e80bee4c5beeb13669abf476617ac5c4993eb",
       "53f7be08f9aa7ce549594d693f84dcf5effaad3eeb145ac29886b4b17cb3e1da"}},
     "weighted_f1"}};

}  // namespace

constinit const Benchmark averaged_f1{.aggregations = kAggregations};

}  // namespace bantam::task
