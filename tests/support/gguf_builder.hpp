#pragma once
// Writes GGUF bytes for tests: valid ones by default, and broken ones where a test says so.

#include <sys/mman.h>
#include <unistd.h>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace bantam::support {

class GgufBuilder {
 public:
  std::uint32_t version = 3;
  std::string magic = "GGUF";
  std::uint64_t alignment = 32;  // of the data; a key is written only by alignment_key()
  std::uint64_t extra_keys = 0;  // claimed in the header, but not there
  std::uint64_t extra_tensors = 0;

  GgufBuilder& text(const std::string& key, const std::string& value) {
    return raw(key, 8, string_bytes(value));
  }
  GgufBuilder& u32(const std::string& key, std::uint32_t value) { return raw(key, 4, bytes_of(value)); }
  GgufBuilder& u64(const std::string& key, std::uint64_t value) { return raw(key, 10, bytes_of(value)); }
  GgufBuilder& boolean(const std::string& key, bool value) {
    return raw(key, 7, std::string(1, value ? '\1' : '\0'));
  }
  GgufBuilder& texts(const std::string& key, const std::vector<std::string>& values) {
    std::string bytes = bytes_of(std::uint32_t{8}) + bytes_of(std::uint64_t{values.size()});
    for (const std::string& value : values) bytes += string_bytes(value);
    return raw(key, 9, bytes);
  }
  GgufBuilder& u32s(const std::string& key, const std::vector<std::uint32_t>& values) {
    std::string bytes = bytes_of(std::uint32_t{4}) + bytes_of(std::uint64_t{values.size()});
    for (const std::uint32_t value : values) bytes += bytes_of(value);
    return raw(key, 9, bytes);
  }
  // A key with any type number and value bytes.
  GgufBuilder& raw(const std::string& key, std::uint32_t type, const std::string& value_bytes) {
    keys_ += string_bytes(key) + bytes_of(type) + value_bytes;
    ++key_count_;
    return *this;
  }
  // Bytes put where the next key would start.
  GgufBuilder& raw_key(const std::string& bytes) {
    keys_ += bytes;
    ++key_count_;
    return *this;
  }

  // A tensor with `bytes` of zeros, placed after the one before it, `shift` bytes away from the right place.
  GgufBuilder& tensor(const std::string& name, std::uint32_t type, const std::vector<std::uint64_t>& shape,
                      std::uint64_t bytes, std::int64_t shift = 0) {
    tensors_ += string_bytes(name) + bytes_of(static_cast<std::uint32_t>(shape.size()));
    for (const std::uint64_t length : shape) tensors_ += bytes_of(length);
    tensors_ += bytes_of(type) + bytes_of(data_bytes_ + static_cast<std::uint64_t>(shift));
    data_bytes_ += (bytes + alignment - 1) / alignment * alignment;
    ++tensor_count_;
    return *this;
  }

  // Everything before the tensor data, padded.
  std::string head() const {
    std::string out = magic + bytes_of(version) + bytes_of(tensor_count_ + extra_tensors) +
                      bytes_of(key_count_ + extra_keys) + keys_ + tensors_;
    out.resize((out.size() + alignment - 1) / alignment * alignment, '\0');
    return out;
  }
  std::string bytes() const { return head() + std::string(data_bytes_, '\0'); }

  template <typename Number>
  static std::string bytes_of(Number value) {
    std::string out(sizeof value, '\0');
    std::memcpy(out.data(), &value, sizeof value);
    return out;
  }
  static std::string string_bytes(const std::string& text) {
    return bytes_of(std::uint64_t{text.size()}) + text;
  }

 private:
  std::string keys_;
  std::string tensors_;
  std::uint64_t key_count_ = 0;
  std::uint64_t tensor_count_ = 0;
  std::uint64_t data_bytes_ = 0;
};

// A tiny model as its keys and tensors describe it: 4 tokens, embedding of 32, one layer; F16 matrices.
inline GgufBuilder tiny_model() {
  GgufBuilder gguf;
  gguf.text("general.architecture", "llama")
      .text("general.name", "Tiny")
      .u32("general.file_type", 1)
      .u32("llama.context_length", 128)
      .u32("llama.embedding_length", 32)
      .u32("llama.block_count", 1)
      .u32("llama.attention.head_count", 4)
      .u32("llama.attention.head_count_kv", 2)
      .text("tokenizer.ggml.model", "gpt2")
      .texts("tokenizer.ggml.tokens", {"<s>", "</s>", "a", "b"})
      .u32("tokenizer.ggml.bos_token_id", 0)
      .u32("tokenizer.ggml.eos_token_id", 1)
      .boolean("tokenizer.ggml.add_bos_token", true)
      .text("tokenizer.chat_template", "{{ messages }}");
  gguf.tensor("token_embd.weight", 1, {32, 4}, 256);
  gguf.tensor("output_norm.weight", 0, {32}, 128);
  return gguf;
}

inline std::filesystem::path write_bytes(const std::filesystem::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
  return path;
}

// A file without a disk, for tests that try thousands of contents.
class MemoryFile {
 public:
  MemoryFile() : descriptor_(::memfd_create("bantam-test", MFD_CLOEXEC)) {}
  ~MemoryFile() { ::close(descriptor_); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

  std::filesystem::path holding(const std::string& bytes) {
    if (::ftruncate(descriptor_, 0) != 0 || ::pwrite(descriptor_, bytes.data(), bytes.size(), 0) < 0)
      std::abort();
    return "/proc/self/fd/" + std::to_string(descriptor_);
  }

 private:
  int descriptor_;
};

// The bytes with one to four changes among the first `range`: a random byte, a flipped bit, 0xFF, or a few
// bytes copied from elsewhere in that range (which makes names and tokens equal).
inline std::string mutated(std::string bytes, std::size_t range, std::mt19937& random) {
  const auto below = [&](std::size_t limit) { return static_cast<std::size_t>(random()) % limit; };
  for (std::size_t changes = 1 + below(4); changes > 0; --changes) {
    const std::size_t at = below(range);
    switch (below(4)) {
      case 0:
        bytes[at] = static_cast<char>(below(256));
        break;
      case 1:
        bytes[at] = static_cast<char>(bytes[at] ^ (1 << below(8)));
        break;
      case 2:
        bytes[at] = '\xFF';
        break;
      default: {
        const std::size_t count = below(16);
        bytes.replace(at, count, std::string(bytes, below(range), count));
      }
    }
  }
  return bytes;
}

}  // namespace bantam::support
