#include "model/llama/quantize.hpp"

#include <fmt/format.h>
#include <ggml.h>
#include <gguf.h>
#include <llama-arch.h>
#include <llama.h>
#include <algorithm>
#include <cmath>
#include <cstring>
#include <memory>
#include <new>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/files.hpp"
#include "base/text.hpp"
#include "cache/kept_file.hpp"
#include "gguf/reader.hpp"
#include "gguf/split.hpp"
#include "gguf/types.hpp"

namespace bantam::model {

namespace fs = std::filesystem;
namespace {

// An importance matrix file as llama.cpp's quantizer takes it. Points into itself: neither copied nor moved
// once its parameters are in use.
class QuantizerMatrix {
 public:
  // Reads the file, which must have a matrix for at least one tensor of `model`. bad_input for anything else
  // than a GGUF importance matrix of that model.
  static base::Result<QuantizerMatrix> read(const std::filesystem::path& path,
                                            const gguf::GgufContent& model);

  // As llama-quantize --imatrix does: the means, and what they come from for the new file's header. Valid
  // while this object lives.
  void add_to(llama_model_quantize_params& parameters);

 private:
  void add_keys();

  std::unordered_map<std::string, std::vector<float>> means_;  // of the squared inputs, one number per column
  std::string file_;                                           // name without folder
  std::string dataset_;                                        // empty: not known
  std::optional<std::int64_t> chunks_;                         // absent: not known
  std::vector<llama_model_imatrix_data> entries_;
  std::vector<llama_model_kv_override> keys_;
};

constexpr std::string_view kSums = ".in_sum2";
constexpr std::string_view kCounts = ".counts";

struct FreeFile {
  void operator()(gguf_context* file) const { gguf_free(file); }
};
struct FreeTensors {
  void operator()(ggml_context* tensors) const { ggml_free(tensors); }
};

tl::unexpected<base::Error> refuse(const std::filesystem::path& path, std::string_view why) {
  return base::fail(base::ErrorKind::bad_input, fmt::format("{}: {}", base::printable(path.string()), why),
                    "give the GGUF file that bantam or llama-imatrix gathered for this model");
}

bool fits(const ggml_tensor* sums, const ggml_tensor* counts) {
  return counts != nullptr && sums->type == GGML_TYPE_F32 && counts->type == GGML_TYPE_F32 &&
         ggml_nelements(counts) > 0 && ggml_nelements(sums) % ggml_nelements(counts) == 0;
}

// The mean of each column; 1 where nothing was counted, as for experts that no token was sent to.
std::vector<float> column_means(const ggml_tensor* sums, const ggml_tensor* counts) {
  const auto* values = static_cast<const float*>(sums->data);
  std::vector<float> means(values, values + ggml_nelements(sums));
  const auto slices = static_cast<std::size_t>(ggml_nelements(counts));
  const std::size_t columns = means.size() / slices;
  for (std::size_t i = 0; i < means.size(); ++i) {
    const float count = static_cast<const float*>(counts->data)[i / columns];
    means[i] = count > 0.0F ? means[i] / count : 1.0F;
  }
  return means;
}

llama_model_kv_override override_key(const char* name, llama_model_kv_override_type type) {
  llama_model_kv_override key{};
  key.tag = type;
  std::strncpy(key.key, name, sizeof key.key - 1);
  return key;
}

llama_model_kv_override text_key(const char* name, const std::string& text) {
  llama_model_kv_override key = override_key(name, LLAMA_KV_OVERRIDE_TYPE_STR);
  std::strncpy(key.val_str, text.c_str(), sizeof key.val_str - 1);
  return key;
}

llama_model_kv_override number_key(const char* name, std::int64_t number) {
  llama_model_kv_override key = override_key(name, LLAMA_KV_OVERRIDE_TYPE_INT);
  key.val_i64 = number;
  return key;
}

// The first text of the list.
std::string dataset_in(const gguf::GgufContent& content) {
  const gguf::Key* key = content.find_key("imatrix.datasets");
  if (key == nullptr || !key->value.is_array() || key->value.empty() || !key->value[0].is_string()) return "";
  return key->value[0].get<std::string>();
}

base::Result<QuantizerMatrix> QuantizerMatrix::read(const std::filesystem::path& path,
                                                    const gguf::GgufContent& model) {
  TRY_ASSIGN(const gguf::GgufContent content, gguf::read_gguf(path));  // checked before ggml sees it
  ggml_context* raw = nullptr;
  const std::unique_ptr<gguf_context, FreeFile> file(gguf_init_from_file(path.c_str(), {false, &raw}));
  const std::unique_ptr<ggml_context, FreeTensors> tensors(raw);
  if (!file || !tensors) return refuse(path, "cannot be read as an importance matrix");
  QuantizerMatrix matrix;
  bool known = false;
  for (ggml_tensor* sums = ggml_get_first_tensor(tensors.get()); sums != nullptr;
       sums = ggml_get_next_tensor(tensors.get(), sums)) {
    const std::string_view name = sums->name;
    if (!name.ends_with(kSums)) continue;
    const std::string weights(name.substr(0, name.size() - kSums.size()));
    const ggml_tensor* counts = ggml_get_tensor(tensors.get(), (weights + std::string(kCounts)).c_str());
    if (!fits(sums, counts)) return refuse(path, fmt::format("the counts of {} are missing or odd", weights));
    auto& means = matrix.means_[weights] = column_means(sums, counts);
    if (!std::all_of(means.begin(), means.end(), [](float mean) { return std::isfinite(mean); })) {
      return refuse(path, fmt::format("the values of {} are not finite", weights));
    }
    known = known || model.find_tensor(weights) != nullptr;
  }
  if (matrix.means_.empty()) return refuse(path, "holds no importance matrix");
  if (!known) return refuse(path, "is the importance matrix of another model");
  matrix.file_ = path.filename().string();
  matrix.dataset_ = dataset_in(content);
  const gguf::Key* chunks = content.find_key("imatrix.chunk_count");
  if (chunks != nullptr && chunks->value.is_number_integer() && chunks->value.get<std::int64_t>() > 0)
    matrix.chunks_ = chunks->value.get<std::int64_t>();
  return matrix;
}

void QuantizerMatrix::add_keys() {
  keys_.push_back(text_key("quantize.imatrix.file", file_));
  if (!dataset_.empty()) keys_.push_back(text_key("quantize.imatrix.dataset", dataset_));
  keys_.push_back(number_key("quantize.imatrix.entries_count", static_cast<std::int64_t>(means_.size())));
  if (chunks_) keys_.push_back(number_key("quantize.imatrix.chunks_count", *chunks_));
  keys_.push_back({});  // ends the list
}

void QuantizerMatrix::add_to(llama_model_quantize_params& parameters) {
  for (const auto& [name, means] : means_) entries_.push_back({name.c_str(), means.data(), means.size()});
  entries_.push_back({nullptr, nullptr, 0});  // ends the list
  add_keys();
  parameters.imatrix = entries_.data();
  parameters.kv_overrides = keys_.data();
}

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

// The library writes through std::ofstream and has one code for all failures; only the words tell them apart.
bool is_write_failure(std::string_view refusal) {
  return refusal.find("basic_ios") != std::string_view::npos;
}

base::Status run_quantizer(const fs::path& source, const fs::path& target, const gguf::FileType& type,
                           int threads, std::optional<QuantizerMatrix>& matrix) {
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

base::Status check_result(const fs::path& made, const gguf::FileType& type, std::int64_t parameters) {
  const auto info = gguf::inspect(made);
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

base::Status check_architecture(const gguf::ModelInfo& info, std::string_view name) {
  if (llm_arch_from_string(info.architecture) != LLM_ARCH_UNKNOWN) return {};
  std::vector<std::string> known;
  for (const llm_arch architecture : llm_arch_all()) known.emplace_back(llm_arch_name(architecture));
  return base::fail(base::ErrorKind::bad_input,
                    fmt::format("{}: unknown architecture '{}'", name, base::printable(info.architecture)),
                    "supported: " + base::join(known, ", "));
}

base::Status quantize_file(const fs::path& source, const fs::path& target, std::string_view llama_type,
                           int threads, const std::optional<fs::path>& importance) {
  const auto type = gguf::file_type(llama_type);
  if (!type)
    return base::fail(base::ErrorKind::usage, fmt::format("unknown llama.cpp file type '{}'", llama_type));
  TRY_ASSIGN(const gguf::GgufContent content, gguf::read_model(source));
  const std::string name = base::printable(source.filename().string());
  TRY_ASSIGN(const gguf::ModelInfo info, gguf::inspect(content, base::printable(source.string())));
  TRY(check_can_make(info, name, plan::Precision{std::string(llama_type), std::string(llama_type), 0.0}));
  TRY(check_architecture(info, name));
  std::optional<QuantizerMatrix> matrix;
  if (importance) {
    TRY_ASSIGN(matrix, QuantizerMatrix::read(*importance, content));
  } else if (type->how_made == gguf::HowMade::needs_importance) {
    return base::fail(base::ErrorKind::bad_input,
                      fmt::format("{}: {} cannot be made without an importance matrix", name, llama_type),
                      "give one that was gathered for this model");
  }
  TRY(base::check_writable_folder(target.parent_path()));
  const cache::NewFile part(target);
  TRY(run_quantizer(source, part.path(), *type, threads, matrix));
  TRY(check_result(part.path(), *type, info.parameters));
  return part.publish();
}

}  // namespace bantam::model
