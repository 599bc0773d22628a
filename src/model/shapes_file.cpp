#include "model/shapes_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>
#include <cerrno>
#include <map>
#include <system_error>

#include "base/files.hpp"
#include "base/text.hpp"
#include "base/units.hpp"
#include "model/byte_source.hpp"
#include "model/gguf_reader.hpp"
#include "model/quantize.hpp"
#include "model/shapes_header.hpp"
#include "model/shapes_types.hpp"
#include "model/shapes_weights.hpp"

namespace bantam::model {
namespace fs = std::filesystem;
namespace {

constexpr const char* kFreeSpace = "free some space in the cache folder, or set BANTAM_CACHE";

std::uint64_t padding_after(std::uint64_t bytes) {
  return (kTensorAlignment - bytes % kTensorAlignment) % kTensorAlignment;
}

// What a file of this shape and type consists of.
struct Outline {
  FileType type;
  std::vector<TypedTensor> tensors;
  std::string header;

  std::uint64_t file_bytes() const {
    std::uint64_t bytes = header.size();
    for (const TypedTensor& each : tensors) bytes += each.bytes() + padding_after(each.bytes());
    return bytes;
  }
};

base::Result<Outline> outline_of(const Shape& shape, std::string_view llama_type, std::uint64_t seed) {
  const auto type = file_type(llama_type);
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
      : path_(target.string() + fmt::format(".{}{}", ::getpid(), kPartSuffix)),
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
  WeightStock& stock_of(const TensorType& type) {
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

base::Result<GgufContent> content_of(const Shape& shape, std::string_view llama_type) {
  TRY_ASSIGN(SyntheticHead head, synthetic_head(shape, llama_type));
  HeadInMemory file("synthetic:" + shape.name, std::move(head.bytes), head.file_bytes);
  return read_gguf(file);
}

base::Result<ModelInfo> describe(const Shape& shape, std::string_view llama_type) {
  TRY_ASSIGN(const GgufContent content, content_of(shape, llama_type));
  return inspect(content, "synthetic:" + shape.name);
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

}  // namespace bantam::model
