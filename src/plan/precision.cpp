#include "plan/precision.hpp"

#include <fmt/format.h>
#include <utility>

#include "base/text.hpp"

namespace bantam::plan {
namespace {

// Other spellings of a canonical name, lower case.
const std::vector<std::pair<std::string, std::string>>& aliases() {
  static const std::vector<std::pair<std::string, std::string>> kAliases{
      {"f32", "fp32"},    {"float32", "fp32"},  {"f16", "fp16"},    {"float16", "fp16"},
      {"half", "fp16"},   {"bfloat16", "bf16"}, {"q8_0", "int8"},   {"w8a8", "int8"},
      {"q4_k_m", "int4"}, {"q4_k", "int4"},     {"q5_k", "Q5_K_M"}, {"q3_k", "Q3_K_M"}};
  return kAliases;
}

}  // namespace

const std::vector<Precision>& known_precisions() {
  // Nominal bits per weight of the block formats, as llama.cpp's quantize tool states them.
  static const std::vector<Precision> kKnown{{"fp32", "F32", 32.0},        {"fp16", "F16", 16.0},
                                             {"bf16", "BF16", 16.0},       {"int8", "Q8_0", 8.5},
                                             {"Q6_K", "Q6_K", 6.56},       {"Q5_1", "Q5_1", 6.0},
                                             {"Q5_K_M", "Q5_K_M", 5.69},   {"Q5_K_S", "Q5_K_S", 5.54},
                                             {"Q5_0", "Q5_0", 5.5},        {"Q4_1", "Q4_1", 5.0},
                                             {"int4", "Q4_K_M", 4.85},     {"Q4_K_S", "Q4_K_S", 4.58},
                                             {"Q4_0", "Q4_0", 4.5},        {"IQ4_NL", "IQ4_NL", 4.5},
                                             {"IQ4_XS", "IQ4_XS", 4.25},   {"MXFP4_MOE", "MXFP4_MOE", 4.25},
                                             {"Q3_K_L", "Q3_K_L", 4.03},   {"Q3_K_M", "Q3_K_M", 3.74},
                                             {"IQ3_M", "IQ3_M", 3.66},     {"IQ3_S", "IQ3_S", 3.44},
                                             {"Q3_K_S", "Q3_K_S", 3.41},   {"IQ3_XS", "IQ3_XS", 3.3},
                                             {"IQ3_XXS", "IQ3_XXS", 3.06}, {"Q2_K", "Q2_K", 2.96},
                                             {"Q2_K_S", "Q2_K_S", 2.9},    {"IQ2_M", "IQ2_M", 2.7},
                                             {"IQ2_S", "IQ2_S", 2.5},      {"IQ2_XS", "IQ2_XS", 2.31},
                                             {"Q2_0", "Q2_0", 2.25},       {"IQ2_XXS", "IQ2_XXS", 2.06},
                                             {"TQ2_0", "TQ2_0", 2.06},     {"IQ1_M", "IQ1_M", 1.75},
                                             {"TQ1_0", "TQ1_0", 1.69},     {"IQ1_S", "IQ1_S", 1.56},
                                             {"Q1_0", "Q1_0", 1.125}};
  return kKnown;
}

base::Result<Precision> parse_precision(std::string_view text) {
  std::string lower = base::ascii_lower(text);
  for (const auto& [alias, canonical] : aliases()) {
    if (alias == lower) lower = base::ascii_lower(canonical);
  }
  std::vector<std::string> names;
  for (const Precision& known : known_precisions()) {
    if (base::ascii_lower(known.name) == lower) return known;
    names.push_back(known.name);
  }
  const auto near = base::closest(lower, names);
  return base::fail(base::ErrorKind::usage, fmt::format("unknown precision '{}'", base::printable(text)),
                    near ? fmt::format("did you mean {}? Known: {}", *near, base::join(names, ", "))
                         : fmt::format("known: {}", base::join(names, ", ")));
}

}  // namespace bantam::plan
