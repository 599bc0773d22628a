#include "predict/speed.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <bit>
#include <cmath>

#include "plan/memory_margin.hpp"

namespace bantam::predict {
namespace {

using base::ErrorKind;
using base::fail;
using base::Result;
using engine::AttentionRate;
using engine::AttentionWork;
using engine::MatrixRate;
using engine::MatrixWork;
using engine::MemoryParts;
using engine::Peaks;
using engine::RequestWork;
using engine::Work;

constexpr std::int64_t kLeastSpanBytes = std::int64_t{16} << 20;
// With more columns than this a multiplication computes for longer than it waits for its matrix.
constexpr std::int64_t kFewColumns = 16;

bool same(const MatrixRate& a, const MatrixRate& b) {
  return a.type == b.type && a.buffer == b.buffer && a.columns == b.columns && a.span_bytes == b.span_bytes;
}

bool same(const AttentionRate& a, const AttentionRate& b) {
  return a.type_k == b.type_k && a.type_v == b.type_v && a.head_size_k == b.head_size_k &&
         a.head_size_v == b.head_size_v && a.heads == b.heads && a.kv_heads == b.kv_heads &&
         a.columns == b.columns && a.streams == b.streams;
}

// Bytes of weights that a batch goes through, as a power of two: one measurement serves models of about a
// size.
std::int64_t read_span(const Work& work, std::int64_t limit_bytes) {
  std::int64_t bytes = 0;
  for (const MatrixWork& matrix : work.matrices) bytes += matrix.cells == 0 ? matrix.bytes * matrix.count : 0;
  const auto ceiling = static_cast<std::int64_t>(std::bit_ceil(static_cast<std::uint64_t>(bytes)));
  return std::clamp(ceiling, std::min(kLeastSpanBytes, limit_bytes), limit_bytes);
}

MatrixRate wanted_rate(const MatrixWork& work, std::int64_t span_bytes) {
  const bool waits_for_memory = work.columns <= kFewColumns;
  return {work.type, work.buffer, work.columns,
          waits_for_memory ? span_bytes : std::min(kLeastSpanBytes, span_bytes), 0.0};
}

AttentionRate wanted_rate(const AttentionWork& work) {
  return {work.type_k,      work.type_v,  work.head_size_k,
          work.head_size_v, work.heads,   work.kv_heads,
          work.columns,     work.streams, 0.0};
}

template <typename Rate>
const Rate* find_rate(const std::vector<Rate>& rates, const Rate& wanted) {
  const auto found =
      std::find_if(rates.begin(), rates.end(), [&](const Rate& rate) { return same(rate, wanted); });
  return found == rates.end() ? nullptr : &*found;
}

template <typename Rate>
void add_rate(std::vector<Rate>& rates, const Rate& more) {
  const auto found =
      std::find_if(rates.begin(), rates.end(), [&](const Rate& rate) { return same(rate, more); });
  if (found == rates.end())
    rates.push_back(more);
  else
    *found = more;
}

// Share of a piece of work over the KV cache that `filled` cells need.
double used_share(std::int64_t cells, double filled) {
  return cells <= 0 ? 1.0 : std::min(1.0, filled / static_cast<double>(cells));
}

double used_cells(const AttentionWork& work, double filled) {
  return std::min(filled, static_cast<double>(work.cells));
}

// Multiplications and additions of these matrices with one vector.
double matrix_operations(const MatrixWork& work) {
  return 2.0 * static_cast<double>(work.inner) * static_cast<double>(work.rows) *
         static_cast<double>(work.columns) * static_cast<double>(work.count);
}

// Adds to the limits of a batch's time.
void spread_out(BatchTime& time, double seconds, const stats::Spread& spread) {
  time.least_s += seconds * spread.least;
  time.most_s += seconds * spread.most;
}

base::Status add_matrices(const Work& work, const Peaks& peaks, double cells, BatchTime& time) {
  const std::int64_t span_bytes = read_span(work, peaks.span_limit_bytes);
  for (const MatrixWork& matrix : work.matrices) {
    const MatrixRate* rate = find_rate(peaks.matrices, wanted_rate(matrix, span_bytes));
    if (rate == nullptr || rate->bytes_per_s <= 0.0) {
      return fail(ErrorKind::bad_input, fmt::format("no rate is known for {} matrices in {} with {} columns",
                                                    matrix.type, matrix.buffer, matrix.columns));
    }
    const double seconds = static_cast<double>(matrix.bytes) * static_cast<double>(matrix.count) *
                           used_share(matrix.cells, cells) / rate->bytes_per_s;
    time.matrices_s += seconds;
    spread_out(time, seconds, rate->spread);
  }
  return {};
}

base::Status add_attention(const Work& work, const Peaks& peaks, double cells, BatchTime& time) {
  for (const AttentionWork& attention : work.attentions) {
    const AttentionRate* rate = find_rate(peaks.attentions, wanted_rate(attention));
    if (rate == nullptr || rate->cells_per_s <= 0.0) {
      return fail(ErrorKind::bad_input,
                  fmt::format("no rate is known for attention on {} and {} with {} columns", attention.type_k,
                              attention.type_v, attention.columns));
    }
    const double seconds =
        used_cells(attention, cells) * static_cast<double>(attention.count) / rate->cells_per_s;
    time.attention_s += seconds;
    spread_out(time, seconds, rate->spread);
  }
  return {};
}

// Of a time that lies between these, as a share of it.
double time_error(double seconds, double least_s, double most_s) {
  return std::max((1.0 + kModelError) * most_s / seconds - 1.0,
                  1.0 - (1.0 - kModelError) * least_s / seconds);
}

}  // namespace

Result<BatchTime> batch_time(const Work& work, const Peaks& peaks, double cells) {
  BatchTime time;
  TRY(add_matrices(work, peaks, cells, time));
  TRY(add_attention(work, peaks, cells, time));
  if (!peaks.read_bytes_per_s) return fail(ErrorKind::bad_input, "the read bandwidth is not known");
  if (!peaks.operation_s) return fail(ErrorKind::bad_input, "the time of an operation is not known");
  time.other_s = static_cast<double>(work.other_bytes) / *peaks.read_bytes_per_s;
  time.operations_s = static_cast<double>(work.operations) * *peaks.operation_s;
  spread_out(time, time.other_s, peaks.read_spread);
  spread_out(time, time.operations_s, peaks.operation_spread);
  return time;
}

double bytes_read(const Work& work, double cells) {
  double bytes = 0.0;
  for (const MatrixWork& matrix : work.matrices) {
    bytes += static_cast<double>(matrix.bytes) * static_cast<double>(matrix.count) *
             used_share(matrix.cells, cells);
  }
  for (const AttentionWork& attention : work.attentions) {
    bytes += static_cast<double>(attention.cell_bytes) * used_cells(attention, cells) *
             static_cast<double>(attention.streams * attention.count);
  }
  return bytes;
}

double operations_in(const Work& work, double cells) {
  double flops = 0.0;
  for (const MatrixWork& matrix : work.matrices)
    flops += matrix_operations(matrix) * used_share(matrix.cells, cells);
  for (const AttentionWork& attention : work.attentions) {
    flops += 2.0 * static_cast<double>(attention.head_size_k + attention.head_size_v) *
             static_cast<double>(attention.heads * attention.columns * attention.streams * attention.count) *
             used_cells(attention, cells);
  }
  return flops;
}

Peaks rates_for(const Work& work, std::int64_t span_limit_bytes) {
  Peaks rates;
  const std::int64_t span_bytes = read_span(work, span_limit_bytes);
  for (const MatrixWork& matrix : work.matrices) add_rate(rates.matrices, wanted_rate(matrix, span_bytes));
  for (const AttentionWork& attention : work.attentions) add_rate(rates.attentions, wanted_rate(attention));
  return rates;
}

Peaks without(const Peaks& wanted, const Peaks& known) {
  Peaks left;
  for (const MatrixRate& rate : wanted.matrices) {
    if (find_rate(known.matrices, rate) == nullptr) left.matrices.push_back(rate);
  }
  for (const AttentionRate& rate : wanted.attentions) {
    if (find_rate(known.attentions, rate) == nullptr) left.attentions.push_back(rate);
  }
  return left;
}

void merge(Peaks& peaks, const Peaks& more) {
  if (more.read_bytes_per_s) {
    peaks.read_bytes_per_s = more.read_bytes_per_s;
    peaks.read_spread = more.read_spread;
  }
  if (more.operation_s) {
    peaks.operation_s = more.operation_s;
    peaks.operation_spread = more.operation_spread;
  }
  for (const MatrixRate& rate : more.matrices) add_rate(peaks.matrices, rate);
  for (const AttentionRate& rate : more.attentions) add_rate(peaks.attentions, rate);
}

Result<Speed> decode_speed(const RequestWork& work, const Peaks& peaks) {
  Speed speed;
  const double depth = static_cast<double>(work.prompt_tokens) + static_cast<double>(work.new_tokens) / 2.0;
  TRY_ASSIGN(speed.decode, batch_time(work.decode, peaks, depth));
  const double step_s = speed.decode.total_s();
  if (step_s <= 0.0) return fail(ErrorKind::bad_input, "there is nothing to compute");
  speed.decode_tokens_per_s = 1.0 / step_s;
  speed.read_share = bytes_read(work.decode, depth) / step_s / *peaks.read_bytes_per_s;
  // Times hardly depend on the bandwidth itself, but its share in them does.
  speed.time_error =
      std::max(time_error(step_s, speed.decode.least_s, speed.decode.most_s), peaks.read_spread.error());
  return speed;
}

Result<Speed> request_speed(const RequestWork& work, const Peaks& peaks) {
  double ttft_s = 0.0;
  double done = 0.0;  // tokens of a stream that are in the cache
  double flops = 0.0;
  double least_s = 0.0;
  double most_s = 0.0;
  const auto streams = static_cast<double>(work.streams);
  for (const Work& part : work.prefill) {
    const double tokens = static_cast<double>(part.tokens) / streams;
    const double cells = done + (tokens + 1.0) / 2.0;  // each token sees those before it and itself
    TRY_ASSIGN(const BatchTime time, batch_time(part, peaks, cells));
    ttft_s += time.total_s();
    least_s += time.least_s;
    most_s += time.most_s;
    flops += operations_in(part, cells);
    done += tokens;
  }
  TRY_ASSIGN(Speed speed, decode_speed(work, peaks));
  if (ttft_s <= 0.0) return fail(ErrorKind::bad_input, "there is nothing to compute");
  speed.ttft_s = ttft_s;
  const double steps = std::max(0.0, static_cast<double>(work.new_tokens) - 1.0);
  speed.output_tokens_per_s =
      static_cast<double>(work.new_tokens) * streams / (ttft_s + steps * speed.decode.total_s());
  speed.prefill_flops_per_s = flops / ttft_s;
  speed.time_error = std::max(*speed.time_error, time_error(ttft_s, least_s, most_s));
  return speed;
}

bool is_steady(const stats::Spread& spread) {
  return time_error(1.0, spread.least, spread.most) <= kMostError;
}

std::int64_t memory_margin(const MemoryParts& parts) {
  return plan::memory_margin(parts.total());
}

}  // namespace bantam::predict
