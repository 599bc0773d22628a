#include "shape/llama/shape_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <ggml.h>
#include <gguf.h>
#include <llama-ext.h>
#include <llama.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <cmath>
#include <exception>
#include <map>
#include <memory>
#include <numbers>
#include <system_error>
#include <type_traits>
#include <vector>

#include "base/files.hpp"
#include "base/text.hpp"
#include "base/units.hpp"
#include "cache/kept_file.hpp"
#include "gguf/bytes.hpp"
#include "gguf/reader.hpp"
#include "shape/tensors.hpp"
#include "shape/vocabulary.hpp"

namespace bantam::shape {

namespace fs = std::filesystem;
namespace {

// Which type each tensor has in a file of a given type, as llama.cpp's own quantizer decides it.

struct TypedTensor {
  ShapeTensor tensor;
  gguf::TensorType type;

  std::uint64_t bytes() const {
    return static_cast<std::uint64_t>(tensor.elements()) / type.block_elements * type.block_bytes;
  }
};

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
                                    const gguf::FileType& type) {
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

// In the order of list_tensors(). bad_input when llama.cpp makes no such file of this shape.
base::Result<std::vector<TypedTensor>> list_typed_tensors(const Shape& shape, const gguf::FileType& type) {
  TRY(check_can_synthesize(shape, type));
  const Silence silence;
  const std::vector<ShapeTensor> tensors = list_tensors(shape);
  try {
    const std::vector<ggml_type> types = choose_types(shape, tensors, type);
    std::vector<TypedTensor> typed;
    for (std::size_t i = 0; i < tensors.size(); ++i) {
      typed.push_back({tensors[i], gguf::tensor_type(static_cast<std::uint32_t>(types[i])).value()});
    }
    return typed;
  } catch (const std::exception& error) {
    return base::fail(
        base::ErrorKind::bad_input,
        fmt::format("synthetic:{} cannot be made as {}: {}", shape.name, type.name, error.what()),
        "choose another precision");
  }
}

// The part of the file before its weights: keys, vocabulary and table of tensors.

// Every tensor starts at a multiple of this in the data, which is GGUF's default.
constexpr std::uint64_t kTensorAlignment = 32;
static_assert(kTensorAlignment == GGUF_DEFAULT_ALIGNMENT);

constexpr std::uint32_t kMeanPooling = 1;  // LLAMA_POOLING_TYPE_MEAN

// general.name of the file.
std::string synthetic_title(const Shape& shape) {
  return shape.title + " (random weights)";
}

// Writes keys with the type that llama.cpp's converter gives them.
class Keys {
 public:
  Keys(gguf_context* file, std::string architecture) : file_(file), architecture_(std::move(architecture)) {}

  void text(const char* key, const std::string& value) { gguf_set_val_str(file_, key, value.c_str()); }
  void flag(const char* key, bool value) { gguf_set_val_bool(file_, key, value); }
  void number(const std::string& key, std::int64_t value) {
    gguf_set_val_u32(file_, key.c_str(), static_cast<std::uint32_t>(value));
  }
  void number(const std::string& key, double value) {
    gguf_set_val_f32(file_, key.c_str(), static_cast<float>(value));
  }
  template <typename T>
  void number(const std::string& key, const std::optional<T>& value) {
    if (value) number(key, *value);
  }
  // The name of one of the architecture's own keys.
  std::string own(std::string_view key) const { return fmt::format("{}.{}", architecture_, key); }

  void texts(const char* key, const std::vector<std::string>& values) {
    std::vector<const char*> pointers;
    for (const std::string& value : values) pointers.push_back(value.c_str());
    gguf_set_arr_str(file_, key, pointers.data(), pointers.size());
  }
  template <typename T>
  void array(const char* key, gguf_type type, const std::vector<T>& values) {
    gguf_set_arr_data(file_, key, type, values.data(), values.size());
  }

 private:
  gguf_context* file_;
  std::string architecture_;
};

void add_general(Keys& keys, const Shape& shape, const gguf::FileType& type, std::uint64_t seed) {
  keys.text("general.architecture", shape.architecture);
  keys.text("general.type", "model");
  keys.text("general.name", synthetic_title(shape));
  keys.number("general.file_type", static_cast<std::int64_t>(type.id));
  keys.number("general.quantization_version", std::int64_t{GGML_QNT_VERSION});
  keys.text(gguf::kSyntheticKey,
            fmt::format("bantam {} seed {} shape {}", kSyntheticVersion, seed, shape.name));
}

void add_sizes(Keys& keys, const Shape& shape) {
  keys.number(keys.own("block_count"), shape.layers);
  keys.number(keys.own("context_length"), shape.context);
  keys.number(keys.own("embedding_length"), shape.embedding);
  keys.number(keys.own("feed_forward_length"), shape.feed_forward);
  keys.number(keys.own("vocab_size"), shape.vocabulary);
  keys.number(keys.own("attention.head_count"), shape.heads);
  keys.number(keys.own("attention.head_count_kv"), shape.kv_heads);
  keys.number(keys.own("attention.key_length"), shape.head_size);
  keys.number(keys.own("attention.value_length"), shape.head_size);
  keys.number(keys.own("attention.sliding_window"), shape.sliding_window);
  keys.number(keys.own("attn_logit_softcapping"), shape.attention_softcap);
  keys.number(keys.own("final_logit_softcapping"), shape.final_softcap);
  const bool centred = shape.is_encoder() || shape.architecture == "phi2";
  keys.number(keys.own(centred ? "attention.layer_norm_epsilon" : "attention.layer_norm_rms_epsilon"),
              shape.norm_epsilon);
  if (shape.is_encoder()) {
    keys.flag(keys.own("attention.causal").c_str(), false);
    keys.number(keys.own("pooling_type"), std::int64_t{kMeanPooling});
    keys.number("tokenizer.ggml.token_type_count", shape.token_types.value_or(1));
  }
}

// How much longrope scales attention, as the model's own code has it.
double longrope_attention_factor(const Shape& shape) {
  const double original = static_cast<double>(shape.rope_scaling->original_context);
  const double stretch = static_cast<double>(shape.context) / original;
  return stretch > 1.0 ? std::sqrt(1.0 + std::log(stretch) / std::log(original)) : 1.0;
}

void add_rope(Keys& keys, const Shape& shape) {
  if (!shape.rope_base) return;
  keys.number(keys.own("rope.freq_base"), shape.rope_base);
  keys.number(keys.own("rope.freq_base_swa"), shape.rope_base_local);
  keys.number(keys.own("rope.dimension_count"), shape.rope_size.value_or(shape.head_size));
  if (!shape.rope_scaling) return;
  if (shape.rope_scaling->kind == "linear") {
    keys.text(keys.own("rope.scaling.type").c_str(), "linear");
    keys.number(keys.own("rope.scaling.factor"), shape.rope_scaling->factor);
  }
  if (shape.rope_scaling->kind == "longrope") {
    keys.number(keys.own("rope.scaling.original_context_length"), shape.rope_scaling->original_context);
    keys.number(keys.own("rope.scaling.attn_factor"), longrope_attention_factor(shape));
  }
}

void add_vocabulary(Keys& keys, const Shape& shape) {
  const ShapeVocabulary vocabulary = make_vocabulary(shape);
  static_assert(std::is_same_v<std::underlying_type_t<TokenKind>, std::int32_t>);
  keys.text("tokenizer.ggml.model", shape.tokenizer);
  if (shape.pretokenizer) keys.text("tokenizer.ggml.pre", *shape.pretokenizer);
  keys.texts("tokenizer.ggml.tokens", vocabulary.tokens);
  keys.array("tokenizer.ggml.token_type", GGUF_TYPE_INT32, vocabulary.kinds);
  if (!vocabulary.scores.empty()) keys.array("tokenizer.ggml.scores", GGUF_TYPE_FLOAT32, vocabulary.scores);
  if (!vocabulary.merges.empty()) keys.texts("tokenizer.ggml.merges", vocabulary.merges);
  keys.number("tokenizer.ggml.bos_token_id", vocabulary.bos);
  keys.number(shape.is_encoder() ? "tokenizer.ggml.seperator_token_id" : "tokenizer.ggml.eos_token_id",
              vocabulary.eos);
  keys.number("tokenizer.ggml.unknown_token_id", vocabulary.unknown);
  keys.number("tokenizer.ggml.padding_token_id", vocabulary.padding);
  keys.number("tokenizer.ggml.mask_token_id", vocabulary.mask);
  if (!shape.is_encoder()) keys.flag("tokenizer.ggml.add_bos_token", shape.adds_bos);
}

// Padded, so that the first tensor follows directly.
std::string synthetic_header(const Shape& shape, const gguf::FileType& type, std::uint64_t seed,
                             const std::vector<TypedTensor>& tensors) {
  const std::unique_ptr<gguf_context, Release<gguf_free>> file(gguf_init_empty());
  Keys keys(file.get(), shape.architecture);
  add_general(keys, shape, type, seed);
  add_sizes(keys, shape);
  add_rope(keys, shape);
  add_vocabulary(keys, shape);

  const Tensors names(ggml_init({tensors.size() * ggml_tensor_overhead(), nullptr, true}));
  for (const TypedTensor& each : tensors) {
    ggml_tensor* tensor =
        ggml_new_tensor(names.get(), static_cast<ggml_type>(each.type.id),
                        static_cast<int>(each.tensor.sizes.size()), each.tensor.sizes.data());
    ggml_set_name(tensor, each.tensor.name.c_str());
    gguf_add_tensor(file.get(), tensor);
  }
  std::string header(gguf_get_meta_size(file.get()), '\0');
  gguf_get_meta_data(file.get(), header.data());
  return header;
}

// Random weights as bytes of any tensor type.

constexpr float kWeightDeviation = 0.02F;
constexpr std::int64_t kRowElements = 1024;  // every block size divides it

// How much a stock holds. Types with a codebook are searched for the best match, thousands of values a
// second.
std::int64_t stock_rows(const gguf::TensorType& type) {
  return type.name.starts_with("IQ") ? 32 : 256;
}

// The same numbers on every machine for the same seed (SplitMix64).
class RandomNumbers {
 public:
  explicit RandomNumbers(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next();
  // 0 <= result < limit; limit is at least 1 and far below 2^64.
  std::uint64_t below(std::uint64_t limit) { return next() % limit; }
  // Normally distributed, mean 0.
  float normal(float standard_deviation);

 private:
  double unit();  // 0 < result <= 1
  std::uint64_t state_;
};

// A stock of blocks of one type, from which any number of bytes is drawn. Its values are normally distributed
// with standard deviation kWeightDeviation, quantized by ggml: so every block is valid and of everyday size.
class WeightStock {
 public:
  WeightStock(const gguf::TensorType& type, std::uint64_t seed);

  // Whole blocks, at most `bytes` (a multiple of the block size), from a random place of the stock. Repeated
  // calls never give the same stretch twice in a row, so that equal rows do not lie side by side. Valid as
  // long as the stock.
  std::string_view draw(std::uint64_t bytes);

 private:
  std::uint64_t block_bytes_;
  RandomNumbers numbers_;
  std::string blocks_;
};

// Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014.
std::uint64_t RandomNumbers::next() {
  state_ += 0x9E3779B97F4A7C15U;
  std::uint64_t mixed = state_;
  mixed = (mixed ^ (mixed >> 30U)) * 0xBF58476D1CE4E5B9U;
  mixed = (mixed ^ (mixed >> 27U)) * 0x94D049BB133111EBU;
  return mixed ^ (mixed >> 31U);
}

double RandomNumbers::unit() {
  return (static_cast<double>(next() >> 11U) + 1.0) * 0x1.0p-53;
}

// Box and Muller's transform.
float RandomNumbers::normal(float standard_deviation) {
  const double radius = std::sqrt(-2.0 * std::log(unit()));
  return standard_deviation * static_cast<float>(radius * std::cos(2.0 * std::numbers::pi * unit()));
}

WeightStock::WeightStock(const gguf::TensorType& type, std::uint64_t seed)
    : block_bytes_(type.block_bytes), numbers_(seed) {
  const std::int64_t rows = stock_rows(type);
  std::vector<float> values(static_cast<std::size_t>(rows * kRowElements));
  for (float& value : values) value = numbers_.normal(kWeightDeviation);
  // Some types cannot be made without importances; equal ones say nothing.
  const std::vector<float> importances(static_cast<std::size_t>(kRowElements), 1.0F);
  blocks_.resize(values.size() / type.block_elements * type.block_bytes);
  ggml_quantize_chunk(static_cast<ggml_type>(type.id), values.data(), blocks_.data(), 0, rows, kRowElements,
                      importances.data());
}

std::string_view WeightStock::draw(std::uint64_t bytes) {
  const std::uint64_t size = std::min<std::uint64_t>(bytes, blocks_.size() / 2 / block_bytes_ * block_bytes_);
  const std::uint64_t places = (blocks_.size() - size) / block_bytes_ + 1;
  return std::string_view(blocks_).substr(numbers_.below(places) * block_bytes_, size);
}

// The file as a whole.

constexpr const char* kFreeSpace = "free some space in the cache folder, or set BANTAM_CACHE";

std::uint64_t padding_after(std::uint64_t bytes) {
  return (kTensorAlignment - bytes % kTensorAlignment) % kTensorAlignment;
}

// What a file of this shape and type consists of.
struct Outline {
  gguf::FileType type;
  std::vector<TypedTensor> tensors;
  std::string header;

  std::uint64_t file_bytes() const {
    std::uint64_t bytes = header.size();
    for (const TypedTensor& each : tensors) bytes += each.bytes() + padding_after(each.bytes());
    return bytes;
  }
};

base::Result<Outline> make_outline(const Shape& shape, std::string_view llama_type, std::uint64_t seed) {
  const auto type = gguf::file_type(llama_type);
  if (!type) {
    return base::fail(base::ErrorKind::usage,
                      fmt::format("unknown llama.cpp file type '{}'", base::printable(llama_type)));
  }
  TRY_ASSIGN(auto tensors, list_typed_tensors(shape, *type));
  std::string header = synthetic_header(shape, *type, seed, tensors);
  return Outline{*type, std::move(tensors), std::move(header)};
}

// Writes a file from beginning to end.
class Output {
 public:
  explicit Output(fs::path path)
      : path_(std::move(path)),
        descriptor_(::open(path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644)) {}
  ~Output() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  base::Status write(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written <= 0) {
        return base::fail(base::ErrorKind::storage,
                          fmt::format("cannot write {}: {}", base::printable(path_.string()),
                                      base::errno_text(written < 0 ? errno : ENOSPC)),
                          kFreeSpace);
      }
      bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return {};
  }

 private:
  fs::path path_;
  int descriptor_;
};

class WeightWriter {
 public:
  WeightWriter(const Shape& shape, std::uint64_t seed, Output& file)
      : shape_(shape), seed_(seed), file_(file) {}

  base::Status write(const TypedTensor& each) {
    TRY(write_content(each));
    return file_.write(std::string(padding_after(each.bytes()), '\0'));
  }

 private:
  base::Status write_content(const TypedTensor& each) {
    if (each.tensor.content == TensorContent::rope_factors) return write_floats(rope_factors(shape_));
    if (each.tensor.content == TensorContent::ones) {
      return write_floats(std::vector<float>(static_cast<std::size_t>(each.tensor.elements()), 1.0F));
    }
    WeightStock& stock = find_stock(each.type);
    for (std::uint64_t left = each.bytes(); left > 0;) {
      const std::string_view bytes = stock.draw(left);
      TRY(file_.write(bytes));
      left -= bytes.size();
    }
    return {};
  }
  base::Status write_floats(const std::vector<float>& values) {
    return file_.write({reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float)});
  }
  WeightStock& find_stock(const gguf::TensorType& type) {
    return stocks_.try_emplace(type.id, type, seed_ + type.id).first->second;
  }

  const Shape& shape_;
  std::uint64_t seed_;
  Output& file_;
  std::map<std::uint32_t, WeightStock> stocks_;
};

base::Status check_space(const fs::path& folder, std::uint64_t needed) {
  std::error_code error;
  const fs::space_info space = fs::space(folder, error);
  if (error || space.available >= needed) return {};
  return base::fail(base::ErrorKind::storage,
                    fmt::format("{} has {} free; the model takes {}", base::printable(folder.string()),
                                base::format_bytes(static_cast<double>(space.available)),
                                base::format_bytes(static_cast<double>(needed))),
                    kFreeSpace);
}

}  // namespace

