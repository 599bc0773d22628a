#include "model/llama/merge.hpp"

#include <fmt/format.h>
#include <ggml.h>
#include <gguf.h>
#include <algorithm>
#include <cmath>
#include <cstring>
#include <fstream>
#include <memory>
#include <string_view>
#include <vector>

#include "base/files.hpp"
#include "base/text.hpp"
#include "cache/kept_file.hpp"
#include "gguf/model_info.hpp"
#include "gguf/reader.hpp"
#include "model/adapter.hpp"

namespace bantam::model {

namespace fs = std::filesystem;
namespace {

// Bytes of a tensor that are in memory at once; at least one row.
constexpr std::uint64_t kSliceBytes = 16 << 20;
constexpr std::string_view kEmbedding = "token_embd.weight";

struct FreeGguf {
  void operator()(gguf_context* content) const { gguf_free(content); }
};
struct FreeTensors {
  void operator()(ggml_context* tensors) const { ggml_free(tensors); }
};

// The description of a GGUF file in ggml's own form; no weights.
struct Description {
  std::unique_ptr<gguf_context, FreeGguf> content;
  std::unique_ptr<ggml_context, FreeTensors> tensors;
};

base::Result<Description> describe_file(const fs::path& path) {
  ggml_context* tensors = nullptr;
  Description description;
  description.content.reset(gguf_init_from_file(path.c_str(), {true, &tensors}));
  description.tensors.reset(tensors);
  if (description.content && description.tensors) return description;
  return base::fail(base::ErrorKind::bad_input,
                    fmt::format("{}: ggml cannot read it", base::printable(path.string())));
}

// Random access to the weights of one file.
class Weights {
 public:
  static base::Result<Weights> open(const fs::path& path) {
    TRY_ASSIGN(gguf::GgufContent content, gguf::read_gguf(path));
    Weights weights(path, std::move(content));
    if (weights.file_) return weights;
    return base::fail(base::ErrorKind::bad_input,
                      fmt::format("cannot open {}", base::printable(path.string())));
  }

  const gguf::GgufContent& content() const { return content_; }

  base::Status read(const gguf::Tensor& tensor, std::uint64_t offset, std::vector<char>& bytes) {
    file_.seekg(static_cast<std::streamoff>(content_.data_offset + tensor.offset + offset));
    file_.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    if (file_) return {};
    return base::fail(base::ErrorKind::bad_input,
                      fmt::format("{}: cannot read {}", base::printable(path_.string()), tensor.name));
  }

  // A whole tensor as floats, whatever its type.
  base::Result<std::vector<float>> floats(const gguf::Tensor& tensor) {
    std::vector<char> bytes(tensor.bytes);
    TRY(read(tensor, 0, bytes));
    std::vector<float> values(tensor.elements);
    if (decode(static_cast<ggml_type>(tensor.type.id), bytes.data(), values)) return values;
    return base::fail(base::ErrorKind::bad_input,
                      fmt::format("{}: {} is of type {}, which cannot be computed with",
                                  base::printable(path_.string()), tensor.name, tensor.type.name));
  }

  static bool decode(ggml_type type, const char* bytes, std::vector<float>& values) {
    if (type == GGML_TYPE_F32) {
      std::memcpy(values.data(), bytes, values.size() * sizeof(float));
      return true;
    }
    const ggml_to_float_t to_float = ggml_get_type_traits(type)->to_float;
    if (to_float == nullptr) return false;
    to_float(bytes, values.data(), static_cast<std::int64_t>(values.size()));
    return true;
  }

 private:
  Weights(const fs::path& path, gguf::GgufContent content)
      : path_(path), content_(std::move(content)), file_(path, std::ios::binary) {}

  fs::path path_;
  gguf::GgufContent content_;
  std::ifstream file_;
};

// The two factors of a weight's change, as rows: change[o][i] = sum over k of outer[o][k] x inner[k][i], for
// each of `slices` matrices (the experts of a mixture).
struct Change {
  std::vector<float> outer;
  std::vector<float> inner;
  std::uint64_t rank = 0;
  std::uint64_t inputs = 0;
  std::uint64_t outputs = 0;
  float factor = 1.0F;

