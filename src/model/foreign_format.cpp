#include "model/foreign_format.hpp"

#include <array>
#include <cstdint>
#include <cstring>

#include "base/text.hpp"

namespace bantam::model {
namespace {

using namespace std::string_view_literals;

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

}  // namespace

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

}  // namespace bantam::model
