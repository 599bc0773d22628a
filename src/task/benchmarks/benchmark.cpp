#include "task/benchmarks/benchmark.hpp"

#include <algorithm>
#include <vector>

#include "base/text.hpp"
#include "task/benchmarks/all.hpp"

namespace bantam::task {

namespace {

constexpr const Benchmark* kBenchmarks[] = {&hellaswag, &wikitext, &winogrande,  &copa,
                                            &squad,     &squad_v2, &truthfulqa,  &drop,
                                            &coqa,      &ifeval,   &averaged_f1, &row_filters};

bool has_source(const FunctionName& is, std::string_view source) {
  return !source.empty() && std::ranges::find(is.sources, source) != is.sources.end();
}

// The first function of this kind whose name fits.
template <typename Function, typename Fits>
const Function* find(std::span<const Function> Benchmark::*kind, Fits fits) {
  for (const Benchmark* benchmark : kBenchmarks) {
    for (const Function& function : benchmark->*kind) {
      if (fits(function.is)) return &function;
    }
  }
  return nullptr;
}

template <typename Function>
std::string names(std::span<const Function> Benchmark::*kind) {
  std::vector<std::string> all;
  for (const Benchmark* benchmark : kBenchmarks) {
    for (const Function& function : benchmark->*kind) all.emplace_back(function.is.name);
  }
  return base::join(all, ", ");
}

}  // namespace

std::span<const Benchmark* const> benchmarks() {
  return kBenchmarks;
}

const RowFunction* find_row_function(std::string_view source) {
  const RowFunction* found =
      find(&Benchmark::rows, [&](const FunctionName& is) { return has_source(is, source); });
  return found != nullptr && found->value.empty() ? found : nullptr;
}

const RowFunction* find_row_function(std::string_view module, std::string_view name) {
  return find(&Benchmark::rows, [&](const FunctionName& is) {
    return has_source(is, module) && is.name.substr(is.name.find('.') + 1) == name;
  });
}

const RowFunction* row_function_named(std::string_view name) {
  return find(&Benchmark::rows, [&](const FunctionName& is) { return is.name == name; });
}

// Those that one module makes of many values are one entry.
std::string row_function_names() {
  std::vector<std::string> all;
  for (const Benchmark* benchmark : kBenchmarks) {
    for (const RowFunction& function : benchmark->rows) {
      std::string name(function.is.name);
      if (!function.value.empty()) name = name.substr(0, name.find('_', name.find('.')) + 1) + "*";
      if (all.empty() || all.back() != name) all.push_back(std::move(name));
    }
  }
  return base::join(all, ", ");
}

const FieldFunction* find_field_function(std::string_view source) {
  return find(&Benchmark::fields, [&](const FunctionName& is) { return has_source(is, source); });
}

const FieldFunction* field_function_named(std::string_view name) {
  return find(&Benchmark::fields, [&](const FunctionName& is) { return is.name == name; });
}

std::string field_function_names() {
  return names(&Benchmark::fields);
}

const ResultsFunction* find_results_function(std::string_view source) {
  return find(&Benchmark::results, [&](const FunctionName& is) { return has_source(is, source); });
}

const ResultsFunction* results_function_named(std::string_view name) {
  return find(&Benchmark::results, [&](const FunctionName& is) { return is.name == name; });
}

std::string results_function_names() {
  return names(&Benchmark::results);
}

const AggregationFunction* find_aggregation_function(std::string_view source) {
  return find(&Benchmark::aggregations, [&](const FunctionName& is) { return has_source(is, source); });
}

const AggregationFunction* aggregation_function_named(std::string_view name) {
  return find(&Benchmark::aggregations, [&](const FunctionName& is) { return is.name == name; });
}

std::string aggregation_function_names() {
  return names(&Benchmark::aggregations);
}

}  // namespace bantam::task