  void add_to_row(std::uint64_t row, float* weights, std::vector<float>& sum) const {
    const std::uint64_t slice = row / outputs;
    const float* scales = outer.data() + row * rank;
    std::fill(sum.begin(), sum.end(), 0.0F);
    for (std::uint64_t k = 0; k < rank; ++k) {
      const float* line = inner.data() + (slice * rank + k) * inputs;
      for (std::uint64_t i = 0; i < inputs; ++i) sum[i] += scales[k] * line[i];
    }
    for (std::uint64_t i = 0; i < inputs; ++i) weights[i] += factor * sum[i];
  }
};

std::vector<float> transposed(const std::vector<float>& matrix, std::uint64_t columns) {
  std::vector<float> turned(matrix.size());
  const std::uint64_t rows = matrix.size() / columns;
  for (std::uint64_t r = 0; r < rows; ++r) {
    for (std::uint64_t c = 0; c < columns; ++c) turned[c * rows + r] = matrix[r * columns + c];
  }
  return turned;
}

base::Result<Change> read_change(Weights& adapter, const AdapterInfo& info, const AdapterPair& pair,
                                 double scale) {
  Change change;
  TRY_ASSIGN(change.inner, adapter.floats(pair.a));
  TRY_ASSIGN(change.outer, adapter.floats(pair.b));
  change.rank = pair.b.shape[0];
  change.inputs = pair.a.shape[0];
  change.outputs = pair.b.shape[1];
  change.factor = static_cast<float>(info.factor(pair, scale));
  if (pair.target == kEmbedding) {
    // Here A has a row of `rank` numbers per token, and B one per feature: the other way round.
    change.inputs = pair.b.shape[1];
    change.outputs = pair.a.shape[1];
    change.outer = std::exchange(change.inner, transposed(change.outer, change.rank));
  }
  return change;
}

// False for a value that is finite, but not in this type.
bool encode(ggml_type type, const std::vector<float>& values, char* bytes) {
  const auto count = static_cast<std::int64_t>(values.size());
  if (type == GGML_TYPE_F16) {
    constexpr float kLargest = 65504.0F;
    const bool fits =
        std::all_of(values.begin(), values.end(), [](float value) { return !(std::abs(value) > kLargest); });
    ggml_fp32_to_fp16_row(values.data(), reinterpret_cast<ggml_fp16_t*>(bytes), count);
    return fits;
  }
  if (type == GGML_TYPE_BF16) {
    ggml_fp32_to_bf16_row(values.data(), reinterpret_cast<ggml_bf16_t*>(bytes), count);
  } else {
    std::memcpy(bytes, values.data(), values.size() * sizeof(float));
  }
  return true;
}

bool is_plain_float(ggml_type type) {
  return type == GGML_TYPE_F32 || type == GGML_TYPE_F16 || type == GGML_TYPE_BF16;
}

class Merging {
 public:
  Merging(Weights model, Weights adapter, AdapterInfo info, double scale, MergedType type)
      : model_(std::move(model)),
        adapter_(std::move(adapter)),
        info_(std::move(info)),
        scale_(scale),
        type_(type) {}

  base::Status write(const fs::path& model, const fs::path& part, const std::string& adapter_sha256) {
    TRY_ASSIGN(const Description source, describe_file(model));
    TRY_ASSIGN(const auto target, describe_target(source, adapter_sha256));
    file_.open(part, std::ios::binary | std::ios::trunc);
    std::vector<char> head(gguf_get_meta_size(target.get()));
    gguf_get_meta_data(target.get(), head.data());
    put(head);
    const std::uint64_t alignment = gguf_get_alignment(target.get());
    for (const gguf::Tensor& tensor : model_.content().tensors) {
      TRY(write_tensor(tensor));
      const std::uint64_t written = tensor.elements / tensor_block(tensor) * block_bytes(tensor);
      put(std::vector<char>((alignment - written % alignment) % alignment));
    }
    file_.close();
    if (file_) return {};
    return base::fail(base::ErrorKind::storage,
                      fmt::format("cannot write {}", base::printable(part.string())),
                      "free some space in the cache folder, or set BANTAM_CACHE");
  }

 private:
  ggml_type written_type(const gguf::Tensor& tensor) const {
    const auto own = static_cast<ggml_type>(tensor.type.id);
    return type_ == MergedType::f32 && is_plain_float(own) ? GGML_TYPE_F32 : own;
  }
  std::uint64_t block_bytes(const gguf::Tensor& tensor) const { return ggml_type_size(written_type(tensor)); }
  std::uint64_t tensor_block(const gguf::Tensor& tensor) const {
    return static_cast<std::uint64_t>(ggml_blck_size(written_type(tensor)));
  }

  base::Result<std::unique_ptr<gguf_context, FreeGguf>> describe_target(
      const Description& source, const std::string& adapter_sha256) const {
    std::unique_ptr<gguf_context, FreeGguf> target(gguf_init_empty());
    gguf_set_kv(target.get(), source.content.get());
    for (const gguf::Tensor& tensor : model_.content().tensors) {
      const ggml_tensor* known = ggml_get_tensor(source.tensors.get(), tensor.name.c_str());
      if (known == nullptr)
        return base::fail(base::ErrorKind::bad_input, fmt::format("ggml has no tensor {}", tensor.name));
      gguf_add_tensor(target.get(), known);
      gguf_set_tensor_type(target.get(), tensor.name.c_str(), written_type(tensor));
    }
    const gguf::Key* name = model_.content().find_key("general.name");
    const std::string model_name =
        name && name->value.is_string() ? name->value.get<std::string>() : std::string("model");
    gguf_set_val_str(target.get(), "general.name",
                     fmt::format("{} + lora {}", model_name, info_.name.value_or("adapter")).c_str());
    gguf_set_val_str(target.get(), "bantam.lora.sha256", adapter_sha256.c_str());
    gguf_set_val_f64(target.get(), "bantam.lora.scale", scale_);
    gguf_set_val_u32(target.get(), "bantam.lora.merge_version", kMergeVersion);
    if (type_ == MergedType::f32) gguf_set_val_u32(target.get(), "general.file_type", 0);
    return target;
  }

