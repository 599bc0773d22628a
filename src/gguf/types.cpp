#include "gguf/types.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"

namespace bantam::gguf {
namespace {

// Block sizes as in ggml-common.h; tests/model compares them with the linked library.
constexpr std::array kTensorTypes{
    TensorType{0, "F32", 1, 4},         TensorType{1, "F16", 1, 2},
    TensorType{2, "Q4_0", 32, 18},      TensorType{3, "Q4_1", 32, 20},
    TensorType{6, "Q5_0", 32, 22},      TensorType{7, "Q5_1", 32, 24},
    TensorType{8, "Q8_0", 32, 34},      TensorType{9, "Q8_1", 32, 36},
    TensorType{10, "Q2_K", 256, 84},    TensorType{11, "Q3_K", 256, 110},
    TensorType{12, "Q4_K", 256, 144},   TensorType{13, "Q5_K", 256, 176},
    TensorType{14, "Q6_K", 256, 210},   TensorType{15, "Q8_K", 256, 292},
    TensorType{16, "IQ2_XXS", 256, 66}, TensorType{17, "IQ2_XS", 256, 74},
    TensorType{18, "IQ3_XXS", 256, 98}, TensorType{19, "IQ1_S", 256, 50},
    TensorType{20, "IQ4_NL", 32, 18},   TensorType{21, "IQ3_S", 256, 110},
    TensorType{22, "IQ2_S", 256, 82},   TensorType{23, "IQ4_XS", 256, 136},
    TensorType{24, "I8", 1, 1},         TensorType{25, "I16", 1, 2},
    TensorType{26, "I32", 1, 4},        TensorType{27, "I64", 1, 8},
    TensorType{28, "F64", 1, 8},        TensorType{29, "IQ1_M", 256, 56},
    TensorType{30, "BF16", 1, 2},       TensorType{34, "TQ1_0", 256, 54},
    TensorType{35, "TQ2_0", 256, 66},   TensorType{39, "MXFP4", 32, 17},
    TensorType{40, "NVFP4", 64, 36},    TensorType{41, "Q1_0", 128, 18},
    TensorType{42, "Q2_0", 64, 18},
};

constexpr std::array kFileTypes{
    FileType{0, "F32"},
    FileType{1, "F16"},
    FileType{2, "Q4_0"},
    FileType{3, "Q4_1"},
    FileType{7, "Q8_0"},
    FileType{8, "Q5_0"},
    FileType{9, "Q5_1"},
    FileType{10, "Q2_K"},
    FileType{11, "Q3_K_S"},
    FileType{12, "Q3_K_M"},
    FileType{13, "Q3_K_L"},
    FileType{14, "Q4_K_S"},
    FileType{15, "Q4_K_M"},
    FileType{16, "Q5_K_S"},
    FileType{17, "Q5_K_M"},
    FileType{18, "Q6_K"},
    FileType{19, "IQ2_XXS", HowMade::needs_importance},
    FileType{20, "IQ2_XS", HowMade::needs_importance},
    FileType{21, "Q2_K_S", HowMade::needs_importance},
    FileType{22, "IQ3_XS", HowMade::needs_importance},
    FileType{23, "IQ3_XXS", HowMade::needs_importance},
    FileType{24, "IQ1_S", HowMade::needs_importance},
    FileType{25, "IQ4_NL"},
    FileType{26, "IQ3_S"},
    FileType{27, "IQ3_M"},
    FileType{28, "IQ2_S", HowMade::needs_importance},
    FileType{29, "IQ2_M", HowMade::needs_importance},
    FileType{30, "IQ4_XS"},
    FileType{31, "IQ1_M", HowMade::needs_importance},
    FileType{32, "BF16"},
    FileType{36, "TQ1_0"},
    FileType{37, "TQ2_0"},
    FileType{38, "MXFP4_MOE", HowMade::needs_experts},
    FileType{39, "NVFP4", HowMade::unsupported},
    FileType{40, "Q1_0"},
    FileType{41, "Q2_0"},
};

template <typename Table, typename Matches>
auto first(const Table& table, Matches matches) {
  const auto found = std::find_if(table.begin(), table.end(), matches);
  return found == table.end() ? std::nullopt : std::optional(*found);
}

}  // namespace

std::optional<TensorType> tensor_type(std::uint32_t id) {
  return first(kTensorTypes, [id](const TensorType& type) { return type.id == id; });
}

std::optional<TensorType> tensor_type(std::string_view name) {
  const std::string wanted = base::ascii_lower(name);
  return first(kTensorTypes, [&](const TensorType& type) { return base::ascii_lower(type.name) == wanted; });
}

bool is_float(std::string_view name) {
  return name == "F32" || name == "F16" || name == "BF16" || name == "F64";
}

std::optional<FileType> file_type(std::uint32_t id) {
  return first(kFileTypes, [id](const FileType& type) { return type.id == id; });
}

std::optional<FileType> file_type(std::string_view name) {
  return first(kFileTypes, [name](const FileType& type) { return type.name == name; });
}

bool uses_importance(const FileType& type) {
  constexpr std::array<std::string_view, 10> kPlain{"F32",   "F16",  "BF16", "Q8_0",      "TQ1_0",
                                                    "TQ2_0", "Q1_0", "Q2_0", "MXFP4_MOE", "NVFP4"};
  return std::find(kPlain.begin(), kPlain.end(), type.name) == kPlain.end();
}

std::optional<FileType> likely_file_type(std::string_view tensor_type_name) {
  if (const auto same = file_type(tensor_type_name)) return same;
  if (tensor_type_name == "MXFP4") return file_type("MXFP4_MOE");
  return file_type(std::string(tensor_type_name) + "_M");  // Q3_K, Q4_K and Q5_K
}

std::string known_tensor_types() {
  std::string names;
  for (const TensorType& type : kTensorTypes) names += (names.empty() ? "" : ", ") + std::string(type.name);
  return names;
}

}  // namespace bantam::gguf
