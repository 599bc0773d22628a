#include "model/shapes_types.hpp"

#include <fmt/format.h>
#include <ggml.h>
#include <llama-ext.h>
#include <llama.h>
#include <exception>
#include <memory>

namespace bantam::model {
namespace {

// llama.cpp prints each odd row size that makes it choose another type, unless told where to log.
class Silence {
 public:
  Silence() {
    llama_log_get(&previous_, &previous_data_);
    llama_log_set([](ggml_log_level, const char*, void*) {}, nullptr);
  }
  ~Silence() { llama_log_set(previous_, previous_data_); }
  Silence(const Silence&) = delete;
  Silence& operator=(const Silence&) = delete;

 private:
  ggml_log_callback previous_ = nullptr;
  void* previous_data_ = nullptr;
};

template <auto release>
struct Release {
  template <typename T>
  void operator()(T* held) const {
    release(held);
  }
};
using Tensors = std::unique_ptr<ggml_context, Release<ggml_free>>;
using Model = std::unique_ptr<llama_model, Release<llama_model_free>>;
using Quantizer = std::unique_ptr<quantize_state_impl, Release<llama_quant_free>>;

// Never needs data: only names and sizes are looked at. A converted file has F32 and F16.
ggml_tensor* add_tensor(ggml_context* context, const ShapeTensor& tensor) {
  const bool is_float = tensor.always_float || tensor.sizes.size() < 2;
  ggml_tensor* added = ggml_new_tensor(context, is_float ? GGML_TYPE_F32 : GGML_TYPE_F16,
                                       static_cast<int>(tensor.sizes.size()), tensor.sizes.data());
  ggml_set_name(added, tensor.name.c_str());
  return added;
}

Model describe_to_quantizer(const Shape& shape) {
  const auto narrow = [](std::int64_t value) { return static_cast<std::uint32_t>(value); };
  llama_quant_model_desc description{};
  description.architecture = shape.architecture.c_str();
  description.n_embd = narrow(shape.embedding);
  description.n_ff = narrow(shape.feed_forward);
  description.n_layer = narrow(shape.layers);
  description.n_head = narrow(shape.heads);
  description.n_head_kv = narrow(shape.kv_heads);
  description.n_embd_head_k = narrow(shape.head_size);
  description.n_embd_head_v = narrow(shape.head_size);
  return Model(llama_quant_model_from_metadata(&description));
}

// May throw what llama.cpp throws.
std::vector<ggml_type> choose_types(const Shape& shape, const std::vector<ShapeTensor>& tensors,
                                    const FileType& type) {
  const Tensors context(ggml_init({(tensors.size() + 1) * ggml_tensor_overhead(), nullptr, true}));
  const Model model = describe_to_quantizer(shape);
  const llama_model_quantize_params parameters = llama_model_quantize_default_params();
  const Quantizer quantizer(llama_quant_init(model.get(), &parameters));

  std::vector<ggml_type> types;
  std::vector<ggml_tensor*> choosable;
  std::vector<std::size_t> places;
  for (const ShapeTensor& tensor : tensors) {
    ggml_tensor* added = add_tensor(context.get(), tensor);
    if (llama_quant_tensor_allows_quantization(quantizer.get(), added)) {
      choosable.push_back(added);
      places.push_back(types.size());
    }
    types.push_back(added->type);
  }
  std::vector<ggml_type> chosen(choosable.size());
  llama_quant_compute_types(quantizer.get(), static_cast<llama_ftype>(type.id), choosable.data(),
                            chosen.data(), choosable.size());
  for (std::size_t i = 0; i < chosen.size(); ++i) types[places[i]] = chosen[i];
  return types;
}

}  // namespace

std::uint64_t TypedTensor::bytes() const {
  return static_cast<std::uint64_t>(tensor.elements()) / type.block_elements * type.block_bytes;
}

base::Result<std::vector<TypedTensor>> typed_tensors_of(const Shape& shape, const FileType& type) {
  TRY(check_can_synthesize(shape, type));
  const Silence silence;
  const std::vector<ShapeTensor> tensors = tensors_of(shape);
  try {
    const std::vector<ggml_type> types = choose_types(shape, tensors, type);
    std::vector<TypedTensor> typed;
    for (std::size_t i = 0; i < tensors.size(); ++i) {
      typed.push_back({tensors[i], tensor_type(static_cast<std::uint32_t>(types[i])).value()});
    }
    return typed;
  } catch (const std::exception& error) {
    return base::fail(
        base::ErrorKind::bad_input,
        fmt::format("synthetic:{} cannot be made as {}: {}", shape.name, type.name, error.what()),
        "choose another precision");
  }
}

}  // namespace bantam::model
