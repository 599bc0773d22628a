// Expected values are computed by hand from the rules of docs/devices.md.

#include "predict/other_machine.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bantam::predict {
namespace {

using namespace engine;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

// 4.5 MB of q4_K in two matrices and 1 MB of f16; attention of 8 query and 2 K and V heads of 64 in two
// layers: 2 x (64 + 64) x 2 bytes a cell and layer.
Work work_of(std::int64_t columns) {
  Work work;
  work.tokens = columns;
  work.matrices = {{"q4_K", "CPU_REPACK", 2000, 2000, columns, 2'250'000, 2, 0},
                   {"f16", "CPU", 1000, 500, columns, 1'000'000, 1, 0}};
  AttentionWork attention;
  attention.type_k = attention.type_v = "f16";
  attention.head_size_k = attention.head_size_v = 64;
  attention.heads = 8;
  attention.kv_heads = 2;
  attention.columns = columns;
  attention.cells = 1000;
  attention.cell_bytes = 512;
  attention.count = 2;
  work.attentions = {attention};
  work.other_bytes = 20'000;
  work.operations = 10;
  return work;
}

// A prompt of 257 tokens and 100 new ones.
Estimate estimate_of() {
  Estimate estimate;
  estimate.single.prefill = {work_of(257)};
  estimate.single.decode = work_of(1);
  estimate.single.prompt_tokens = 257;
  estimate.single.new_tokens = 100;
  return estimate;
}

// Memory and all weights at 10 GB/s.
DeviceRates ten_gigabytes() {
  DeviceRates device;
  device.name = "board";
  device.physical_cores = 4;
  device.threads = {{4, 1e10, 2e-6}};
  device.types = {{"q4_K", 4.5, false, 1e10, {}, {}}, {"f16", 16.0, false, 1e10, {}, {}}};
  return device;
}

// Half-way through the output 257 + 50 cells are filled.
constexpr double kCells = 307.0;

TEST(SpeedThere, DecodesAsFastAsWhatATokenReads) {
  const SpeedThere there = speed_there(ten_gigabytes(), estimate_of(), true);
  ASSERT_TRUE(there.single);
  const double step_s = (4.5e6 + 1e6) / 1e10 + 2 * kCells * 512 / 1e10 + 20'000 / 1e10 + 10 * 2e-6;
  EXPECT_NEAR(there.single->decode_tokens_per_s, 1.0 / step_s, 1e-6);
  EXPECT_NEAR(*there.single->read_share, (5.5e6 + 2 * kCells * 512) / step_s / 1e10, 1e-9);
  EXPECT_EQ(there.single->time_error, std::nullopt);  // of another machine none is told
  EXPECT_THAT(there.rules, Contains(HasSubstr("Attention is not known")));
}

TEST(SpeedThere, HasNoTtftWithoutARateOfPrompts) {
  const SpeedThere there = speed_there(ten_gigabytes(), estimate_of(), true);
  ASSERT_TRUE(there.single);
  EXPECT_EQ(there.single->ttft_s, std::nullopt);
  EXPECT_EQ(there.single->output_tokens_per_s, std::nullopt);
  EXPECT_THAT(there.single->ttft_absent.value_or(""), HasSubstr("no rate of prompts"));
}

TEST(SpeedThere, TakesThePromptOnTheLineBetweenOneAndManyTokens) {
  DeviceRates device = ten_gigabytes();
  device.types[0].operations_per_s = 1e11;
  device.types[1].operations_per_s = 5e10;
  device.attention = {{"f16", 128, 512, 2e10}};
  const SpeedThere there = speed_there(device, estimate_of(), true);
  ASSERT_TRUE(there.single);
  // With 512 columns 4 M weights of a matrix take 2 x 4e6 x 512 / 1e11 s, and with one 2.25e6 / 1e10 s; 257
  // is 256/511 of the way.
  const double share = 256.0 / 511.0;
  const auto between = [&](double one_s, double many_s) { return one_s + share * (many_s - one_s); };
  const double q4_s = 2 * between(2.25e6 / 1e10, 2.0 * 4e6 * 512 / 1e11);
  const double f16_s = between(1e6 / 1e10, 2.0 * 0.5e6 * 512 / 5e10);
  // 129 cells on average; 2 x 128 x 8 heads x 257 columns operations each, in two layers.
  const double attention_s = 2 * 129.0 * 2 * 128 * 8 * 257 / 2e10;
  const double ttft_s = q4_s + f16_s + attention_s + 20'000 / 1e10 + 10 * 2e-6;
  EXPECT_NEAR(*there.single->ttft_s, ttft_s, 1e-9);
  // One column attends as the file's only figure computes, too.
  const double step_s = 5.5e6 / 1e10 + 2 * kCells * 2 * 128 * 8 / 2e10 + 20'000 / 1e10 + 10 * 2e-6;
  EXPECT_NEAR(there.single->decode_tokens_per_s, 1.0 / step_s, 1e-6);
  EXPECT_NEAR(*there.single->output_tokens_per_s, 100.0 / (ttft_s + 99 * step_s), 1e-6);
}

Peaks wanted(const std::string& type, std::int64_t columns) {
  Peaks peaks;
  peaks.matrices = {{type, "CPU", columns, std::int64_t{512} << 20, 0.0}};
  return peaks;
}

TEST(DeriveRates, TakesTheTypeNearestInBitsButNoMoreThanMemory) {
  DeviceRates device = ten_gigabytes();
  device.types = {{"q2_K", 2.625, false, 7e9, {}, {}},
                  {"q5_K", 5.5, false, 9e9, {}, {}},
                  {"q8_0", 8.5, false, 2e10, {}, {}}};
  // q6_K has 6.5625 bits: q5_K is 1.06 away, q8_0 1.94.
  const DerivedRates near = derive_rates(device, wanted("q6_K", 1), true);
  ASSERT_EQ(near.peaks.matrices.size(), 1U);
  EXPECT_DOUBLE_EQ(near.peaks.matrices[0].bytes_per_s, 9e9);
  EXPECT_THAT(near.rules, Contains(HasSubstr("q6_K are read as fast as those of q5_K")));
  // f16: q8_0 is nearest, and its 20 GB/s come from no memory of 10 GB/s.
  EXPECT_DOUBLE_EQ(derive_rates(device, wanted("f16", 1), true).peaks.matrices.at(0).bytes_per_s, 1e10);
  // What the file has is taken as it is.
  const DerivedRates own = derive_rates(device, wanted("q8_0", 1), true);
  EXPECT_DOUBLE_EQ(own.peaks.matrices.at(0).bytes_per_s, 2e10);
  EXPECT_THAT(own.rules, Not(Contains(HasSubstr("nearest"))));
}

TEST(DeriveRates, TakesRearrangedWeightsOnlyWhereTheEngineMay) {
  DeviceRates device = ten_gigabytes();
  device.types = {{"q4_K", 4.5, false, 5e9, {}, {}}, {"q4_K", 4.5, true, 8e9, {}, {}}};
  EXPECT_DOUBLE_EQ(derive_rates(device, wanted("q4_K", 1), true).peaks.matrices.at(0).bytes_per_s, 8e9);
  EXPECT_DOUBLE_EQ(derive_rates(device, wanted("q4_K", 1), false).peaks.matrices.at(0).bytes_per_s, 5e9);
  // Of f16 the nearest type is q4_K, as the engine would have it.
  EXPECT_DOUBLE_EQ(derive_rates(device, wanted("f16", 1), false).peaks.matrices.at(0).bytes_per_s, 5e9);
}

TEST(DeriveRates, WithoutTypesReadsWeightsAsFastAsMemory) {
  DeviceRates device = ten_gigabytes();
  device.types.clear();
  const DerivedRates derived = derive_rates(device, wanted("q4_K", 1), true);
  EXPECT_DOUBLE_EQ(derived.peaks.matrices.at(0).bytes_per_s, 1e10);
  EXPECT_THAT(derived.rules, Contains(HasSubstr("as fast as memory")));
}

TEST(SpeedThere, IsAbsentWhereNothingIsKnown) {
  DeviceRates device = ten_gigabytes();
  device.types.clear();
  device.threads.clear();
  const SpeedThere there = speed_there(device, estimate_of(), true);
  EXPECT_EQ(there.single.has_value(), false);
  EXPECT_THAT(there.speed_absent.value_or(""), HasSubstr("neither a rate of weights nor a read bandwidth"));
}

TEST(SpeedThere, OfWholeStepsCountsNoOperationsAndKnowsNoShare) {
  DeviceRates device = ten_gigabytes();
  device.threads.clear();
  device.rates_of = RatesOf::whole_steps;
  const SpeedThere there = speed_there(device, estimate_of(), true);
  ASSERT_TRUE(there.single);
  const double step_s = (5.5e6 + 2 * kCells * 512 + 20'000) / 1e10;
  EXPECT_NEAR(there.single->decode_tokens_per_s, 1.0 / step_s, 1e-6);
  EXPECT_EQ(there.single->read_share, std::nullopt);
  EXPECT_THAT(there.rules, Contains(HasSubstr("of whole tokens")));
}

TEST(SpeedThere, TellsThatTheTimeOfOperationsIsLeftOut) {
  DeviceRates device = ten_gigabytes();
  device.threads[0].operation_s.reset();
  EXPECT_THAT(speed_there(device, estimate_of(), true).rules, Contains(HasSubstr("start operations")));
  device.threads[0].operation_s = 2e-6;
  EXPECT_THAT(speed_there(device, estimate_of(), true).rules, Not(Contains(HasSubstr("start operations"))));
}

}  // namespace
}  // namespace bantam::predict
