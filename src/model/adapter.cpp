#include "model/adapter.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <string_view>

#include "base/text.hpp"
#include "cache/cache.hpp"
#include "gguf/split.hpp"

namespace bantam::model {
namespace {

constexpr std::string_view kEmbedding = "token_embd.weight";
constexpr std::string_view kFirst = ".lora_a";
constexpr std::string_view kSecond = ".lora_b";

std::string key_text(const gguf::GgufContent& content, std::string_view name) {
  const gguf::Key* key = content.find_key(name);
  return key && key->value.is_string() ? key->value.get<std::string>() : std::string{};
}

std::string shape_text(const gguf::Tensor& tensor) {
  return fmt::format("{}", fmt::join(tensor.shape, " x "));
}

std::uint64_t extent(const gguf::Tensor& tensor, std::size_t dimension) {
  return dimension < tensor.shape.size() ? tensor.shape[dimension] : 1;
}

class AdapterInspection {
 public:
  AdapterInspection(const gguf::GgufContent& content, std::string name)
      : content_(content), name_(std::move(name)) {}

  base::Result<AdapterInfo> result() {
    TRY(read_keys());
    TRY(read_pairs());
    info_.file_bytes = static_cast<std::int64_t>(content_.file_bytes);
    return std::move(info_);
  }

 private:
  tl::unexpected<base::Error> unusable(std::string_view cause, std::string hint) const {
    return base::fail(base::ErrorKind::bad_input, fmt::format("{}: {}", name_, cause), std::move(hint));
  }

  base::Status read_keys() {
    const std::string type = key_text(content_, "general.type");
    if (type != "adapter") {
      return unusable(
          "this is not an adapter but a model",
          "after +lora: give a LoRA adapter in GGUF (llama.cpp's convert_lora_to_gguf.py makes it)");
    }
    const std::string kind = key_text(content_, "adapter.type");
    if (kind != "lora") {
      return unusable(fmt::format("this is an adapter of type '{}'", base::printable(kind)),
                      "only LoRA adapters can be used");
    }
    info_.architecture = key_text(content_, "general.architecture");
    if (info_.architecture.empty()) {
      return unusable("it does not name the architecture of its base model", "convert the adapter again");
    }
    if (const std::string name = key_text(content_, "general.name"); !name.empty()) info_.name = name;
    if (content_.find_key("adapter.alora.invocation_tokens") != nullptr) {
      return unusable("it acts only after certain tokens (aLoRA)", "only plain LoRA adapters can be used");
    }
    return read_alpha();
  }

  // llama.cpp aborts when this key has another type.
  base::Status read_alpha() {
    const gguf::Key* alpha = content_.find_key("adapter.lora.alpha");
    if (alpha == nullptr) return {};
    if (alpha->type != gguf::ValueType::float32 || alpha->count || !alpha->value.is_number()) {
      return unusable("adapter.lora.alpha is no 32-bit float", "convert the adapter again");
    }
    info_.alpha = alpha->value.get<double>();
    if (std::isfinite(info_.alpha)) return {};
    return unusable("adapter.lora.alpha is not finite", "convert the adapter again");
  }

  base::Status read_pairs() {
    std::vector<std::string> order;
    std::map<std::string, std::pair<const gguf::Tensor*, const gguf::Tensor*>> found;
    for (const gguf::Tensor& tensor : content_.tensors) {
      const bool first = tensor.name.ends_with(kFirst);
      if (!first && !tensor.name.ends_with(kSecond)) {
        return unusable(fmt::format("it holds {}, which is no LoRA factor; the engine would leave it out",
                                    base::printable(tensor.name)),
                        "merge it into the base with the tools that made it");
      }
      const std::string target = tensor.name.substr(0, tensor.name.size() - kFirst.size());
      if (!found.contains(target)) order.push_back(target);
      (first ? found[target].first : found[target].second) = &tensor;
    }
    if (order.empty()) return unusable("it changes nothing: no tensors", "convert the adapter again");
    for (const std::string& target : order) TRY(add_pair(target, found[target].first, found[target].second));
    return {};
  }

