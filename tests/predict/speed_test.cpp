// Expected values are computed by hand from the formulas of docs/predict.md.

#include "predict/speed.hpp"

#include <gtest/gtest.h>

#include "base/json.hpp"

namespace bantam::predict {
namespace {

using namespace engine;

constexpr std::int64_t kMiB = std::int64_t{1} << 20;

// Two layers of one matrix each and an output matrix, in two types; attention over a cache of 100 cells.
Work small_work(std::int64_t columns) {
  Work work;
  work.tokens = columns;
  work.matrices = {{"f16", "CPU", 1000, 500, columns, 1'000'000, 2, 0},
                   {"q8_0", "CPU", 1000, 1000, columns, 1'100'000, 1, 0}};
  AttentionWork attention;
  attention.type_k = attention.type_v = "f16";
  attention.head_size_k = attention.head_size_v = 64;
  attention.heads = 8;
  attention.kv_heads = 2;
  attention.columns = columns;
  attention.cells = 100;
  attention.cell_bytes = 512;
  attention.count = 2;
  work.attentions = {attention};
  work.other_bytes = 20'000;
  work.operations = 10;
  return work;
}

// Rates of round numbers for all that `work` needs.
Peaks round_peaks(const Work& work) {
  Peaks peaks = rates_for(work, Peaks{}.span_limit_bytes);
  for (MatrixRate& rate : peaks.matrices) rate.bytes_per_s = rate.type == "f16" ? 1e9 : 2e9;
  for (AttentionRate& rate : peaks.attentions) rate.cells_per_s = 1e6;
  peaks.read_bytes_per_s = 1e10;
  peaks.operation_s = 1e-6;
  return peaks;
}

TEST(BatchTime, AddsUpMatricesAttentionAndOverhead) {
  const Work work = small_work(1);
  const auto time = batch_time(work, round_peaks(work), 40.0);
  ASSERT_TRUE(time);
  EXPECT_DOUBLE_EQ(time->matrices_s, 2e6 / 1e9 + 1.1e6 / 2e9);
  EXPECT_DOUBLE_EQ(time->attention_s, 2 * 40.0 / 1e6);
  EXPECT_DOUBLE_EQ(time->other_s, 20'000 / 1e10);
  EXPECT_DOUBLE_EQ(time->operations_s, 10e-6);
}

TEST(BatchTime, AttendsToNoMoreCellsThanTheLayerKeeps) {
  const Work work = small_work(1);  // a sliding window of 100 cells
  const auto time = batch_time(work, round_peaks(work), 4000.0);
  ASSERT_TRUE(time);
  EXPECT_DOUBLE_EQ(time->attention_s, 2 * 100.0 / 1e6);
}

TEST(BatchTime, NamesTheRateThatIsMissing) {
  const Work work = small_work(1);
  Peaks peaks = round_peaks(work);
  std::erase_if(peaks.matrices, [](const MatrixRate& rate) { return rate.type == "q8_0"; });
  const auto time = batch_time(work, peaks, 1.0);
  ASSERT_FALSE(time);
  EXPECT_NE(time.error().message.find("q8_0"), std::string::npos);
}

TEST(BytesRead, CountsEachWeightOnceAndFilledCellsOnly) {
  // The weights pass once, however many columns they are multiplied with.
  EXPECT_DOUBLE_EQ(bytes_read(small_work(1), 40.0), 3.1e6 + 2 * 40.0 * 512.0);
  EXPECT_DOUBLE_EQ(bytes_read(small_work(8), 0.0), 3.1e6);
}

TEST(OperationsIn, CountsTwoPerWeightAndColumn) {
  // 2 x 1000 x 500 x 2 + 2 x 1000 x 1000, and for 40 cells 8 heads of 64 + 64, in two layers.
  EXPECT_DOUBLE_EQ(operations_in(small_work(1), 40.0), 4e6 + 2.0 * 128 * 8 * 2 * 40);
  EXPECT_DOUBLE_EQ(operations_in(small_work(16), 0.0), 16 * 4e6);
}

TEST(RatesFor, NamesEachRateOnceAndLeavesOutWhatIsKnown) {
  const Work work = small_work(1);
  const Peaks needed = rates_for(work, 512 * kMiB);
  EXPECT_EQ(needed.matrices.size(), 2U);
  EXPECT_EQ(needed.attentions.size(), 1U);
  Peaks known = round_peaks(work);
  EXPECT_TRUE(without(needed, known).matrices.empty());
  EXPECT_TRUE(without(needed, known).attentions.empty());
  const Peaks more = without(rates_for(small_work(40), 512 * kMiB), known);
  EXPECT_EQ(more.matrices.size(), 2U);  // other numbers of columns are other rates
  merge(known, more);
  EXPECT_EQ(known.matrices.size(), 4U);
  merge(known, more);
  EXPECT_EQ(known.matrices.size(), 4U);
}

TEST(RatesFor, AsksForAsManyBytesPassingByAsTheModelHas) {
  Work work = small_work(1);
  work.matrices[0].count = 100;  // 101.1 MB of weights
  EXPECT_EQ(rates_for(work, 512 * kMiB).matrices[0].span_bytes, 128 * kMiB);
  EXPECT_EQ(rates_for(work, 64 * kMiB).matrices[0].span_bytes, 64 * kMiB);
  work.matrices[0].cells = 100;  // not weights
  EXPECT_EQ(rates_for(work, 512 * kMiB).matrices[0].span_bytes, 16 * kMiB);
}

TEST(RequestSpeed, IsThePrefillPartByPartAndTheStepHalfWay) {
  RequestWork request;
  request.prefill = {small_work(40), small_work(20)};
  request.decode = small_work(1);
  request.prompt_tokens = 60;
  request.new_tokens = 21;
  Peaks peaks = round_peaks(request.prefill[0]);
  merge(peaks, round_peaks(request.prefill[1]));
  merge(peaks, round_peaks(request.decode));
  const auto speed = request_speed(request, peaks);
  ASSERT_TRUE(speed);
  const double fixed_s = 2e6 / 1e9 + 1.1e6 / 2e9 + 20'000 / 1e10 + 10e-6;
  // Cells that the tokens of a part see on average: 20.5, then 40 + 10.5.
  EXPECT_NEAR(*speed->ttft_s, 2 * fixed_s + 2 * (20.5 + 50.5) / 1e6, 1e-12);
  const double step_s = fixed_s + 2 * 70.5 / 1e6;
  EXPECT_NEAR(speed->decode_tokens_per_s, 1.0 / step_s, 1e-6);
  EXPECT_NEAR(*speed->output_tokens_per_s, 21 / (*speed->ttft_s + 20 * step_s), 1e-6);
  EXPECT_NEAR(*speed->read_share, (3.1e6 + 2 * 70.5 * 512) / step_s / 1e10, 1e-9);
}

// Without a spread of the rates the error is that of the model of the work: 20 % (docs/predict.md).
TEST(RequestSpeed, ExpectsTheErrorOfTheModelAndOfTheRates) {
  RequestWork request;
  request.prefill = {small_work(1)};
  request.decode = small_work(1);
  request.prompt_tokens = 1;
  request.new_tokens = 1;
  Peaks peaks = round_peaks(request.decode);
  EXPECT_NEAR(*request_speed(request, peaks)->time_error, 0.20, 1e-12);

  // The f16 matrices take 2 ms of a step, all else 0.55 ms, 2 x cells / 1e6, 2 us and 10 us.
  for (MatrixRate& rate : peaks.matrices) {
    if (rate.type == "f16") rate.spread = {0.9, 1.25};
  }
  const double prefill_s = 2e-3 + 0.55e-3 + 2e-6 + 2e-6 + 10e-6;  // each token sees one cell
  const auto speed = request_speed(request, peaks);
  EXPECT_NEAR(*speed->ttft_s, prefill_s, 1e-12);
  EXPECT_NEAR(*speed->time_error, 1.2 * (prefill_s + 0.25 * 2e-3) / prefill_s - 1.0, 1e-6);

  for (MatrixRate& rate : peaks.matrices) {
    if (rate.type == "f16") rate.spread = {0.25, 1.0};  // others took three quarters of the time
  }
  EXPECT_NEAR(*request_speed(request, peaks)->time_error, 1.0 - 0.8 * (prefill_s - 0.75 * 2e-3) / prefill_s,
              1e-6);

  peaks = round_peaks(request.decode);
  peaks.read_spread = {0.1, 1.0};  // the share of the bandwidth means nothing then
  EXPECT_NEAR(*request_speed(request, peaks)->time_error, 0.9, 1e-12);
}

TEST(Steady, AreRatesWithWhichAPredictionIsWithinHalf) {
  EXPECT_TRUE(is_steady({1.0, 1.24}));   // 1.2 x 1.24 = 1.488
  EXPECT_FALSE(is_steady({1.0, 1.26}));  // 1.2 x 1.26 = 1.512
  EXPECT_TRUE(is_steady({0.63, 1.0}));   // 0.8 x 0.63 = 0.504
  EXPECT_FALSE(is_steady({0.62, 1.0}));  // 0.8 x 0.62 = 0.496
}

TEST(RequestSpeed, CountsAllStreamsOfABatch) {
  RequestWork request;
  request.prefill = {small_work(40)};
  request.decode = small_work(4);
  request.prompt_tokens = 10;
  request.new_tokens = 1;
  request.streams = 4;
  Peaks peaks = round_peaks(request.prefill[0]);
  merge(peaks, round_peaks(request.decode));
  const auto speed = request_speed(request, peaks);
  ASSERT_TRUE(speed);
  EXPECT_NEAR(*speed->output_tokens_per_s, 4 / *speed->ttft_s,
              1e-9);  // the first token comes with the prefill
}

TEST(MemoryParts, TotalIsWithoutTheAccelerator) {
  const MemoryParts parts{100, 20, 30, 4, 5, 60, 6, 7000};
  EXPECT_EQ(parts.total(), 219);
  EXPECT_EQ(parts.private_total(), 65);
  EXPECT_EQ(memory_margin(parts), 11 + 64 * kMiB);
}

TEST(PredictJson, ComesBackEqual) {
  const Work work = small_work(3);
  Peaks peaks = round_peaks(work);
  peaks.read_spread = {0.9, 1.1};
  peaks.operation_spread = {0.8, 1.2};
  peaks.matrices[0].spread = {0.7, 1.3};
  peaks.attentions[0].spread = {0.6, 1.4};
  const auto again = work_from(to_json(work));
  const auto peaks_again = peaks_from(to_json(peaks));
  ASSERT_TRUE(again);
  ASSERT_TRUE(peaks_again);
  EXPECT_EQ(to_json(*again), to_json(work));
  EXPECT_EQ(to_json(*peaks_again), to_json(peaks));
  EXPECT_DOUBLE_EQ(peaks_again->operation_spread.most, 1.2);
  EXPECT_DOUBLE_EQ(peaks_again->attentions[0].spread.least, 0.6);
  EXPECT_DOUBLE_EQ(batch_time(*again, *peaks_again, 7.0)->total_s(), batch_time(work, peaks, 7.0)->total_s());
  const MemoryParts parts{1, 2, 3, 4, 5, 6, 7, 8};
  EXPECT_EQ(to_json(memory_parts_from(to_json(parts))), to_json(parts));
}

TEST(PredictJson, ARateThatWasNotMeasuredIsAMissingKey) {
  const base::Json json = to_json(Peaks{});
  EXPECT_FALSE(json.contains("read_bytes_per_s"));
  EXPECT_FALSE(json.contains("operation_s"));
  const auto kept = peaks_from({{"read_bytes_per_s", 0.0}, {"operation_s", 2e-6}});  // as written before
  ASSERT_TRUE(kept);
  EXPECT_EQ(kept->read_bytes_per_s, std::nullopt);
  EXPECT_EQ(kept->operation_s, 2e-6);
}

TEST(PredictJson, RefusesWhatIsNoObject) {
  EXPECT_FALSE(work_from(base::Json::array()));
  EXPECT_FALSE(peaks_from(base::Json("text")));
}

}  // namespace
}  // namespace bantam::predict