base::Result<SyntheticHead> synthetic_head(const Shape& shape, std::string_view llama_type) {
  TRY_ASSIGN(Outline outline, make_outline(shape, llama_type, kSyntheticSeed));
  const std::uint64_t bytes = outline.file_bytes();
  return SyntheticHead{std::move(outline.header), bytes};
}

base::Result<gguf::GgufContent> synthetic_content(const Shape& shape, std::string_view llama_type) {
  TRY_ASSIGN(SyntheticHead head, synthetic_head(shape, llama_type));
  gguf::HeadInMemory file("synthetic:" + shape.name, std::move(head.bytes), head.file_bytes);
  return gguf::read_gguf(file);
}

base::Result<gguf::ModelInfo> describe(const Shape& shape, std::string_view llama_type) {
  TRY_ASSIGN(const gguf::GgufContent content, synthetic_content(shape, llama_type));
  return gguf::inspect(content, "synthetic:" + shape.name);
}

base::Status write_synthetic(const Shape& shape, std::string_view llama_type, const fs::path& target,
                             std::uint64_t seed) {
  TRY_ASSIGN(const Outline outline, make_outline(shape, llama_type, seed));
  const fs::path folder = fs::absolute(target).parent_path();
  TRY(base::check_writable_folder(folder));
  TRY(check_space(folder, outline.file_bytes()));
  const cache::NewFile part(target);
  Output file(part.path());
  TRY(file.write(outline.header));
  WeightWriter writer(shape, seed, file);
  for (const TypedTensor& each : outline.tensors) TRY(writer.write(each));
  return part.publish();
}

}  // namespace bantam::shape
