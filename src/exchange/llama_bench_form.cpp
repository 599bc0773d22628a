#include "exchange/llama_bench_form.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace bantam::exchange {
namespace {

using base::Json;

// Where llama.cpp's description is not the type's own name (llama_ftype_name()).
struct TypeName {
  std::string_view type;
  std::string_view name;
};
constexpr TypeName kTypeNames[] = {
    {"F32", "all F32"},
    {"MXFP4_MOE", "MXFP4 MoE"},
    {"Q2_K", "Q2_K - Medium"},
    {"Q2_K_S", "Q2_K - Small"},
    {"Q3_K_S", "Q3_K - Small"},
    {"Q3_K_M", "Q3_K - Medium"},
    {"Q3_K_L", "Q3_K - Large"},
    {"Q4_K_S", "Q4_K - Small"},
    {"Q4_K_M", "Q4_K - Medium"},
    {"Q5_K_S", "Q5_K - Small"},
    {"Q5_K_M", "Q5_K - Medium"},
    {"TQ1_0", "TQ1_0 - 1.69 bpw ternary"},
    {"TQ2_0", "TQ2_0 - 2.06 bpw ternary"},
    {"IQ2_XXS", "IQ2_XXS - 2.0625 bpw"},
    {"IQ2_XS", "IQ2_XS - 2.3125 bpw"},
    {"IQ2_S", "IQ2_S - 2.5 bpw"},
    {"IQ2_M", "IQ2_M - 2.7 bpw"},
    {"IQ3_XS", "IQ3_XS - 3.3 bpw"},
    {"IQ3_XXS", "IQ3_XXS - 3.0625 bpw"},
    {"IQ1_S", "IQ1_S - 1.5625 bpw"},
    {"IQ1_M", "IQ1_M - 1.75 bpw"},
    {"IQ4_NL", "IQ4_NL - 4.5 bpw"},
    {"IQ4_XS", "IQ4_XS - 4.25 bpw"},
    {"IQ3_S", "IQ3_S - 3.4375 bpw"},
    {"IQ3_M", "IQ3_S mix - 3.66 bpw"},
};
// Those whose name it is.
constexpr std::string_view kPlainTypes[] = {"F16",  "BF16", "Q1_0", "Q2_0", "Q4_0",
                                            "Q4_1", "Q5_0", "Q5_1", "Q8_0", "Q6_K"};

// As llama-bench writes it into CSV: flags as 0 and 1.
std::string field_text(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_boolean()) return value.get<bool>() ? "1" : "0";
  return base::to_text(value);
}

std::vector<std::string> numbers_at(const Json& json, const char* key) {
  std::vector<std::string> numbers;
  for (const Json& one : base::child_at(json, key)) {
    if (one.is_number()) numbers.push_back(base::to_text(one));
  }
  return numbers;
}

}  // namespace

const BenchField* find_bench_field(std::string_view name) {
  const auto found = std::ranges::find(kBenchFields, name, &BenchField::name);
  return found == kBenchFields.end() ? nullptr : &*found;
}

std::optional<BenchRow> bench_row(const Json& json) {
  if (!json.is_object()) return std::nullopt;
  BenchRow row;
  for (const auto& [name, value] : json.items()) {
    const bool is_field = find_bench_field(name) != nullptr;
    if (is_field && !value.is_structured() && !value.is_null()) row.fields[name] = field_text(value);
    if (!is_field && name != kSamplesNs && name != kSamplesTs) row.more[name] = value;
  }
  row.samples_ns = numbers_at(json, kSamplesNs);
  row.samples_ts = numbers_at(json, kSamplesTs);
  return row;
}

std::optional<std::string> model_type(std::string_view architecture, std::string_view file_type) {
  const auto named = std::ranges::find(kTypeNames, file_type, &TypeName::type);
  const bool is_plain = std::ranges::find(kPlainTypes, file_type) != std::end(kPlainTypes);
  if (named == std::end(kTypeNames) && !is_plain) return std::nullopt;
  return fmt::format("{} ?B {}", architecture, is_plain ? file_type : named->name);
}

}  // namespace bantam::exchange
