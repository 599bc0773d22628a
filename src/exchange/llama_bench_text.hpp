#pragma once
// Tests as llama-bench writes them, in each of its forms. Pure; knows nothing of where they come from.

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "exchange/llama_bench_form.hpp"

namespace bantam::exchange {

enum class BenchForm { json, jsonl, csv, sql, md };
// usage, naming the known ones, for any other.
base::Result<BenchForm> bench_form_from(std::string_view text);

// The fields in llama-bench's order, of these only those that any test has; behind them what else the tests
// have, in JSON alone. A field that a test lacks is null in JSON and SQL and empty in CSV. Texts that a
// spreadsheet takes for a formula get an apostrophe in CSV.
std::string bench_text(const std::vector<BenchRow>& rows, BenchForm form);

}  // namespace bantam::exchange
