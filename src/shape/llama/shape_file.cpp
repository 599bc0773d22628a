#include "shape/llama/shape_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <ggml.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <cmath>
#include <map>
#include <numbers>
#include <system_error>
#include <vector>

#include <span>
#include "base/files.hpp"
#include "base/text.hpp"
#include "base/units.hpp"
#include "cache/made_files.hpp"
#include "gguf/bytes.hpp"
#include "gguf/reader.hpp"
#include "shape/llama/shape_header.hpp"

namespace bantam::shape {

// Random weights as bytes of any tensor type. Knows nothing of files and shapes.

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

inline constexpr float kWeightDeviation = 0.02F;

namespace fs = std::filesystem;
namespace {

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

base::Result<Outline> outline_of(const Shape& shape, std::string_view llama_type, std::uint64_t seed) {
  const auto type = gguf::file_type(llama_type);
  if (!type) {
    return base::fail(base::ErrorKind::usage,
                      fmt::format("unknown llama.cpp file type '{}'", base::printable(llama_type)));
  }
  TRY_ASSIGN(auto tensors, typed_tensors_of(shape, *type));
  std::string header = synthetic_header(shape, *type, seed, tensors);
  return Outline{*type, std::move(tensors), std::move(header)};
}

// A new file that vanishes again unless it is published.
class NewFile {
 public:
  explicit NewFile(const fs::path& target)
      : path_(target.string() + fmt::format(".{}{}", ::getpid(), cache::kPartSuffix)),
        descriptor_(::open(path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644)) {}
  ~NewFile() {
    if (descriptor_ >= 0) ::close(descriptor_);
    std::error_code ignored;
    fs::remove(path_, ignored);
  }
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;

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
  base::Status publish(const fs::path& target) { return base::publish_file(path_, target); }

 private:
  fs::path path_;
  int descriptor_;
};

class WeightWriter {
 public:
  WeightWriter(const Shape& shape, std::uint64_t seed, NewFile& file)
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
    WeightStock& stock = stock_of(each.type);
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
  WeightStock& stock_of(const gguf::TensorType& type) {
    return stocks_.try_emplace(type.id, type, seed_ + type.id).first->second;
  }

  const Shape& shape_;
  std::uint64_t seed_;
  NewFile& file_;
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
  TRY_ASSIGN(Outline outline, outline_of(shape, llama_type, kSyntheticSeed));
  const std::uint64_t bytes = outline.file_bytes();
  return SyntheticHead{std::move(outline.header), bytes};
}

base::Result<gguf::GgufContent> content_of(const Shape& shape, std::string_view llama_type) {
  TRY_ASSIGN(SyntheticHead head, synthetic_head(shape, llama_type));
  gguf::HeadInMemory file("synthetic:" + shape.name, std::move(head.bytes), head.file_bytes);
  return gguf::read_gguf(file);
}

base::Result<gguf::ModelInfo> describe(const Shape& shape, std::string_view llama_type) {
  TRY_ASSIGN(const gguf::GgufContent content, content_of(shape, llama_type));
  return gguf::inspect(content, "synthetic:" + shape.name);
}

base::Status write_synthetic(const Shape& shape, std::string_view llama_type, const fs::path& target,
                             std::uint64_t seed) {
  TRY_ASSIGN(const Outline outline, outline_of(shape, llama_type, seed));
  const fs::path folder = fs::absolute(target).parent_path();
  TRY(base::check_writable_folder(folder));
  TRY(check_space(folder, outline.file_bytes()));
  NewFile file(target);
  TRY(file.write(outline.header));
  WeightWriter writer(shape, seed, file);
  for (const TypedTensor& each : outline.tensors) TRY(writer.write(each));
  return file.publish(target);
}

namespace {

constexpr std::int64_t kRowElements = 1024;  // every block size divides it

// How much a stock holds. Types with a codebook are searched for the best match, thousands of values a
// second.
std::int64_t rows_of(const gguf::TensorType& type) {
  return type.name.starts_with("IQ") ? 32 : 256;
}

}  // namespace

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
  const std::int64_t rows = rows_of(type);
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

}  // namespace bantam::shape
