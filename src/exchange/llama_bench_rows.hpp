#pragma once
// Records as tests of llama-bench: what was measured by its definition here, and what was read from its
// files. Knows nothing of files.

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "exchange/export_files.hpp"
#include "exchange/llama_bench_form.hpp"
#include "exchange/llama_bench_text.hpp"
#include "exchange/sources.hpp"
#include "record/record.hpp"

namespace bantam::exchange {

struct BenchRows {
  std::vector<BenchRow> rows;
  std::vector<std::string> notes;  // what was left out, and what the figures are not
};

// In the order of the records; of a record its prompt test (pp), then its generation test (tg). A sample is
// one repetition that counts, of any round. Settings that bantam leaves to the engine have llama-bench's
// defaults; what is not known is missing. Tests that were read from llama-bench's files are as they were, in
// the order of each file. Errors of the trials are passed on.
base::Result<BenchRows> bench_rows(const std::vector<record::Record>& records, const TrialSource& trials);

// Writes them into one file. bad_input when there is no test; usage and storage as write_export() says.
base::Result<ExportedFiles> write_llama_bench(const std::filesystem::path& path, BenchForm form,
                                              const std::vector<record::Record>& records,
                                              const TrialSource& trials, Existing existing);

}  // namespace bantam::exchange
