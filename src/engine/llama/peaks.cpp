#include "engine/llama/peaks.hpp"

#include <fmt/format.h>
#include <unistd.h>
#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/cpu_time.hpp"
#include "base/text.hpp"
#include "engine/llama/devices.hpp"
#include "engine/llama/ggml.hpp"
#include "engine/llama/log.hpp"
#include "stats/order.hpp"

namespace bantam::engine {
namespace {

using base::ErrorKind;
using base::fail;
using base::Result;
using base::Status;

// Common sizes of the matrices in models of one to three thousand million weights.
constexpr std::int64_t kInner = 2048;
constexpr std::int64_t kMostRows = 4096;
constexpr std::int64_t kRowStep = 64;  // kernels on rearranged weights want whole groups of rows
constexpr std::int64_t kCells = 1024;
// Up to this many columns one operation is short, compared with starting a graph.
constexpr std::int64_t kFewColumns = 16;
constexpr std::int64_t kCacheBytes = std::int64_t{128} << 20;
// One graph holds several operations, so that starting it does not count.
constexpr int kOperationsAtOnce = 8;
constexpr int kTinyOperations = 512;
constexpr double kSeconds = 0.2;
constexpr int kFewestRounds = 3;

std::int64_t physical_bytes() {
  return static_cast<std::int64_t>(::sysconf(_SC_PHYS_PAGES)) * ::sysconf(_SC_PAGESIZE);
}

struct Timing {
  double seconds = 0.0;  // the median
  stats::Spread spread;  // of the repetitions and, where the threads had to wait for a CPU, of what that cost
};

// The CPU backend with its threads, as a session has them.
class Bench {
 public:
  static Result<Bench> start(int threads) {
    Bench bench;
    bench.backend_.reset(ggml_backend_cpu_init());
    auto params = ggml_threadpool_params_default(threads);
    bench.threads_.reset(ggml_threadpool_new(&params));
    if (!bench.backend_ || !bench.threads_) {
      return fail(ErrorKind::environment, fmt::format("the engine cannot start {} threads", threads));
    }
    bench.count_ = threads;
    ggml_backend_cpu_set_n_threads(bench.backend_.get(), threads);
    ggml_backend_cpu_set_threadpool(bench.backend_.get(), bench.threads_.get());
    return bench;
  }

  ggml_backend_t backend() const { return backend_.get(); }

  // Of a graph, over rounds through all of them.
  Result<Timing> time(const std::vector<ggml_cgraph*>& graphs) const {
    const base::MonotonicClock clock;
    std::vector<double> seconds;
    TRY(compute(graphs.back()));  // threads and buffers are warm then
    const double cpu_before_s = base::own_cpu_s();
    const std::int64_t begin_ns = clock.now_ns();
    for (std::size_t i = 0;
         seconds.size() < kFewestRounds || base::seconds(clock.now_ns() - begin_ns) < kSeconds; ++i) {
      const std::int64_t start_ns = clock.now_ns();
      TRY(compute(graphs[i % graphs.size()]));
      seconds.push_back(base::seconds(clock.now_ns() - start_ns));
    }
    // Threads that have nothing to do wait actively: all of them compute all the time, if they are let.
    const double asked_s = base::seconds(clock.now_ns() - begin_ns) * count_;
    const double share = (base::own_cpu_s() - cpu_before_s) / asked_s;
    return Timing{*stats::median(seconds), stats::with_share(stats::spread_of(seconds), share)};
  }

 private:
  Status compute(ggml_cgraph* graph) const {
    if (ggml_backend_graph_compute(backend_.get(), graph) == GGML_STATUS_SUCCESS) return {};
    return fail(ErrorKind::environment, "the engine could not compute a measurement");
  }

