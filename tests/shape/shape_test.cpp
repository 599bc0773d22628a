#include "shape/shape.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>
#include <set>

#include "base/files.hpp"
#include "shape/tensors.hpp"
#include "shape/vocabulary.hpp"

namespace bantam::shape {

// In the names of tests, which must not hold where texts lie.
static void PrintTo(const Shape& shape, std::ostream* out) {
  *out << shape.name;
}

namespace {

using testing::HasSubstr;

// Exact counts that the publishers' weight files state (safetensors metadata), encoders and Gemma 3 4B
// without the parts that a converted file leaves out.
const std::map<std::string, std::int64_t> kPublished{
    {"llama-3.2-1b", 1'235'814'400},   {"llama-3.2-3b", 3'212'749'824}, {"llama-3.1-8b", 8'030'261'248},
    {"tinyllama-1.1b", 1'100'048'384}, {"mistral-7b", 7'248'023'552},   {"smollm2-135m", 134'515'008},
    {"smollm2-360m", 361'821'120},     {"smollm2-1.7b", 1'711'376'384}, {"qwen2.5-0.5b", 494'032'768},
    {"qwen2.5-1.5b", 1'543'714'304},   {"qwen2.5-3b", 3'085'938'688},   {"gemma-2-2b", 2'614'341'888},
    {"gemma-3-1b", 999'885'952},       {"gemma-3-4b", 3'880'099'328},   {"phi-2", 2'779'683'840},
    {"phi-3-mini", 3'821'079'552},     {"phi-3.5-mini", 3'821'079'552}, {"all-minilm-l6-v2", 22'565'376},
    {"distilbert", 66'362'880},
};

class EveryShape : public testing::TestWithParam<Shape> {};

TEST_P(EveryShape, HasThePublishedNumberOfParameters) {
  const Shape& shape = GetParam();
  EXPECT_EQ(count_parameters(shape), shape.published_parameters - shape.not_stored_parameters);
  ASSERT_TRUE(kPublished.contains(shape.name)) << "state its number of parameters here too";
  EXPECT_EQ(count_parameters(shape), kPublished.at(shape.name));
}

TEST_P(EveryShape, HasDifferentTensors) {
  std::set<std::string> names;
  for (const ShapeTensor& tensor : list_tensors(GetParam()))
    EXPECT_TRUE(names.insert(tensor.name).second) << tensor.name;
}

TEST_P(EveryShape, HasAVocabularyOfItsSizeAndNoTokenTwice) {
  const ShapeVocabulary vocabulary = make_vocabulary(GetParam());
  const auto size = static_cast<std::size_t>(GetParam().vocabulary);
  EXPECT_EQ(vocabulary.tokens.size(), size);
  EXPECT_EQ(vocabulary.kinds.size(), size);
  EXPECT_EQ(std::set<std::string>(vocabulary.tokens.begin(), vocabulary.tokens.end()).size(), size);
}

TEST_P(EveryShape, IsFoundByEachOfItsNames) {
  std::vector<std::string> names = GetParam().aliases;
  names.push_back(GetParam().name);
  for (const std::string& name : names) {
    const auto found = find_shape(name);
    ASSERT_TRUE(found) << name;
    EXPECT_EQ(found->name, GetParam().name);
  }
}

INSTANTIATE_TEST_SUITE_P(Shapes, EveryShape, testing::ValuesIn(*known_shapes()), [](const auto& each) {
  std::string name = each.param.name;
  for (char& c : name) c = std::isalnum(static_cast<unsigned char>(c)) ? c : '_';
  return name;
});

TEST(FindShape, IgnoresCase) {
  EXPECT_EQ(find_shape("Qwen2.5-0.5B-Instruct")->name, "qwen2.5-0.5b");
}

TEST(FindShape, NamesTheNearest) {
  const auto found = find_shape("lama-3.2-1b");
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().kind, base::ErrorKind::usage);
  EXPECT_THAT(found.error().hint, HasSubstr("synthetic:llama-3.2-1b"));
}

TEST(FindShape, SaysWhyAModelHasNone) {
  const auto found = find_shape("falcon-rw-1b");
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().kind, base::ErrorKind::usage);
  EXPECT_THAT(found.error().message, HasSubstr("ALiBi"));
}

TEST(ParseShape, NamesTheFieldThatIsWrong) {
  const std::string good = *base::read_file(BANTAM_SOURCE_DIR "/shapes/smollm2-135m.yaml");
  ASSERT_TRUE(parse_shape(good, "good.yaml"));
  EXPECT_THAT(parse_shape(good + "headz: 3\n", "a.yaml").error().message,
              HasSubstr("a.yaml: unknown field 'headz'"));
  EXPECT_THAT(parse_shape("name: x\n", "b.yaml").error().message, HasSubstr("'title' is missing"));
  const auto replaced = [&](std::string_view from, std::string_view to) {
    std::string text = good;
    text.replace(text.find(from), from.size(), to);
    return parse_shape(text, "c.yaml").error().message;
  };
  EXPECT_THAT(replaced("layers: 30", "layers: -1"), HasSubstr("between 1 and"));
  EXPECT_THAT(replaced("kv_heads: 3", "kv_heads: 4"), HasSubstr("multiple of kv_heads"));
  EXPECT_THAT(replaced("architecture: llama", "architecture: falcon"), HasSubstr("'falcon'"));
  EXPECT_THAT(replaced("vocabulary: 49152", "vocabulary: 100"), HasSubstr("vocabulary must have"));
}

// The rule of Llama 3.1, computed by hand for base 500000, 64 rotated elements, factor 32, context 8192:
// short waves stay, long ones are divided by the factor.
TEST(RopeFactors, FollowTheRuleOfLlama3) {
  const std::vector<float> factors = rope_factors(*find_shape("llama-3.2-1b"));
  ASSERT_EQ(factors.size(), 32U);
  EXPECT_EQ(factors.front(), 1.0F);
  EXPECT_EQ(factors.back(), 32.0F);
  // i = 15: frequency 500000^(-30/64) = 0.00213, wavelength 2948 tokens, smooth = (8192/2948 - 1) / 3 = 0.593
  EXPECT_NEAR(factors[15], 1.0 / ((1.0 - 0.5931) / 32.0 + 0.5931), 0.003);
}

}  // namespace
}  // namespace bantam::shape
