#include "engine/llama/importance.hpp"

#include <fmt/format.h>
#include <unistd.h>
#include <algorithm>
#include <cmath>
#include <memory>
#include <span>
#include <system_error>
#include <vector>

#include "base/files.hpp"
#include "engine/llama/ggml.hpp"
#include "engine/llama/session.hpp"
#include "engine/llama/text.hpp"
#include "gguf.h"
#include "model/calibration.hpp"

namespace bantam::engine {
namespace {

using base::ErrorKind;

// "CUDA0#blk.0.attn_k.weight#0" is a copy of blk.0.attn_k.weight on a device.
std::string_view weight_name(std::string_view name) {
  const auto begin = name.find('#');
  if (begin == std::string_view::npos) return name;
  name.remove_prefix(begin + 1);
  return name.substr(0, name.find('#'));
}

const float* row_at(const char* data, const ggml_tensor& tensor, std::int64_t i1, std::int64_t i2,
                    std::int64_t i3) {
  return reinterpret_cast<const float*>(data + static_cast<std::size_t>(i1) * tensor.nb[1] +
                                        static_cast<std::size_t>(i2) * tensor.nb[2] +
                                        static_cast<std::size_t>(i3) * tensor.nb[3]);
}

void add_squares(const float* row, std::int64_t columns, float* sums) {
  for (std::int64_t i = 0; i < columns; ++i) sums[i] += row[i] * row[i];
}

using GgufFile = std::unique_ptr<gguf_context, Freed<gguf_free>>;

void set_keys(gguf_context* file, const std::string& dataset, std::int64_t samples,
              std::int64_t sample_tokens) {
  const char* name = dataset.c_str();
  gguf_set_val_str(file, "general.type", "imatrix");
  gguf_set_arr_str(file, "imatrix.datasets", &name, 1);
  gguf_set_val_u32(file, "imatrix.chunk_count", static_cast<std::uint32_t>(samples));
  gguf_set_val_u32(file, "imatrix.chunk_size", static_cast<std::uint32_t>(sample_tokens));
}

// The values stay where they are until the file is written.
void add_tensor(gguf_context* file, ggml_context* tensors, const std::string& name,
                std::vector<float>& values, std::size_t rows) {
  const auto columns = static_cast<std::int64_t>(values.size() / rows);
  ggml_tensor* tensor = ggml_new_tensor_2d(tensors, GGML_TYPE_F32, columns, static_cast<std::int64_t>(rows));
  ggml_set_name(tensor, name.c_str());
  tensor->data = values.data();
  gguf_add_tensor(file, tensor);
}

}  // namespace

bool ImportanceSums::watch(ggml_tensor* node, bool ask, void* self) {
  auto& sums = *static_cast<ImportanceSums*>(self);
  if (ask) return sums.wants(*node);
  if (node->op == GGML_OP_MUL_MAT_ID) {
    sums.add_expert_product(*node);
  } else {
    sums.add_product(*node);
  }
  return sums.status_.has_value();
}

bool ImportanceSums::wants(const ggml_tensor& node) const {
  if (node.op == GGML_OP_MUL_MAT_ID) return node.src[1]->type == GGML_TYPE_F32;
  return node.op == GGML_OP_MUL_MAT && node.src[1]->type == GGML_TYPE_F32 &&
         node.src[1]->ne[1] >= model::kFewestSampleTokens &&
         weight_name(node.src[0]->name).starts_with("blk.");
}

// weights: [columns, rows, n, m]; inputs: [columns, tokens, n x a, m x b]
void ImportanceSums::add_product(const ggml_tensor& node) {
  const ggml_tensor& weights = *node.src[0];
  const ggml_tensor& inputs = *node.src[1];
  const std::string_view name = weight_name(weights.name);
  const std::int64_t columns = inputs.ne[0];
  const std::int64_t slices = weights.ne[2] * weights.ne[3];
  InputSquares& squares = squares_for(name, columns, slices, 1);
  if (!status_) return;
  const char* data = on_host(inputs, inputs_);
  for (std::int64_t i3 = 0; i3 < inputs.ne[3]; ++i3) {
    for (std::int64_t i2 = 0; i2 < inputs.ne[2]; ++i2) {
      const std::int64_t slice = (i3 % weights.ne[3]) * weights.ne[2] + i2 % weights.ne[2];
      float* sums = squares.sums.data() + slice * columns;
      for (std::int64_t row = 0; row < inputs.ne[1]; ++row) {
        add_squares(row_at(data, inputs, row, i2, i3), columns, sums);
      }
    }
  }
  for (std::int64_t& count : squares.counts) count += ggml_nrows(&inputs) / slices;
  check_finite(name, squares.sums);
}

// weights: [columns, rows, experts]; inputs: [columns, used or 1, tokens]; ids: [used, tokens]
void ImportanceSums::add_expert_product(const ggml_tensor& node) {
  const ggml_tensor& weights = *node.src[0];
  const ggml_tensor& inputs = *node.src[1];
  const ggml_tensor& ids = *node.src[2];
  const std::string_view name = weight_name(weights.name);
  const std::int64_t columns = inputs.ne[0];
  InputSquares& squares = squares_for(name, columns, weights.ne[2], weights.ne[2]);
  if (!status_) return;
  const char* data = on_host(inputs, inputs_);
  experts_.resize(ggml_nbytes(&ids));
  ggml_backend_tensor_get(&ids, experts_.data(), 0, experts_.size());
  for (std::int64_t token = 0; token < inputs.ne[2]; ++token) {
    for (std::int64_t i = 0; i < ids.ne[0]; ++i) {
      const char* id = experts_.data() + static_cast<std::size_t>(token) * ids.nb[1] +
                       static_cast<std::size_t>(i) * ids.nb[0];
      const std::int32_t expert = *reinterpret_cast<const std::int32_t*>(id);
      if (expert < 0 || expert >= weights.ne[2]) continue;
      add_squares(row_at(data, inputs, i % inputs.ne[1], token, 0), columns,
                  squares.sums.data() + expert * columns);
      ++squares.counts[static_cast<std::size_t>(expert)];
    }
  }
  check_finite(name, squares.sums);
}

InputSquares& ImportanceSums::squares_for(std::string_view name, std::int64_t columns, std::int64_t slices,
                                          std::int64_t counts) {
  auto found = all_.find(name);
  if (found == all_.end()) {
    InputSquares fresh;
    fresh.sums.resize(static_cast<std::size_t>(columns * slices));
    fresh.counts.resize(static_cast<std::size_t>(counts));
    found = all_.emplace(std::string(name), std::move(fresh)).first;
  }
  InputSquares& squares = found->second;
  if (squares.sums.size() != static_cast<std::size_t>(columns * slices) ||
      squares.counts.size() != static_cast<std::size_t>(counts)) {
    refuse({ErrorKind::bad_input, fmt::format("{} is used in two forms; its importance cannot be told", name),
            ""});
  }
  return squares;
}

const char* ImportanceSums::on_host(const ggml_tensor& tensor, std::vector<char>& copy) const {
  if (ggml_backend_buffer_is_host(tensor.buffer)) return static_cast<const char*>(tensor.data);
  copy.resize(ggml_nbytes(&tensor));
  ggml_backend_tensor_get(&tensor, copy.data(), 0, copy.size());
  return copy.data();
}

void ImportanceSums::check_finite(std::string_view name, const std::vector<float>& sums) {
  if (std::all_of(sums.begin(), sums.end(), [](float sum) { return std::isfinite(sum); })) return;
  refuse({ErrorKind::integrity, fmt::format("what {} is multiplied with is not finite", name),
          "the weights or a kernel are broken: check the file's hash"});
}

void ImportanceSums::refuse(base::Error error) {
  if (status_) status_ = tl::unexpected(std::move(error));
}

std::int64_t ImportanceSums::unused_experts() const {
  std::int64_t unused = 0;
  for (const auto& [name, squares] : all_) {
    unused += std::count(squares.counts.begin(), squares.counts.end(), 0);
  }
  return unused;
}

base::Status ImportanceSums::write(const std::filesystem::path& target, const std::string& dataset,
                                   std::int64_t samples, std::int64_t sample_tokens) const {
  TRY(base::make_folders(target.parent_path()));
  const GgufFile file(gguf_init_empty());
  const GgmlContext tensors(ggml_init({all_.size() * 2 * ggml_tensor_overhead(), nullptr, true}));
  if (!file || !tensors) return base::fail(ErrorKind::environment, "out of memory");
  set_keys(file.get(), dataset, samples, sample_tokens);
  auto values = all_;  // ggml takes pointers to what may change
  std::vector<std::vector<float>> counts;
  counts.reserve(values.size());
  for (auto& [name, squares] : values) {
    counts.emplace_back(squares.counts.begin(), squares.counts.end());
    const std::size_t slices = squares.counts.size();
    add_tensor(file.get(), tensors.get(), name + ".in_sum2", squares.sums, slices);
    add_tensor(file.get(), tensors.get(), name + ".counts", counts.back(), slices);
  }
  const std::filesystem::path part = target.string() + fmt::format(".{}.part", ::getpid());
  if (!gguf_write_to_file(file.get(), part.c_str(), false)) {
    std::error_code ignored;
    std::filesystem::remove(part, ignored);
    return base::fail(ErrorKind::storage, fmt::format("cannot write {}", target.string()),
                      "free some space in the cache folder, or set BANTAM_CACHE");
  }
  return base::publish_file(part, target);
}

}  // namespace bantam::engine