  int count_ = 1;  // of threads
  GgmlThreads threads_;
  GgmlBackend backend_;  // freed first: it refers to the threads
};

GgmlContext context_for(std::size_t tensors, std::size_t graphs) {
  const std::size_t graph_bytes = ggml_graph_overhead_custom(2 * kTinyOperations, false);
  return GgmlContext(ggml_init({ggml_tensor_overhead() * tensors + graph_bytes * graphs, nullptr, true}));
}

std::vector<float> uniform_numbers(std::size_t count) {
  std::minstd_rand sequence(1);
  std::uniform_real_distribution<float> between(-1.0F, 1.0F);
  std::vector<float> numbers(count);
  std::generate(numbers.begin(), numbers.end(), [&] { return between(sequence); });
  return numbers;
}

// `rows` rows of this type; few different ones, which no kernel notices.
std::vector<std::uint8_t> packed_rows(ggml_type type, std::int64_t inner, std::int64_t rows) {
  constexpr std::int64_t kDifferent = 16;
  const std::size_t row_bytes = ggml_row_size(type, inner);
  std::vector<std::uint8_t> packed(row_bytes * static_cast<std::size_t>(rows));
  const std::vector<float> numbers = uniform_numbers(static_cast<std::size_t>(kDifferent * inner));
  const std::vector<float> importance(static_cast<std::size_t>(inner), 1.0F);
  ggml_quantize_chunk(type, numbers.data(), packed.data(), 0, kDifferent, inner, importance.data());
  for (std::size_t row = kDifferent; row < static_cast<std::size_t>(rows); ++row) {
    std::memcpy(packed.data() + row * row_bytes, packed.data() + row % kDifferent * row_bytes, row_bytes);
  }
  return packed;
}

Result<ggml_backend_buffer_type_t> buffer_type_named(const std::string& name) {
  std::vector<ggml_backend_buffer_type_t> types = extra_buffer_types();
  types.push_back(ggml_backend_cpu_buffer_type());
  for (ggml_backend_buffer_type_t type : types) {
    if (name == ggml_backend_buft_name(type)) return type;
  }
  return fail(ErrorKind::bad_input, fmt::format("buffer type '{}' is not known to the engine", name));
}

Result<ggml_type> find_type(const std::string& name) {
  const auto type = ggml_type_named(name);
  if (type && kInner % ggml_blck_size(*type) == 0) return *type;
  return fail(ErrorKind::bad_input, fmt::format("weight type '{}' is not known to the engine", name));
}

tl::unexpected<base::Error> no_memory() {
  return fail(ErrorKind::environment, "there is not enough memory to measure the speed of this machine",
              "close other programs");
}

// Fills every tensor of a context with zeros: pages that were never written would all be the same one.
void touch(const GgmlBuffer& buffer) {
  ggml_backend_buffer_clear(buffer.get(), 0);
}

// Equal pieces of work as graphs of `at_once` operations each.
std::vector<ggml_cgraph*> make_graphs(ggml_context* context, std::int64_t pieces, std::int64_t at_once,
                                      const std::function<ggml_tensor*(std::size_t)>& piece) {
  std::vector<ggml_cgraph*> graphs;
  for (std::int64_t first = 0; first + at_once <= pieces; first += at_once) {
    ggml_cgraph* graph = ggml_new_graph_custom(context, 2 * kTinyOperations, false);
    for (std::int64_t i = first; i < first + at_once; ++i) {
      ggml_build_forward_expand(graph, piece(static_cast<std::size_t>(i)));
    }
    graphs.push_back(graph);
  }
  return graphs;
}

// Equal matrices of weights, which lie in memory as a model's do.
struct Matrices {
  GgmlContext context;
  GgmlBuffer buffer;
  std::vector<ggml_tensor*> tensors;
};

Result<Matrices> make_matrices(ggml_type type, ggml_backend_buffer_type_t buffer_type, std::int64_t rows,
                               std::int64_t count) {
  Matrices matrices;
  matrices.context = context_for(static_cast<std::size_t>(count), 0);
  for (std::int64_t i = 0; i < count; ++i) {
    matrices.tensors.push_back(ggml_new_tensor_2d(matrices.context.get(), type, kInner, rows));
  }
  matrices.buffer.reset(ggml_backend_alloc_ctx_tensors_from_buft(matrices.context.get(), buffer_type));
  if (!matrices.buffer) return no_memory();
  ggml_backend_buffer_set_usage(matrices.buffer.get(), GGML_BACKEND_BUFFER_USAGE_WEIGHTS);
  const auto packed = packed_rows(type, kInner, rows);
  for (ggml_tensor* matrix : matrices.tensors) {
    ggml_backend_tensor_set(matrix, packed.data(), 0, packed.size());
  }
  return matrices;
}

// A graph that multiplies `at_once` of the matrices with `columns` vectors, one after the other.
Result<Timing> time_multiplications(const Bench& bench, const Matrices& matrices, std::int64_t at_once,
                                    std::int64_t columns) {
  // All graphs read one operand and write to one product.
  const GgmlContext memory = context_for(2, 0);
  const std::int64_t rows = matrices.tensors.front()->ne[1];
  ggml_tensor* operand = ggml_new_tensor_2d(memory.get(), GGML_TYPE_F32, kInner, columns);
  ggml_tensor* product = ggml_new_tensor_2d(memory.get(), GGML_TYPE_F32, rows, columns);
  const GgmlBuffer buffer(ggml_backend_alloc_ctx_tensors(memory.get(), bench.backend()));
  if (!buffer) return no_memory();
  const auto numbers = uniform_numbers(static_cast<std::size_t>(kInner * columns));
  ggml_backend_tensor_set(operand, numbers.data(), 0, numbers.size() * sizeof(float));

  const auto slots = matrices.tensors.size();
  const GgmlContext context = context_for(slots, slots);
  const auto graphs =
      make_graphs(context.get(), static_cast<std::int64_t>(slots), at_once, [&](std::size_t i) {
        ggml_tensor* node = ggml_mul_mat(context.get(), matrices.tensors[i], operand);
        node->data = product->data;
        node->buffer = product->buffer;
        return node;
      });
  return bench.time(graphs);
}

}  // namespace

Result<std::vector<MatrixRate>> measure_matrix_rates(std::vector<MatrixRate> wanted, int threads) {
  if (wanted.empty()) return wanted;
  const LlamaLog quiet;
  const MatrixRate& first = wanted.front();
  TRY_ASSIGN(const ggml_type type, find_type(first.type));
  TRY_ASSIGN(ggml_backend_buffer_type_t buffer_type, buffer_type_named(first.buffer));
  TRY_ASSIGN(const Bench bench, Bench::start(threads));
  const auto row_bytes = static_cast<std::int64_t>(ggml_row_size(type, kInner));
  const std::int64_t span = std::min(first.span_bytes, physical_bytes() / 8);
  const std::int64_t rows = std::clamp<std::int64_t>(
      span / kOperationsAtOnce / row_bytes / kRowStep * kRowStep, kRowStep, kMostRows);
  const std::int64_t count =
      std::max<std::int64_t>(1, span / (row_bytes * rows) / kOperationsAtOnce) * kOperationsAtOnce;
  TRY_ASSIGN(const Matrices matrices, make_matrices(type, buffer_type, rows, count));
  for (MatrixRate& rate : wanted) {
    const std::int64_t at_once = rate.columns <= kFewColumns ? kOperationsAtOnce : 1;
    TRY_ASSIGN(const Timing timing, time_multiplications(bench, matrices, at_once, rate.columns));
    rate.bytes_per_s = static_cast<double>(row_bytes * rows * at_once) / timing.seconds;
    rate.spread = timing.spread;
  }
  return wanted;
}

Result<AttentionRate> measure_attention_rate(AttentionRate wanted, int threads) {
  const LlamaLog quiet;
  const auto type_k = ggml_type_named(wanted.type_k);
  const auto type_v = ggml_type_named(wanted.type_v);
  if (!type_k || !type_v) return fail(ErrorKind::bad_input, "a cache type is not known to the engine");
  TRY_ASSIGN(const Bench bench, Bench::start(threads));
  const std::int64_t row_k = wanted.head_size_k * wanted.kv_heads;
  const std::int64_t row_v = wanted.head_size_v * wanted.kv_heads;
  const auto result_bytes = static_cast<std::int64_t>(sizeof(float)) * wanted.head_size_v * wanted.heads *
                            wanted.columns * wanted.streams;
  const auto layer_bytes =
      static_cast<std::int64_t>(ggml_row_size(*type_k, row_k) + ggml_row_size(*type_v, row_v)) * kCells *
          wanted.streams +
      result_bytes;
  const std::int64_t at_once = wanted.columns <= kFewColumns ? kOperationsAtOnce : 1;
  const std::int64_t layers =
      std::max<std::int64_t>(1, std::min(kCacheBytes, physical_bytes() / 8) / layer_bytes / at_once) *
      at_once;
  const auto slots = static_cast<std::size_t>(layers);

  const GgmlContext context = context_for(8 * slots + 8, slots);
  ggml_context* c = context.get();
  ggml_tensor* queries =
      ggml_new_tensor_4d(c, GGML_TYPE_F32, wanted.head_size_k, wanted.columns, wanted.heads, wanted.streams);
  ggml_tensor* mask = ggml_new_tensor_4d(c, GGML_TYPE_F16, kCells, wanted.columns, 1, wanted.streams);
  // As the cache lies in memory: a cell holds all heads.
  const auto cached = [&](ggml_type type, std::int64_t head_size, std::int64_t row) {
    ggml_tensor* cells = ggml_new_tensor_3d(c, type, row, kCells, wanted.streams);
    ggml_tensor* heads = ggml_view_4d(c, cells, head_size, wanted.kv_heads, kCells, wanted.streams,
                                      ggml_row_size(type, head_size), cells->nb[1], cells->nb[2], 0);
    return ggml_permute(c, heads, 0, 2, 1, 3);
  };
  const float scale = 1.0F / std::sqrt(static_cast<float>(wanted.head_size_k));
  const auto graphs = make_graphs(c, layers, at_once, [&](std::size_t) {
    ggml_tensor* keys = cached(*type_k, wanted.head_size_k, row_k);
    ggml_tensor* values = cached(*type_v, wanted.head_size_v, row_v);
    ggml_tensor* attention = ggml_flash_attn_ext(c, queries, keys, values, mask, scale, 0.0F, 0.0F);
    ggml_prec_set_acc(attention, GGML_PREC_F32);
    return attention;
  });
  const GgmlBuffer buffer(ggml_backend_alloc_ctx_tensors(c, bench.backend()));
  if (!buffer) return no_memory();
  touch(buffer);
  TRY_ASSIGN(const Timing timing, bench.time(graphs));
  wanted.cells_per_s = static_cast<double>(kCells * at_once) / timing.seconds;
  wanted.spread = timing.spread;
  return wanted;
}

Result<OperationTime> measure_operation(int threads) {
  const LlamaLog quiet;
  TRY_ASSIGN(const Bench bench, Bench::start(threads));
  const GgmlContext context = context_for(kTinyOperations + 2, 1);
  ggml_tensor* a = ggml_new_tensor_1d(context.get(), GGML_TYPE_F32, kInner);
  ggml_tensor* b = ggml_new_tensor_1d(context.get(), GGML_TYPE_F32, kInner);
  const auto graphs = make_graphs(context.get(), kTinyOperations, kTinyOperations, [&](std::size_t) {
    a = ggml_add(context.get(), a, b);
    return a;
  });
  const GgmlBuffer buffer(ggml_backend_alloc_ctx_tensors(context.get(), bench.backend()));
  if (!buffer) return no_memory();
  touch(buffer);
  TRY_ASSIGN(const Timing timing, bench.time(graphs));
  return OperationTime{timing.seconds / kTinyOperations, timing.spread};
}

}  // namespace bantam::engine
