#pragma once
// Models that a program of its own has (docs/engines.md), as users name them. Knows nothing of whether there
// is such a program.

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "plan/plan.hpp"

namespace bantam::plan {

inline constexpr const char* kProgramEngine = "process";  // values of --engine: the program is named,
inline constexpr const char* kTransformersEngine = "transformers";  // or comes with bantam
inline constexpr const char* kOnnxEngine = "onnx";
inline constexpr const char* kProgramScheme = "process:";  // of references: process:PATH
inline constexpr const char* kNativePrecision = "native";  // the weights as the model's files have them

// Whether it is the name of a program that comes with bantam.
bool is_known_program(std::string_view name);

// Whether --engine has a program of its own compute.
bool is_program_engine(std::string_view engine_name);

// The words of a command: between blanks, or the strings of a JSON list where it begins with '['. No shell
// sees it. usage for an empty one, and for JSON that is no list of texts.
base::Result<std::vector<std::string>> words_of_command(std::string_view command);

// Before the models get their names: checks that the engine, its command and what is asked for go together,
// and makes references and precisions those of a program. Nothing for another engine. usage for what a
// program cannot do.
base::Status complete_program(Plan& plan);

}  // namespace bantam::plan
