#pragma once
// Every benchmark that brings code, one file each beside this one; benchmark.cpp lists them.

#include "task/benchmarks/benchmark.hpp"

namespace bantam::task {

extern const Benchmark hellaswag, wikitext, winogrande, copa, squad, squad_v2, truthfulqa, drop, coqa, ifeval,
    averaged_f1, row_filters;

}  // namespace bantam::task
