#include "model/quantize_matrix.hpp"

#include <fmt/format.h>
#include <ggml.h>
#include <gguf.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <memory>
#include <string_view>

#include "base/text.hpp"

namespace bantam::model {
namespace {

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
std::vector<float> means_of(const ggml_tensor* sums, const ggml_tensor* counts) {
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

llama_model_kv_override key_of(const char* name, llama_model_kv_override_type type) {
  llama_model_kv_override key{};
  key.tag = type;
  std::strncpy(key.key, name, sizeof key.key - 1);
  return key;
}

llama_model_kv_override text_key(const char* name, const std::string& text) {
  llama_model_kv_override key = key_of(name, LLAMA_KV_OVERRIDE_TYPE_STR);
  std::strncpy(key.val_str, text.c_str(), sizeof key.val_str - 1);
  return key;
}

llama_model_kv_override number_key(const char* name, std::int64_t number) {
  llama_model_kv_override key = key_of(name, LLAMA_KV_OVERRIDE_TYPE_INT);
  key.val_i64 = number;
  return key;
}

// The first text of the list.
std::string dataset_in(const GgufContent& content) {
  const Key* key = content.find_key("imatrix.datasets");
  if (key == nullptr || !key->value.is_array() || key->value.empty() || !key->value[0].is_string()) return "";
  return key->value[0].get<std::string>();
}

}  // namespace

base::Result<QuantizerMatrix> QuantizerMatrix::read(const std::filesystem::path& path,
                                                    const GgufContent& model) {
  TRY_ASSIGN(const GgufContent content, read_gguf(path));  // checked before ggml sees it
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
    auto& means = matrix.means_[weights] = means_of(sums, counts);
    if (!std::all_of(means.begin(), means.end(), [](float mean) { return std::isfinite(mean); })) {
      return refuse(path, fmt::format("the values of {} are not finite", weights));
    }
    known = known || model.find_tensor(weights) != nullptr;
  }
  if (matrix.means_.empty()) return refuse(path, "holds no importance matrix");
  if (!known) return refuse(path, "is the importance matrix of another model");
  matrix.file_ = path.filename().string();
  matrix.dataset_ = dataset_in(content);
  const Key* chunks = content.find_key("imatrix.chunk_count");
  if (chunks != nullptr && chunks->value.is_number_integer())
    matrix.chunks_ = chunks->value.get<std::int64_t>();
  return matrix;
}

void QuantizerMatrix::add_keys() {
  keys_.push_back(text_key("quantize.imatrix.file", file_));
  if (!dataset_.empty()) keys_.push_back(text_key("quantize.imatrix.dataset", dataset_));
  keys_.push_back(number_key("quantize.imatrix.entries_count", static_cast<std::int64_t>(means_.size())));
  if (chunks_ > 0) keys_.push_back(number_key("quantize.imatrix.chunks_count", chunks_));
  keys_.push_back({});  // ends the list
}

void QuantizerMatrix::add_to(llama_model_quantize_params& parameters) {
  for (const auto& [name, means] : means_) entries_.push_back({name.c_str(), means.data(), means.size()});
  entries_.push_back({nullptr, nullptr, 0});  // ends the list
  add_keys();
  parameters.imatrix = entries_.data();
  parameters.kv_overrides = keys_.data();
}

}  // namespace bantam::model
