#include "model/quantize.hpp"

#include <fmt/format.h>
#include <ggml.h>
#include <llama-arch.h>
#include <llama.h>
#include <unistd.h>
#include <new>
#include <system_error>

#include "base/files.hpp"
#include "base/text.hpp"
#include "model/gguf_types.hpp"
#include "model/quantize_matrix.hpp"
#include "model/split.hpp"

namespace bantam::model {
namespace fs = std::filesystem;
namespace {

// Collects what llama.cpp logs while it lives, instead of printing it. The library has one log for the
// process, so there can be one such capture at a time.
class LogCapture {
 public:
  LogCapture() {
    llama_log_get(&previous_, &previous_data_);
    llama_log_set(&LogCapture::append, this);
  }
  ~LogCapture() { llama_log_set(previous_, previous_data_); }
  LogCapture(const LogCapture&) = delete;
  LogCapture& operator=(const LogCapture&) = delete;

  // The last error, on one line; empty when there was none.
  std::string last_error() const {
    std::string line(base::trim(error_));
    const auto at = line.find("failed to quantize: ");
    if (at != std::string::npos) line = line.substr(at + std::string_view("failed to quantize: ").size());
    return base::printable(line);
  }

 private:
  static void append(ggml_log_level level, const char* text, void* self) {
    if (level == GGML_LOG_LEVEL_ERROR) static_cast<LogCapture*>(self)->error_ = text;
  }

  ggml_log_callback previous_ = nullptr;
  void* previous_data_ = nullptr;
  std::string error_;
};

// Removes the file unless it was given its final name.
class TemporaryFile {
 public:
  explicit TemporaryFile(fs::path path) : path_(std::move(path)) {}
  ~TemporaryFile() {
    std::error_code ignored;
    fs::remove(path_, ignored);
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

// The library writes through std::ofstream and has one code for all failures; only the words tell them apart.
bool is_write_failure(std::string_view refusal) {
  return refusal.find("basic_ios") != std::string_view::npos;
}

base::Status run_quantizer(const fs::path& source, const fs::path& target, const FileType& type, int threads,
                           std::optional<QuantizerMatrix>& matrix) {
  llama_model_quantize_params parameters = llama_model_quantize_default_params();
  parameters.ftype = static_cast<llama_ftype>(type.id);
  parameters.nthread = threads;
  if (matrix) matrix->add_to(parameters);
  const LogCapture log;
  std::string refusal;
  try {
    if (llama_model_quantize(source.c_str(), target.c_str(), &parameters) == 0) return {};
    refusal = log.last_error();
  } catch (const std::exception& error) {
    refusal = error.what();
  }
  const std::string message =
      fmt::format("llama.cpp cannot make {} from {}: {}", type.name, base::printable(source.string()),
                  refusal.empty() ? "no reason given" : refusal);
  if (is_write_failure(refusal)) {
    return base::fail(base::ErrorKind::storage, message,
                      "free some space in the cache folder, or set BANTAM_CACHE");
  }
  return base::fail(base::ErrorKind::bad_input, message, "check the file: bantam models inspect FILE");
}

base::Status check_result(const fs::path& made, const FileType& type, std::int64_t parameters) {
  const auto info = inspect(made);
  if (info && info->file_type == type.name && info->parameters == parameters) return {};
  const std::string found = info ? fmt::format("is {} with {} parameters", info->file_type, info->parameters)
                                 : info.error().message;
  return base::fail(base::ErrorKind::integrity,
                    fmt::format("the {} file that was made {}", type.name, found));
}

}  // namespace

std::string quantizer_version() {
  return fmt::format("{} ggml {}", BANTAM_LLAMA_PIN, ggml_version());
}

base::Status check_architecture(const ModelInfo& info, std::string_view name) {
  if (llm_arch_from_string(info.architecture) != LLM_ARCH_UNKNOWN) return {};
  std::vector<std::string> known;
  for (const llm_arch architecture : llm_arch_all()) known.emplace_back(llm_arch_name(architecture));
  return base::fail(base::ErrorKind::bad_input,
                    fmt::format("{}: unknown architecture '{}'", name, base::printable(info.architecture)),
                    "supported: " + base::join(known, ", "));
}

base::Status quantize_file(const fs::path& source, const fs::path& target, std::string_view llama_type,
                           int threads, const std::optional<fs::path>& importance) {
  const auto type = file_type(llama_type);
  if (!type)
    return base::fail(base::ErrorKind::usage, fmt::format("unknown llama.cpp file type '{}'", llama_type));
  TRY_ASSIGN(const GgufContent content, read_model(source));
  const std::string name = base::printable(source.filename().string());
  TRY_ASSIGN(const ModelInfo info, inspect(content, base::printable(source.string())));
  TRY(check_can_make(info, name, plan::Precision{std::string(llama_type), std::string(llama_type), 0.0}));
  TRY(check_architecture(info, name));
  std::optional<QuantizerMatrix> matrix;
  if (importance) {
    TRY_ASSIGN(matrix, QuantizerMatrix::read(*importance, content));
  } else if (type->making == Making::needs_importance) {
    return base::fail(base::ErrorKind::bad_input,
                      fmt::format("{}: {} cannot be made without an importance matrix", name, llama_type),
                      "give one that was gathered for this model");
  }
  TRY(base::check_writable_folder(target.parent_path()));
  const TemporaryFile part(target.string() + fmt::format(".{}{}", ::getpid(), kPartSuffix));
  TRY(run_quantizer(source, part.path(), *type, threads, matrix));
  TRY(check_result(part.path(), *type, info.parameters));
  return base::publish_file(part.path(), target);
}

}  // namespace bantam::model
