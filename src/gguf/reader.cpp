#include "gguf/reader.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <unordered_set>

#include "base/text.hpp"
#include "gguf/bytes.hpp"

namespace bantam::gguf {
namespace {

using namespace std::string_view_literals;

// First bytes that foreign_format() wants to see, when there are as many.
constexpr std::size_t kTellingBytes = 512;

// What a file is that is not GGUF, so that a message can tell the user what to do.
struct ForeignFormat {
  std::string_view name;  // "is ..."
  std::string_view hint;
};

struct Signature {
  std::string_view bytes;
  ForeignFormat format;
};

constexpr std::string_view kConvert = "convert the model to GGUF (llama.cpp's convert_hf_to_gguf.py)";
constexpr std::string_view kUnpack = "unpack it first";

constexpr std::array kSignatures{
    Signature{"FUGG"sv, {"a GGUF file with swapped bytes", "convert it to little-endian GGUF"}},
    Signature{"lmgg"sv, {"a GGML file, older than GGUF", kConvert}},
    Signature{"tjgg"sv, {"a GGJT file, older than GGUF", kConvert}},
    Signature{"fmgg"sv, {"a GGMF file, older than GGUF", kConvert}},
    Signature{"version https://git-lfs"sv,
              {"a git LFS pointer, not the model itself", "run 'git lfs pull', or download the file itself"}},
    Signature{"PK\x03\x04"sv, {"a zip archive (a PyTorch checkpoint?)", kConvert}},
    Signature{"\x1F\x8B"sv, {"a gzip archive", kUnpack}},
    Signature{"\x28\xB5\x2F\xFD"sv, {"a zstd archive", kUnpack}},
    Signature{"\xFD"
              "7zXZ"sv,
              {"an xz archive", kUnpack}},
    Signature{"7z\xBC\xAF"sv, {"a 7z archive", kUnpack}},
    Signature{"\x80\x02"sv, {"a Python pickle (a PyTorch checkpoint?)", kConvert}},
    Signature{"\x89HDF"sv, {"an HDF5 file", kConvert}},
};

// An 8-byte length and a JSON object of that length.
bool is_safetensors(std::string_view bytes) {
  if (bytes.size() < 9 || bytes[8] != '{') return false;
  std::uint64_t length = 0;
  std::memcpy(&length, bytes.data(), sizeof length);
  return length >= 2 && length < (std::uint64_t{1} << 32);
}

bool is_big_endian_gguf(std::string_view bytes) {
  if (!bytes.starts_with("GGUF") || bytes.size() < 8) return false;
  return bytes.substr(4, 3) == "\0\0\0"sv && bytes[7] != '\0';
}

// Absent when the bytes start as a little-endian GGUF file does.
std::optional<ForeignFormat> foreign_format(std::string_view first_bytes) {
  if (is_big_endian_gguf(first_bytes)) {
    return ForeignFormat{"a big-endian GGUF file", "convert it to little-endian GGUF"};
  }
  if (first_bytes.starts_with("GGUF")) return std::nullopt;
  for (const Signature& signature : kSignatures) {
    if (first_bytes.starts_with(signature.bytes)) return signature.format;
  }
  if (is_safetensors(first_bytes)) return ForeignFormat{"a safetensors file", kConvert};
  const std::string text = base::ascii_lower(base::trim(first_bytes));
  if (text.starts_with("<!doctype") || text.starts_with("<html")) {
    return ForeignFormat{"a web page", "download the file itself, not the page about it"};
  }
  if (text.starts_with('{')) return ForeignFormat{"a JSON file", "give the path of a .gguf file"};
  return ForeignFormat{"of an unknown format", "give the path of a .gguf file"};
}

constexpr std::uint64_t kLongestKey = 65535;        // the format's own limit
constexpr std::uint64_t kLongestString = 4u << 20;  // chat templates are well below 1 MiB
constexpr std::uint64_t kLongestTensorName = 63;    // llama.cpp's GGML_MAX_NAME - 1
// These bound the memory that a file's claims take, so that refusing it stays cheap.
constexpr std::uint64_t kMostKeys = 1u << 11;       // real files have below 100
constexpr std::uint64_t kMostTensors = 1u << 15;    // real files have a few thousand
constexpr std::uint64_t kMostStrings = 1u << 22;    // in an array that is not kept: merges, scores
constexpr std::uint64_t kMostTokens = 1u << 20;     // real vocabularies have up to 262,144
constexpr std::uint64_t kMostText = 16u << 20;      // of all kept values together
constexpr std::uint64_t kLongestHead = 256u << 20;  // real vocabularies take up to 20 MiB
constexpr std::uint64_t kLargestAlignment = 1u << 20;
constexpr std::uint64_t kMostDimensions = 4;
constexpr const char* kTokensKey = "tokenizer.ggml.tokens";

struct Header {
  std::uint32_t version = 0;
  std::uint64_t tensors = 0;
  std::uint64_t keys = 0;
};

// Bytes of one element; absent for strings and arrays.
std::optional<std::uint64_t> width(ValueType type) {
  switch (type) {
    case ValueType::uint8:
    case ValueType::int8:
    case ValueType::boolean:
      return 1;
    case ValueType::uint16:
    case ValueType::int16:
      return 2;
    case ValueType::uint32:
    case ValueType::int32:
    case ValueType::float32:
      return 4;
    case ValueType::uint64:
    case ValueType::int64:
    case ValueType::float64:
      return 8;
    case ValueType::string:
    case ValueType::array:
      return std::nullopt;
  }
  return std::nullopt;
}

base::Result<Header> read_header(ByteReader& in) {
  constexpr std::uint64_t kHeaderBytes = 24;
  if (in.size() < kHeaderBytes) {
    return in.damaged(fmt::format("too short for a GGUF file ({} bytes)", in.size()));
  }
  TRY_ASSIGN(const std::string start, in.first_bytes(kTellingBytes));
  if (const auto foreign = foreign_format(start)) {
    return base::fail(base::ErrorKind::bad_input,
                      fmt::format("{} is not a GGUF file: it is {}", in.name(), foreign->name),
                      std::string(foreign->hint));
  }
  TRY(in.skip(4, "the magic number"));
  Header header;
  TRY_ASSIGN(header.version, in.number<std::uint32_t>("the version"));
  if (header.version == 1 || header.version > 3) {
    return base::fail(
        base::ErrorKind::bad_input,
        fmt::format("{}: GGUF version {} is not supported, only 2 and 3", in.name(), header.version),
        header.version == 1 ? "convert the model again with a current converter"
                            : "a newer version of this program may read it");
  }
  if (header.version == 0) return in.damaged("GGUF version 0 does not exist");
  TRY_ASSIGN(header.tensors, in.number<std::uint64_t>("the number of tensors"));
  TRY_ASSIGN(header.keys, in.number<std::uint64_t>("the number of keys"));
  // A key takes at least 14 bytes, a tensor at least 25.
  if (header.keys > kMostKeys || header.keys > in.left() / 14) {
    return in.damaged(fmt::format("claims {} keys, which cannot be", header.keys));
  }
  if (header.tensors > kMostTensors || header.tensors > in.left() / 25) {
    return in.damaged(fmt::format("claims {} tensors, which cannot be", header.tensors));
  }
  return header;
}

template <typename Number>
base::Result<base::Json> number_value(ByteReader& in) {
  TRY_ASSIGN(const Number value, in.number<Number>("a value"));
  return base::Json(value);
}

base::Result<base::Json> read_value(ByteReader& in, ValueType type) {
  switch (type) {
    case ValueType::uint8:
      return number_value<std::uint8_t>(in);
    case ValueType::int8:
      return number_value<std::int8_t>(in);
    case ValueType::uint16:
      return number_value<std::uint16_t>(in);
    case ValueType::int16:
      return number_value<std::int16_t>(in);
    case ValueType::uint32:
      return number_value<std::uint32_t>(in);
    case ValueType::int32:
      return number_value<std::int32_t>(in);
    case ValueType::uint64:
      return number_value<std::uint64_t>(in);
    case ValueType::int64:
      return number_value<std::int64_t>(in);
    case ValueType::float32:
      return number_value<float>(in);
    case ValueType::float64:
      return number_value<double>(in);
    case ValueType::boolean: {
      TRY_ASSIGN(const auto byte, in.number<std::uint8_t>("a value"));
      return base::Json(byte != 0);
    }
    case ValueType::string: {
      TRY_ASSIGN(std::string text, in.text(kLongestString, "a string value"));
      return base::Json(std::move(text));
    }
    case ValueType::array:
      break;
  }
  return in.damaged("an array lies within an array");
}

base::Result<ValueType> read_type(ByteReader& in, const std::string& key) {
  TRY_ASSIGN(const auto number, in.number<std::uint32_t>("the type of a value"));
  if (number > static_cast<std::uint32_t>(ValueType::float64)) {
    return in.damaged(fmt::format("key {} has a value of unknown type {}", base::printable(key), number));
  }
  return static_cast<ValueType>(number);
}

// What was kept of the keys so far, in bytes of text.
base::Status keep_within(ByteReader& in, std::uint64_t& kept, std::size_t more) {
  kept += more;
  if (kept <= kMostText) return {};
  return in.damaged(fmt::format("its description holds more than {} MiB of text", kMostText >> 20));
}

base::Status read_string_array(ByteReader& in, Key& key, std::uint64_t& kept) {
  const std::uint64_t most = key.name == kTokensKey ? kMostTokens : kMostStrings;
  if (*key.count > most || *key.count > in.left() / 8) {
    return in.damaged(
        fmt::format("key {} claims {} strings, which cannot be", base::printable(key.name), *key.count));
  }
  for (std::uint64_t i = 0; i < *key.count; ++i) {
    if (in.offset() > kLongestHead) {
      return in.damaged(fmt::format("its description is longer than {} MiB", kLongestHead >> 20));
    }
    if (i < kPreview) {
      TRY_ASSIGN(std::string text, in.text(kLongestString, "a string of an array"));
      TRY(keep_within(in, kept, text.size()));
      key.value.push_back(std::move(text));
    } else {
      TRY_ASSIGN(const auto length, in.number<std::uint64_t>("the length of a string of an array"));
      TRY(in.skip(length, "a string of an array"));
    }
  }
  return {};
}

base::Status read_array(ByteReader& in, Key& key, std::uint64_t& kept) {
  TRY_ASSIGN(key.type, read_type(in, key.name));
  TRY_ASSIGN(key.count, in.number<std::uint64_t>("the length of an array"));
  key.value = base::Json::array();
  if (key.type == ValueType::string) return read_string_array(in, key, kept);
  const auto element_bytes = width(key.type);
  if (!element_bytes)
    return in.damaged(fmt::format("key {} is an array of arrays", base::printable(key.name)));
  if (*key.count > in.left() / *element_bytes) {
    return in.damaged(fmt::format("key {} claims {} elements, more than the rest of the file holds",
                                  base::printable(key.name), *key.count));
  }
  const std::uint64_t shown = std::min(*key.count, kPreview);
  for (std::uint64_t i = 0; i < shown; ++i) {
    TRY_ASSIGN(base::Json value, read_value(in, key.type));
    key.value.push_back(std::move(value));
  }
  return in.skip((*key.count - shown) * *element_bytes, "an array");
}

// `tokens_at`: where the strings of the vocabulary begin; 0 when there is none.
base::Status read_keys(ByteReader& in, std::uint64_t count, GgufContent& content, std::uint64_t& tokens_at) {
  std::unordered_set<std::string> seen;
  std::uint64_t kept = 0;
  for (std::uint64_t i = 0; i < count; ++i) {
    Key key;
    TRY_ASSIGN(key.name, in.text(kLongestKey, "the name of a key"));
    if (key.name.empty()) return in.damaged(fmt::format("key {} has an empty name", i));
    if (!seen.insert(key.name).second) {
      return in.damaged(fmt::format("key {} is there twice", base::printable(key.name)));
    }
    TRY_ASSIGN(key.type, read_type(in, key.name));
    if (key.type == ValueType::array) {
      if (key.name == kTokensKey) tokens_at = in.offset();
      TRY(read_array(in, key, kept));
    } else {
      TRY_ASSIGN(key.value, read_value(in, key.type));
      if (key.type == ValueType::string)
        TRY(keep_within(in, kept, key.value.get_ref<const std::string&>().size()));
    }
    content.keys.push_back(std::move(key));
  }
  return {};
}

// The vocabulary, which read_keys() has walked over: kept only of a file whose description is whole.
base::Status read_tokens(ByteSource& source, std::uint64_t tokens_at, GgufContent& content) {
  const Key* key = content.find_key(kTokensKey);
  if (tokens_at == 0 || key->type != ValueType::string) return {};
  ByteReader in(source);
  TRY(in.skip(tokens_at, "the vocabulary"));
  TRY(in.skip(sizeof(std::uint32_t) + sizeof(std::uint64_t), "the vocabulary"));
  std::uint64_t kept = 0;
  content.tokens.reserve(*key->count);
  for (std::uint64_t i = 0; i < *key->count; ++i) {
    TRY_ASSIGN(std::string text, in.text(kLongestString, "a token"));
    TRY(keep_within(in, kept, text.size()));
    content.tokens.push_back(std::move(text));
  }
  return {};
}

base::Result<std::uint64_t> read_alignment(const ByteReader& in, const GgufContent& content) {
  const Key* key = content.find_key("general.alignment");
  if (!key) return std::uint64_t{32};
  if (key->count || key->type != ValueType::uint32)
    return in.damaged("general.alignment is not of type uint32");
  const auto alignment = key->value.get<std::uint64_t>();
  if (alignment == 0 || (alignment & (alignment - 1)) != 0 || alignment > kLargestAlignment) {
    return in.damaged(fmt::format("general.alignment is {}; it must be a power of two up to {}", alignment,
                                  kLargestAlignment));
  }
  return alignment;
}

base::Status read_shape(ByteReader& in, Tensor& tensor) {
  TRY_ASSIGN(const auto dimensions, in.number<std::uint32_t>("the dimensions of a tensor"));
  if (dimensions > kMostDimensions) {
    return in.damaged(fmt::format("tensor {} has {} dimensions; at most {} are possible",
                                  base::printable(tensor.name), dimensions, kMostDimensions));
  }
  tensor.elements = 1;
  for (std::uint32_t d = 0; d < dimensions; ++d) {
    TRY_ASSIGN(const auto length, in.number<std::uint64_t>("the shape of a tensor"));
    if (length == 0 || __builtin_mul_overflow(tensor.elements, length, &tensor.elements) ||
        tensor.elements > static_cast<std::uint64_t>(INT64_MAX)) {
      return in.damaged(fmt::format("tensor {} has an impossible shape", base::printable(tensor.name)));
    }
    tensor.shape.push_back(length);
  }
  return {};
}

base::Status read_storage(ByteReader& in, Tensor& tensor) {
  TRY_ASSIGN(const auto type, in.number<std::uint32_t>("the type of a tensor"));
  const auto known = tensor_type(type);
  if (!known) {
    return base::fail(
        base::ErrorKind::bad_input,
        fmt::format("{}: tensor {} is of unknown type {}", in.name(), base::printable(tensor.name), type),
        "supported: " + known_tensor_types());
  }
  tensor.type = *known;
  const std::uint64_t row = tensor.shape.empty() ? 1 : tensor.shape[0];
  if (row % tensor.type.block_elements != 0) {
    return in.damaged(fmt::format("tensor {} of type {} has rows of {} elements, not a multiple of {}",
                                  base::printable(tensor.name), tensor.type.name, row,
                                  tensor.type.block_elements));
  }
  const std::uint64_t blocks = tensor.elements / tensor.type.block_elements;
  if (__builtin_mul_overflow(blocks, tensor.type.block_bytes, &tensor.bytes) ||
      tensor.bytes > static_cast<std::uint64_t>(INT64_MAX)) {
    return in.damaged(fmt::format("tensor {} has an impossible size", base::printable(tensor.name)));
  }
  TRY_ASSIGN(tensor.offset, in.number<std::uint64_t>("the offset of a tensor"));
  return {};
}

base::Status read_tensors(ByteReader& in, std::uint64_t count, GgufContent& content) {
  std::unordered_set<std::string> seen;
  for (std::uint64_t i = 0; i < count; ++i) {
    Tensor tensor;
    TRY_ASSIGN(tensor.name, in.text(kLongestTensorName, "the name of a tensor"));
    if (tensor.name.empty()) return in.damaged(fmt::format("tensor {} has an empty name", i));
    if (!seen.insert(tensor.name).second) {
      return in.damaged(fmt::format("tensor {} is there twice", base::printable(tensor.name)));
    }
    TRY(read_shape(in, tensor));
    TRY(read_storage(in, tensor));
    content.tensors.push_back(std::move(tensor));
  }
  return {};
}

// Tensors follow each other in the order of the table, each padded to the alignment; nothing else is valid.
base::Status check_layout(const ByteReader& in, const GgufContent& content) {
  std::uint64_t end = 0;       // of the last tensor, not padded
  std::uint64_t expected = 0;  // offset of the next one
  for (const Tensor& tensor : content.tensors) {
    if (tensor.offset != expected) {
      return in.damaged(
          fmt::format("tensor {} starts at byte {} of the weights, {} the end of the one before it ({})",
                      base::printable(tensor.name), tensor.offset,
                      tensor.offset < expected ? "which overlaps" : "away from", expected));
    }
    const std::uint64_t padding = content.alignment - 1;
    if (__builtin_add_overflow(tensor.offset, tensor.bytes, &end) || end > INT64_MAX - padding) {
      return in.damaged("the sizes of the tensors add up to more than a file can hold");
    }
    expected = (end + padding) & ~padding;
  }
  const std::uint64_t needed = content.data_offset + end;
  if (content.tensors.empty() || needed <= content.file_bytes) return {};
  return base::fail(
      base::ErrorKind::bad_input,
      fmt::format("{} is cut off: {} of {} bytes are there", in.name(), content.file_bytes, needed),
      "download it again");
}

}  // namespace

const Key* GgufContent::find_key(std::string_view name) const {
  const auto found =
      std::find_if(keys.begin(), keys.end(), [name](const Key& key) { return key.name == name; });
  return found == keys.end() ? nullptr : &*found;
}

const Tensor* GgufContent::find_tensor(std::string_view name) const {
  const auto found = std::find_if(tensors.begin(), tensors.end(),
                                  [name](const Tensor& tensor) { return tensor.name == name; });
  return found == tensors.end() ? nullptr : &*found;
}

base::Result<GgufContent> read_gguf(const std::filesystem::path& path) {
  TRY_ASSIGN(const std::unique_ptr<ByteSource> file, open_file(path));
  return read_gguf(*file);
}

base::Result<GgufContent> read_gguf(ByteSource& source) {
  ByteReader in(source);
  GgufContent content;
  content.file_bytes = in.size();
  TRY_ASSIGN(const Header header, read_header(in));
  content.version = header.version;
  std::uint64_t tokens_at = 0;
  TRY(read_keys(in, header.keys, content, tokens_at));
  TRY_ASSIGN(content.alignment, read_alignment(in, content));
  TRY(read_tensors(in, header.tensors, content));
  content.data_offset = (in.offset() + content.alignment - 1) & ~(content.alignment - 1);
  TRY(check_layout(in, content));
  TRY(read_tokens(source, tokens_at, content));
  return content;
}

}  // namespace bantam::gguf
