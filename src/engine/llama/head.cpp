#include "engine/llama/head.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <exception>
#include <map>
#include <memory>
#include <optional>
#include <utility>

#include "base/files.hpp"
#include "engine/llama/ggml.hpp"
#include "engine/llama/log.hpp"
#include "gguf.h"
#include "gguf/types.hpp"
#include "llama-ext.h"
#include "llama.h"

namespace bantam::engine {
namespace {

using base::ErrorKind;
using base::fail;
using base::Result;
using base::Status;

using Content = std::unique_ptr<gguf_context, Freed<gguf_free>>;
using Model = std::unique_ptr<llama_model, Freed<llama_model_free>>;
using Quantizer = std::unique_ptr<quantize_state_impl, Freed<llama_quant_free>>;

// The keys and the table of tensors of one file.
struct Table {
  Content content;
  GgmlContext tensors;
};

Result<Table> read_table(const std::filesystem::path& path) {
  Table table;
  ggml_context* tensors = nullptr;
  table.content.reset(gguf_init_from_file(path.c_str(), {true, &tensors}));
  table.tensors.reset(tensors);
  if (!table.content)
    return fail(ErrorKind::bad_input, fmt::format("{}: its head cannot be read", path.string()));
  return table;
}

// All before the tensor data. The padding that stands last may be missing.
Result<std::string> read_head(const ModelHead& part, const gguf_context* content) {
  const std::size_t bytes = gguf_get_data_offset(content);
  std::unique_ptr<std::FILE, decltype(&std::fclose)> file(std::fopen(part.path.c_str(), "rb"), &std::fclose);
  std::string head(bytes, '\0');
  const std::size_t there = file ? std::fread(head.data(), 1, bytes, file.get()) : 0;
  if (there + gguf_get_alignment(content) <= bytes) {
    return fail(ErrorKind::bad_input, fmt::format("{}: its head is not whole", part.path.string()));
  }
  return head;
}

// Writes the head of `content`, and the hole for its tensors behind it.
Result<HollowFile> written(const gguf_context* content) {
  TRY_ASSIGN(HollowFile file, HollowFile::make());
  std::string head(gguf_get_meta_size(content), '\0');
  gguf_get_meta_data(content, head.data());
  TRY(file.write(head));
  std::size_t bytes = head.size();
  const std::size_t alignment = gguf_get_alignment(content);
  for (std::int64_t i = 0; i < gguf_get_n_tensors(content); ++i) {
    bytes += GGML_PAD(gguf_get_tensor_size(content, i), alignment);
  }
  TRY(file.extend(static_cast<std::int64_t>(bytes)));
  return file;
}

Content without_split(const gguf_context* first) {
  Content joined(gguf_init_empty());
  gguf_set_kv(joined.get(), first);
  for (const char* key : {"split.no", "split.count", "split.tensors.count"})
    gguf_remove_key(joined.get(), key);
  return joined;
}

// Absent for tensors that belong to no layer.
std::optional<int> layer_number(const ggml_tensor* tensor) {
  int layer = 0;
  if (std::sscanf(ggml_get_name(tensor), "blk.%d.", &layer) != 1) return std::nullopt;
  return layer;
}

// The order in which the quantizer visits tensors; its choice of types depends on it.
std::vector<ggml_tensor*> in_quantizer_order(ggml_context* tensors) {
  std::vector<ggml_tensor*> all;
  for (ggml_tensor* t = ggml_get_first_tensor(tensors); t != nullptr; t = ggml_get_next_tensor(tensors, t)) {
    all.push_back(t);
  }
  std::sort(all.begin(), all.end(), [](const ggml_tensor* a, const ggml_tensor* b) {
    const auto key = [](const ggml_tensor* t) {
      return std::pair(layer_number(t), std::string(ggml_get_name(t)));
    };
    return key(a) < key(b);
  });
  return all;
}

Status set_types(Table& table, const llama_model* model, llama_ftype file_type) {
  llama_model_quantize_params params = llama_model_quantize_default_params();
  params.ftype = file_type;
  const Quantizer quantizer(llama_quant_init(model, &params));
  std::vector<ggml_tensor*> quantizable = in_quantizer_order(table.tensors.get());
  std::erase_if(quantizable, [&](const ggml_tensor* tensor) {
    return !llama_quant_tensor_allows_quantization(quantizer.get(), tensor);
  });
  std::vector<ggml_type> types(quantizable.size());
  llama_quant_compute_types(quantizer.get(), file_type, quantizable.data(), types.data(), types.size());
  for (std::size_t i = 0; i < types.size(); ++i) {
    gguf_set_tensor_type(table.content.get(), ggml_get_name(quantizable[i]), types[i]);
  }
  gguf_set_val_u32(table.content.get(), "general.quantization_version", GGML_QNT_VERSION);
  gguf_set_val_u32(table.content.get(), "general.file_type", static_cast<std::uint32_t>(file_type));
  return {};
}

}  // namespace

Result<HollowFile> HollowFile::make() {
  if (::access("/proc/self/fd", X_OK) != 0) {
    return fail(ErrorKind::environment, "this system has no /proc, through which a file in memory is opened",
                "mount /proc");
  }
  const int descriptor = ::memfd_create("bantam-head", MFD_CLOEXEC);
  if (descriptor < 0) {
    return fail(ErrorKind::environment,
                fmt::format("cannot make a file in memory: {}", base::errno_text(errno)));
  }
  return HollowFile(descriptor);
}

HollowFile::HollowFile(HollowFile&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

HollowFile& HollowFile::operator=(HollowFile&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

HollowFile::~HollowFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

std::filesystem::path HollowFile::path() const {
  return fmt::format("/proc/self/fd/{}", descriptor_);
}

Status HollowFile::write(const std::string& bytes) {
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t count = ::write(descriptor_, bytes.data() + done, bytes.size() - done);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) {
      return fail(ErrorKind::environment,
                  fmt::format("cannot write a file in memory: {}", base::errno_text(errno)));
    }
    done += static_cast<std::size_t>(count);
  }
  return {};
}

Status HollowFile::extend(std::int64_t bytes) {
  if (::ftruncate(descriptor_, bytes) == 0) return {};
  return fail(ErrorKind::environment,
              fmt::format("cannot extend a file in memory: {}", base::errno_text(errno)));
}

Result<HollowFile> hollow_copy(const std::vector<ModelHead>& parts) {
  const LlamaLog quiet;
  std::vector<Table> tables;
  for (const ModelHead& part : parts) {
    TRY_ASSIGN(Table table, read_table(part.path));
    tables.push_back(std::move(table));
  }
  if (tables.size() == 1) {
    TRY_ASSIGN(const std::string head, read_head(parts.front(), tables.front().content.get()));
    TRY_ASSIGN(HollowFile file, HollowFile::make());
    TRY(file.write(head));
    TRY(file.extend(parts.front().file_bytes));
    return file;
  }
  const Content joined = without_split(tables.front().content.get());
  for (const Table& table : tables) {
    ggml_context* tensors = table.tensors.get();
    for (ggml_tensor* t = ggml_get_first_tensor(tensors); t != nullptr;
         t = ggml_get_next_tensor(tensors, t)) {
      gguf_add_tensor(joined.get(), t);
    }
  }
  return written(joined.get());
}

Result<HollowFile> hollow_quantized(const std::filesystem::path& source, const std::string& llama_type) {
  const auto wanted = gguf::file_type(std::string_view(llama_type));
  if (!wanted) return fail(ErrorKind::bad_input, fmt::format("file type '{}' is not known", llama_type));
  const LlamaLog log;
  try {
    TRY_ASSIGN(Table table, read_table(source));
    llama_model_params params = llama_model_default_params();
    params.no_alloc = true;
    params.load_mode = LLAMA_LOAD_MODE_NONE;
    const Model model(llama_model_load_from_file(source.c_str(), params));
    if (!model) {
      return fail(ErrorKind::bad_input, fmt::format("the engine cannot read the model: {}", log.reason()));
    }
    TRY(set_types(table, model.get(), static_cast<llama_ftype>(wanted->id)));
    return written(table.content.get());
  } catch (const std::exception& error) {
    return fail(ErrorKind::bad_input, fmt::format("the engine cannot read the model: {}", error.what()));
  }
}

Result<std::vector<std::string>> matrix_types(const std::filesystem::path& file) {
  const LlamaLog quiet;
  TRY_ASSIGN(const Table table, read_table(file));
  std::map<std::string, std::size_t> bytes;
  ggml_context* tensors = table.tensors.get();
  for (ggml_tensor* t = ggml_get_first_tensor(tensors); t != nullptr; t = ggml_get_next_tensor(tensors, t)) {
    if (ggml_n_dims(t) >= 2) bytes[ggml_type_name(t->type)] += ggml_nbytes(t);
  }
  std::vector<std::pair<std::size_t, std::string>> ordered;
  for (const auto& [type, count] : bytes) ordered.emplace_back(count, type);
  std::sort(ordered.rbegin(), ordered.rend());
  std::vector<std::string> types;
  for (auto& [count, type] : ordered) types.push_back(std::move(type));
  return types;
}

}  // namespace bantam::engine