  base::Status write_tensor(const gguf::Tensor& tensor) {
    const auto pair = std::find_if(info_.pairs.begin(), info_.pairs.end(),
                                   [&](const AdapterPair& one) { return one.target == tensor.name; });
    if (pair == info_.pairs.end()) return write_rows(tensor, nullptr);
    TRY_ASSIGN(const Change change, read_change(adapter_, info_, *pair, scale_));
    return write_rows(tensor, &change);
  }

  // Unchanged tensors that keep their type are copied byte by byte.
  base::Status write_rows(const gguf::Tensor& tensor, const Change* change) {
    const auto from = static_cast<ggml_type>(tensor.type.id);
    const ggml_type to = written_type(tensor);
    const std::uint64_t width = tensor.shape.empty() ? 1 : tensor.shape[0];
    const std::uint64_t row_bytes = width / tensor.type.block_elements * tensor.type.block_bytes;
    const std::uint64_t all_rows = tensor.elements / std::max<std::uint64_t>(width, 1);
    const std::uint64_t rows_at_once =
        std::max<std::uint64_t>(1, kSliceBytes / std::max<std::uint64_t>(row_bytes, 1));
    std::vector<float> sum(width);
    for (std::uint64_t row = 0; row < all_rows; row += rows_at_once) {
      const std::uint64_t rows = std::min(rows_at_once, all_rows - row);
      std::vector<char> bytes(rows * row_bytes);
      TRY(model_.read(tensor, row * row_bytes, bytes));
      if (change != nullptr || from != to) {
        std::vector<float> values(rows * width);
        if (!Weights::decode(from, bytes.data(), values)) return not_computable(tensor);
        for (std::uint64_t i = 0; change != nullptr && i < rows; ++i) {
          change->add_to_row(row + i, values.data() + i * width, sum);
        }
        bytes.resize(values.size() * ggml_type_size(to));
        if (!encode(to, values, bytes.data())) return too_large(tensor);
      }
      put(bytes);
    }
    return {};
  }

  base::Status too_large(const gguf::Tensor& tensor) const {
    return base::fail(base::ErrorKind::bad_input,
                      fmt::format("merged, {} has values that F16 cannot hold", tensor.name),
                      "merge at fp32, or apply the adapter at load");
  }

  base::Status not_computable(const gguf::Tensor& tensor) const {
    return base::fail(
        base::ErrorKind::bad_input,
        fmt::format("an adapter cannot be merged into {} of type {}", tensor.name, tensor.type.name));
  }

  void put(const std::vector<char>& bytes) {
    file_.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  }

  Weights model_;
  Weights adapter_;
  AdapterInfo info_;
  double scale_;
  MergedType type_;
  std::ofstream file_;
};

base::Status check_mergeable(const gguf::ModelInfo& info, const gguf::GgufContent& content,
                             const fs::path& path) {
  const std::string name = base::printable(path.string());
  if (!info.float_weights) {
    return base::fail(base::ErrorKind::bad_input,
                      fmt::format("{}: an adapter cannot be merged into {} weights", name, info.file_type),
                      "use --lora-mode apply, or give the model as F16, BF16 or F32");
  }
  const gguf::Key* parts = content.find_key("split.count");
  if (parts != nullptr && parts->value.is_number_integer() && parts->value.get<std::int64_t>() > 1) {
    return base::fail(base::ErrorKind::bad_input,
                      fmt::format("{}: an adapter cannot be merged into a model in parts", name),
                      "use --lora-mode apply, or join the parts with llama.cpp's llama-gguf-split --merge");
  }
  return {};
}

}  // namespace

base::Status merge_adapter(const fs::path& model, const fs::path& adapter, double scale,
                           const fs::path& target, MergedType type) {
  TRY_ASSIGN(const gguf::ModelInfo info, gguf::inspect(model));
  TRY_ASSIGN(AppliedAdapter applied, find_adapter(adapter, scale));
  TRY(check_adapter_fits(applied.info, adapter.string(), model, model.string()));
  TRY_ASSIGN(Weights model_weights, Weights::open(model));
  TRY(check_mergeable(info, model_weights.content(), model));
  TRY_ASSIGN(Weights adapter_weights, Weights::open(adapter));
  TRY(base::check_writable_folder(target.has_parent_path() ? target.parent_path() : fs::path(".")));
  const cache::NewFile part(target);
  Merging merging(std::move(model_weights), std::move(adapter_weights), std::move(applied.info), scale, type);
  TRY(merging.write(model, part.path(), applied.sha256));
  return part.publish();
}

}  // namespace bantam::model