  base::Status add_pair(const std::string& target, const gguf::Tensor* a, const gguf::Tensor* b) {
    if (a == nullptr || b == nullptr) {
      return unusable(fmt::format("{} has only one of its two factors", base::printable(target)),
                      "convert the adapter again");
    }
    const std::uint64_t rank_of_a = target == kEmbedding ? extent(*a, 0) : extent(*a, 1);
    if (rank_of_a != extent(*b, 0) || extent(*a, 2) != extent(*b, 2) || a->elements == 0 ||
        b->elements == 0) {
      return unusable(fmt::format("the factors of {} do not fit each other: {} and {}",
                                  base::printable(target), shape_text(*a), shape_text(*b)),
                      "convert the adapter again");
    }
    info_.pairs.push_back({target, *a, *b});
    info_.rank = std::max(info_.rank, info_.pairs.back().rank());
    info_.parameters += static_cast<std::int64_t>(a->elements + b->elements);
    return {};
  }

  const gguf::GgufContent& content_;
  std::string name_;
  AdapterInfo info_;
};

// Empty when the pair fits this weight.
std::string misfit(const AdapterPair& pair, const gguf::GgufContent& model) {
  const gguf::Tensor* weight = model.find_tensor(pair.target);
  if (weight == nullptr) return "which the model does not have";
  if (weight->shape.size() < 2) return "a vector, which the engine cannot adapt";
  const bool embedding = pair.target == kEmbedding;
  const std::uint64_t inputs = embedding ? extent(pair.b, 1) : extent(pair.a, 0);
  const std::uint64_t outputs = embedding ? extent(pair.a, 1) : extent(pair.b, 1);
  if (inputs != extent(*weight, 0) || outputs != extent(*weight, 1) ||
      extent(pair.a, 2) != extent(*weight, 2)) {
    return fmt::format("which is {} in the model and {} x {} in the adapter", shape_text(*weight), inputs,
                       outputs);
  }
  if (embedding && model.find_tensor("output.weight") == nullptr) {
    return "which the model also uses as its output matrix; the engine cannot adapt only one of both uses";
  }
  return {};
}

}  // namespace

double AdapterInfo::factor(const AdapterPair& pair, double scale) const {
  return alpha == 0.0 ? scale : scale * alpha / static_cast<double>(pair.rank());
}

base::Result<AdapterInfo> inspect_adapter(const std::filesystem::path& path) {
  TRY_ASSIGN(const gguf::GgufContent content, gguf::read_gguf(path));
  return AdapterInspection(content, base::printable(path.string())).result();
}

base::Status check_adapter_fits(const AdapterInfo& adapter, const std::string& adapter_name,
                                const std::filesystem::path& model, const std::string& model_name) {
  TRY_ASSIGN(const gguf::GgufContent content, gguf::read_model(model));
  constexpr const char* kHint = "give an adapter that was trained on this model";
  const std::string architecture = key_text(content, "general.architecture");
  if (architecture != adapter.architecture) {
    return base::fail(base::ErrorKind::bad_input,
                      fmt::format("{}: the adapter is for a {} model, and {} is {}",
                                  base::printable(adapter_name), base::printable(adapter.architecture),
                                  base::printable(model_name), base::printable(architecture)),
                      kHint);
  }
  for (const AdapterPair& pair : adapter.pairs) {
    if (const std::string why = misfit(pair, content); !why.empty()) {
      return base::fail(base::ErrorKind::bad_input,
                        fmt::format("{} does not fit {}: it changes {}, {}", base::printable(adapter_name),
                                    base::printable(model_name), base::printable(pair.target), why),
                        kHint);
    }
  }
  return {};
}

base::Result<AppliedAdapter> find_adapter(const std::filesystem::path& path, double scale) {
  if (!std::isfinite(scale)) {
    return base::fail(base::ErrorKind::usage, "the scale of a LoRA adapter is a finite number",
                      "write +lora:FILE.gguf@0.5");
  }
  TRY_ASSIGN(AdapterInfo info, inspect_adapter(path));
  TRY_ASSIGN(std::string sha256, cache::cached_sha256(path));
  return AppliedAdapter{path, scale, std::move(sha256), std::move(info)};
}

base::Json to_json(const AppliedAdapter& adapter, std::string_view mode) {
  base::Json json;
  json["mode"] = mode;
  json["sha256"] = adapter.sha256;
  base::set_if(json, "name", adapter.info.name);
  json["rank"] = adapter.info.rank;
  json["alpha"] = adapter.info.alpha;
  json["scale"] = adapter.scale;
  json["parameters"] = adapter.info.parameters;
  json["weights_changed"] = adapter.info.pairs.size();
  return json;
}

}  // namespace bantam::model
