// Our own tables of GGUF types agree with the linked llama.cpp.
#include "gguf/types.hpp"

#include <ggml.h>
#include <gtest/gtest.h>
#include <llama.h>

#include "base/text.hpp"

namespace bantam::model {
namespace {

TEST(GgufTypes, BlocksAreThoseOfTheLibrary) {
  for (std::uint32_t id = 0; id < GGML_TYPE_COUNT + 4; ++id) {
    const auto type = gguf::tensor_type(id);
    const bool is_known = id < GGML_TYPE_COUNT && ggml_blck_size(static_cast<ggml_type>(id)) > 0;
    ASSERT_EQ(type.has_value(), is_known) << id;
    if (!type) continue;
    const auto theirs = static_cast<ggml_type>(id);
    EXPECT_EQ(base::ascii_lower(type->name), base::ascii_lower(ggml_type_name(theirs)));
    EXPECT_EQ(type->block_elements, static_cast<std::uint64_t>(ggml_blck_size(theirs))) << type->name;
    EXPECT_EQ(type->block_bytes, ggml_type_size(theirs)) << type->name;
  }
}

TEST(GgufTypes, FileTypesAreThoseOfTheLibrary) {
  EXPECT_EQ(gguf::file_type("F32")->id, static_cast<std::uint32_t>(LLAMA_FTYPE_ALL_F32));
  EXPECT_EQ(gguf::file_type("F16")->id, static_cast<std::uint32_t>(LLAMA_FTYPE_MOSTLY_F16));
  for (std::uint32_t id = 2; id < 64; ++id) {
    const auto type = gguf::file_type(id);
    if (!type) continue;
    // The library's name starts with ours, apart from size suffixes ("Q4_K - Medium") and mixtures.
    const std::string theirs = llama_ftype_name(static_cast<llama_ftype>(id));
    EXPECT_NE(theirs, "unknown, may not work") << type->name;
    if (type->name == "IQ3_M" || type->name == "MXFP4_MOE") continue;
    std::string ours(type->name.substr(0, type->name.find("_K") == std::string_view::npos
                                              ? std::string_view::npos
                                              : type->name.find("_K") + 2));
    EXPECT_TRUE(theirs.starts_with(ours)) << type->name << " is " << theirs;
  }
}

}  // namespace
}  // namespace bantam::model
