#pragma once
// What llama-bench -o json, jsonl, csv or sql wrote, as its tests. Knows nothing of what they say.

#include <string>
#include <vector>

#include "base/json.hpp"
#include "base/result.hpp"
#include "exchange/llama_bench_form.hpp"

namespace bantam::exchange {

struct BenchTest {
  base::Json json;  // an object as the file has it; of texts where its form knows nothing else
  BenchRow row;
};
struct BenchTests {
  std::vector<BenchTest> tests;
  std::vector<std::string> notes;  // what is no whole test
};

// Which form it is shows in the text. bad_input, naming the file, when it is none.
base::Result<BenchTests> read_bench_tests(const std::string& text, const std::string& name);

}  // namespace bantam::exchange
