#include "engine/llama/self_test.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <memory>
#include <optional>
#include <random>

#include "engine/llama/devices.hpp"
#include "engine/llama/log.hpp"
#include "ggml-backend.h"
#include "ggml-cpu.h"
#include "ggml.h"

namespace bantam::engine {
namespace {

using base::ErrorKind;
using base::fail;

constexpr std::int64_t kInner = 512;  // a multiple of the longest quantization block (256)
constexpr std::int64_t kRows = 64;
constexpr std::int64_t kMostColumns = 32;

template <auto free>
struct Freed {
  template <typename T>
  void operator()(T* object) const {
    free(object);
  }
};
using Context = std::unique_ptr<ggml_context, Freed<ggml_free>>;
using Buffer = std::unique_ptr<ggml_backend_buffer, Freed<ggml_backend_buffer_free>>;
using Backend = std::unique_ptr<ggml_backend, Freed<ggml_backend_free>>;

// The weights of the test in both forms, and the operand; the same for every trial.
struct Sample {
  ggml_type type = GGML_TYPE_F32;
  std::vector<std::uint8_t> packed;  // kRows x kInner, of `type`
  std::vector<float> weights;        // what `packed` stands for
  std::vector<float> operand;        // kMostColumns x kInner
};

std::optional<ggml_type> type_named(const std::string& name) {
  for (int i = 0; i < GGML_TYPE_COUNT; ++i) {
    const auto type = static_cast<ggml_type>(i);
    const char* known = ggml_type_name(type);
    if (known != nullptr && name == known && ggml_blck_size(type) > 0 && kInner % ggml_blck_size(type) == 0)
      return type;
  }
  return std::nullopt;
}

std::vector<float> uniform_numbers(std::size_t count, std::uint32_t seed) {
  std::minstd_rand sequence(seed);
  std::uniform_real_distribution<float> between(-1.0F, 1.0F);
  std::vector<float> numbers(count);
  std::generate(numbers.begin(), numbers.end(), [&] { return between(sequence); });
  return numbers;
}

Sample make_sample(ggml_type type) {
  Sample sample;
  sample.type = type;
  sample.weights = uniform_numbers(kRows * kInner, 1);
  sample.operand = uniform_numbers(kMostColumns * kInner, 2);
  sample.packed.resize(ggml_row_size(type, kInner) * kRows);
  if (type == GGML_TYPE_F32) {
    std::memcpy(sample.packed.data(), sample.weights.data(), sample.packed.size());
    return sample;
  }
  const std::vector<float> importance(kInner, 1.0F);  // some types cannot be made without
  ggml_quantize_chunk(type, sample.weights.data(), sample.packed.data(), 0, kRows, kInner, importance.data());
  ggml_get_type_traits(type)->to_float(sample.packed.data(), sample.weights.data(), kRows * kInner);
  return sample;
}

// Row `row` of the weights times column `column` of the operand.
double exact(const Sample& sample, std::int64_t row, std::int64_t column) {
  double sum = 0.0;
  for (std::int64_t i = 0; i < kInner; ++i) {
    sum += static_cast<double>(sample.weights[static_cast<std::size_t>(row * kInner + i)]) *
           static_cast<double>(sample.operand[static_cast<std::size_t>(column * kInner + i)]);
  }
  return sum;
}

// `product` has kRows values for each of `columns`.
double product_error(const Sample& sample, const std::vector<float>& product, std::int64_t columns) {
  double largest = 0.0;
  double squares = 0.0;
  for (std::int64_t column = 0; column < columns; ++column) {
    for (std::int64_t row = 0; row < kRows; ++row) {
      const double expected = exact(sample, row, column);
      const double got = static_cast<double>(product[static_cast<std::size_t>(column * kRows + row)]);
      if (!std::isfinite(got)) return std::numeric_limits<double>::infinity();
      squares += expected * expected;
      largest = std::max(largest, std::abs(got - expected));
    }
  }
  return largest / std::sqrt(squares / static_cast<double>(columns * kRows));
}

Context tensor_context() {
  return Context(ggml_init({ggml_tensor_overhead() * 8 + ggml_graph_overhead(), nullptr, true}));
}

// Whether weights of this type in this buffer type can be multiplied, asked as llama.cpp asks when it loads a
// model.
bool takes(ggml_backend_buffer_type_t buffer_type, ggml_backend_t backend, ggml_type type) {
  const Context context = tensor_context();
  ggml_tensor* weights = ggml_new_tensor_2d(context.get(), type, kInner, kRows);
  ggml_tensor* operand = ggml_new_tensor_2d(context.get(), GGML_TYPE_F32, kInner, kMostColumns);
  ggml_tensor* product = ggml_mul_mat(context.get(), weights, operand);
  const Buffer empty(ggml_backend_buft_alloc_buffer(buffer_type, 0));
  weights->buffer = empty.get();
  return ggml_backend_supports_op(backend, product);
}

// The product as the kernels compute it; absent when there is no memory or the computation reports a failure.
std::optional<std::vector<float>> multiply(const Sample& sample, ggml_backend_buffer_type_t buffer_type,
                                           ggml_backend_t backend, std::int64_t columns) {
  const Context weights_context = tensor_context();
  ggml_tensor* weights = ggml_new_tensor_2d(weights_context.get(), sample.type, kInner, kRows);
  const Buffer weights_buffer(ggml_backend_alloc_ctx_tensors_from_buft(weights_context.get(), buffer_type));
  const Context context = tensor_context();
  ggml_tensor* operand = ggml_new_tensor_2d(context.get(), GGML_TYPE_F32, kInner, columns);
  ggml_tensor* product = ggml_mul_mat(context.get(), weights, operand);
  const Buffer buffer(ggml_backend_alloc_ctx_tensors(context.get(), backend));
  if (!weights_buffer || !buffer) return std::nullopt;

  ggml_backend_buffer_set_usage(weights_buffer.get(), GGML_BACKEND_BUFFER_USAGE_WEIGHTS);
  ggml_backend_tensor_set(weights, sample.packed.data(), 0, sample.packed.size());
  ggml_backend_tensor_set(operand, sample.operand.data(), 0, ggml_nbytes(operand));
  ggml_cgraph* graph = ggml_new_graph(context.get());
  ggml_build_forward_expand(graph, product);
  if (ggml_backend_graph_compute(backend, graph) != GGML_STATUS_SUCCESS) return std::nullopt;
  std::vector<float> result(static_cast<std::size_t>(columns * kRows));
  ggml_backend_tensor_get(product, result.data(), 0, result.size() * sizeof(float));
  return result;
}

base::Status try_buffer(SelfTest& test, const Sample& sample, ggml_backend_buffer_type_t buffer_type,
                        ggml_backend_t backend) {
  for (const int threads : {1, 2}) {
    ggml_backend_cpu_set_n_threads(backend, threads);
    for (const std::int64_t columns : {std::int64_t{1}, kMostColumns}) {
      const auto product = multiply(sample, buffer_type, backend, columns);
      if (!product)
        return fail(ErrorKind::environment, fmt::format("{}: the self-test could not compute", test.type));
      KernelTrial trial{ggml_backend_buft_name(buffer_type), static_cast<int>(columns), threads,
                        product_error(sample, *product, columns)};
      if (trial.error > kKernelErrorBound && test.reason.empty()) {
        test.reason = fmt::format(
            "{} kernels in {} buffers are wrong: error {:.3g} of the result with {} columns and "
            "{} threads, at most {} is rounding",
            test.type, trial.buffer, trial.error, columns, threads, kKernelErrorBound);
      }
      test.trials.push_back(std::move(trial));
    }
  }
  return {};
}

}  // namespace

base::Result<SelfTest> test_kernels(const std::string& ggml_type_name, bool extra_buffers) {
  const auto type = type_named(ggml_type_name);
  if (!type)
    return fail(ErrorKind::bad_input,
                fmt::format("weight type '{}' is not known to the engine", ggml_type_name));
  const LlamaLog quiet;
  const Backend backend(ggml_backend_cpu_init());
  if (!backend) return fail(ErrorKind::environment, "the engine's CPU backend cannot be started");

  SelfTest test;
  test.type = ggml_type_name;
  const Sample sample = make_sample(*type);
  if (extra_buffers) {
    for (ggml_backend_buffer_type_t buffer_type : extra_buffer_types()) {
      if (takes(buffer_type, backend.get(), *type)) TRY(try_buffer(test, sample, buffer_type, backend.get()));
    }
  }
  if (test.trials.empty()) TRY(try_buffer(test, sample, ggml_backend_cpu_buffer_type(), backend.get()));
  test.ok = test.reason.empty();
  return test;
}

std::optional<std::string> rearranging_buffer(const std::string& ggml_type_name) {
  const auto type = type_named(ggml_type_name);
  const LlamaLog quiet;
  const Backend backend(ggml_backend_cpu_init());
  if (!type || !backend) return std::nullopt;
  for (ggml_backend_buffer_type_t buffer_type : extra_buffer_types()) {
    if (takes(buffer_type, backend.get(), *type)) return ggml_backend_buft_name(buffer_type);
  }
  return std::nullopt;
}

base::Json to_json(const SelfTest& test) {
  base::Json trials = base::Json::array();
  for (const KernelTrial& trial : test.trials) {
    base::Json entry{{"buffer", trial.buffer}, {"columns", trial.columns}, {"threads", trial.threads}};
    if (std::isfinite(trial.error)) entry["error"] = trial.error;
    trials.push_back(std::move(entry));
  }
  return {{"type", test.type}, {"ok", test.ok}, {"reason", test.reason}, {"trials", std::move(trials)}};
}

}  // namespace bantam::engine
