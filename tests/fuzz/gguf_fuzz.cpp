// Any bytes as a model file, an adapter, the head of a file on a server, or a part of a split model: each
// must give a description or an error.

#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "gguf/bytes.hpp"
#include "gguf/model_info.hpp"
#include "gguf/split.hpp"
#include "model/adapter.hpp"

namespace {

using bantam::gguf::ByteSource;
using bantam::gguf::GgufContent;
using bantam::gguf::RemoteHead;

// A server that holds the bytes and gives at most a few hundred of them at once.
RemoteHead served(const std::string& bytes) {
  return {"remote", bytes.size(), [&bytes](std::uint64_t offset, std::uint64_t count) {
            return bantam::base::Result<std::string>(bytes.substr(offset, count < 300 ? count : 300));
          }};
}

void check(const GgufContent& content) {
  const auto info = bantam::gguf::inspect(content, "fuzz");
  if (!info) return;
  if (info->parameters <= 0) __builtin_trap();  // what passes has weights
  static_cast<void>(bantam::gguf::special_tokens(content));
  const auto chat = bantam::gguf::text_at(content, "tokenizer.chat_template");
  static_cast<void>(bantam::gguf::roles_in(chat.value_or("")));
  static_cast<void>(bantam::base::to_text(bantam::gguf::to_json(*info)));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  const int file = ::memfd_create("fuzz", MFD_CLOEXEC);
  if (file < 0) return 0;
  if (::write(file, data, size) == static_cast<ssize_t>(size)) {
    const std::string path = "/proc/self/fd/" + std::to_string(file);
    static_cast<void>(bantam::gguf::inspect(path));
    static_cast<void>(bantam::model::inspect_adapter(path));
  }
  ::close(file);

  RemoteHead whole = served(bytes);
  if (const auto content = bantam::gguf::read_gguf(whole)) check(*content);

  // The same bytes cut in two: the first file says what comes, the second is a part of it.
  const std::size_t half = size / 2;
  const std::string first = bytes.substr(0, half), second = bytes.substr(half);
  RemoteHead one = served(first), two = served(second);
  if (const auto content = bantam::gguf::read_model(std::vector<ByteSource*>{&one, &two})) check(*content);
  return 0;
}
