#pragma once
// llama-bench's results: its JSON, JSONL, CSV and SQL, told apart by their content. Prompt and generation
// tests of one model with the same settings become one record; what varies within the file is its point.

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "exchange/imported.hpp"

namespace bantam::exchange {

// What records are marked with (record::Imported) that were read from its files; and where their content
// keeps the tests that they are of, each as the file has it with its place there.
inline constexpr std::string_view kLlamaBenchTool = "llama-bench";
inline constexpr const char* kKeptTests = "tests";
inline constexpr const char* kKeptPlace = "place";
inline constexpr const char* kKeptTest = "test";

// `device`: what the machine is called; absent: by the processors that the file names. Rows that are broken,
// of an unknown file type, or of a combined test (-pg) are left out with a note; of two rows of one test the
// newer counts. bad_input when it is none of the four forms, or holds no test.
base::Result<ImportedRecords> read_llama_bench(const std::filesystem::path& file,
                                               const std::optional<std::string>& device);

// "llama 1B Q4_K - Medium" is "Q4_K_M"; absent where it names no file type.
std::optional<std::string> file_type_in(std::string_view model_type);

}  // namespace bantam::exchange
