#include "model/gguf.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <map>
#include <unordered_map>

#include "base/text.hpp"
#include "model/gguf_reader.hpp"

namespace bantam::model {
namespace {

std::optional<std::string> text_at(const GgufContent& content, std::string_view name) {
  const Key* key = content.find_key(name);
  if (!key || !key->value.is_string()) return std::nullopt;
  return key->value.get<std::string>();
}

std::optional<std::int64_t> as_integer(const base::Json& value) {
  if (!value.is_number_integer()) return std::nullopt;
  if (value.is_number_unsigned() && value.get<std::uint64_t>() > static_cast<std::uint64_t>(INT64_MAX)) {
    return std::nullopt;
  }
  return value.get<std::int64_t>();
}

// The value, or the largest one of an array with a value per layer.
std::optional<std::int64_t> integer_at(const GgufContent& content, std::string_view name) {
  const Key* key = content.find_key(name);
  if (!key) return std::nullopt;
  if (!key->count) return as_integer(key->value);
  std::optional<std::int64_t> largest;
  for (const base::Json& element : key->value) {
    if (const auto value = as_integer(element)) largest = std::max(largest.value_or(*value), *value);
  }
  return largest;
}

std::optional<bool> bool_at(const GgufContent& content, std::string_view name) {
  const Key* key = content.find_key(name);
  if (!key || !key->value.is_boolean()) return std::nullopt;
  return key->value.get<bool>();
}

class Inspection {
 public:
  Inspection(const GgufContent& content, const std::filesystem::path& path)
      : content_(content), name_(base::printable(path.string())) {}

  base::Result<ModelInfo> result() {
    TRY(read_architecture());
    TRY(check_is_one_model());
    TRY(check_tokens());
    TRY(check_vocabulary_size());
    read_sizes();
    read_file_type();
    read_shape();
    read_tokenizer();
    return info_;
  }

 private:
  tl::unexpected<base::Error> unusable(std::string cause, std::string hint) const {
    return base::fail(base::ErrorKind::bad_input, fmt::format("{}: {}", name_, cause), std::move(hint));
  }

  base::Status read_architecture() {
    const auto architecture = text_at(content_, "general.architecture");
    if (!architecture || architecture->empty()) {
      return unusable("the file names no architecture (general.architecture)", "convert the model again");
    }
    info_.architecture = *architecture;
    info_.name = text_at(content_, "general.name");
    info_.synthetic = content_.find_key(kSyntheticKey) != nullptr;
    return {};
  }

  base::Status check_is_one_model() const {
    const std::string type = text_at(content_, "general.type").value_or("model");
    if (type == "adapter")
      return unusable("this is a LoRA adapter, not a model", "give the model it belongs to");
    if (type == "mmproj" || info_.architecture == "clip") {
      return unusable("this is a projector for images or sound, not a language model",
                      "give the model it belongs to");
    }
    const auto parts = integer_at(content_, "split.count");
    if (parts && *parts > 1) {
      return unusable(fmt::format("this is one of {} parts of a model", *parts),
                      "join them with llama.cpp's llama-gguf-split --merge");
    }
    if (content_.tensors.empty())
      return unusable("the file holds no weights", "give the complete model file");
    return {};
  }

  // Equal tokens make llama.cpp abort, and tables shorter than the vocabulary make it refuse the file. It
  // reads a token up to its first NUL byte, and gives empty ones names of their own.
  base::Status check_tokens() const {
    std::unordered_map<std::string_view, std::size_t> seen;
    seen.reserve(content_.tokens.size());
    for (std::size_t i = 0; i < content_.tokens.size(); ++i) {
      const std::string_view token(content_.tokens[i].c_str());
      if (token.empty()) continue;
      const auto [first, added] = seen.emplace(token, i);
      if (!added) {
        return unusable(fmt::format("tokens {} and {} are equal ('{}')", first->second, i,
                                    base::ellipsize(base::printable(token), 40)),
                        "convert the model again");
      }
    }
    for (const char* table : {"tokenizer.ggml.scores", "tokenizer.ggml.token_type"}) {
      const Key* key = content_.find_key(table);
      if (key && (!key->count || *key->count < content_.tokens.size())) {
        return unusable(fmt::format("{} has {} entries for {} tokens", table, key->count.value_or(0),
                                    content_.tokens.size()),
                        "convert the model again");
      }
    }
    return {};
  }

  base::Status check_vocabulary_size() const {
    const Tensor* embedding = content_.find_tensor("token_embd.weight");
    if (!embedding || content_.tokens.empty()) return {};
    const std::uint64_t rows = embedding->shape.size() == 2 ? embedding->shape[1] : 0;
    if (rows == content_.tokens.size()) return {};
    return unusable(fmt::format("the vocabulary has {} tokens, but the embedding has {} rows",
                                content_.tokens.size(), rows),
                    "convert the model again");
  }

  void read_sizes() {
    std::map<std::string_view, TensorShare> shares;
    for (const Tensor& tensor : content_.tensors) {
      TensorShare& share = shares[tensor.type.name];
      share.type = tensor.type.name;
      share.tensors += 1;
      share.elements += static_cast<std::int64_t>(tensor.elements);
      share.bytes += static_cast<std::int64_t>(tensor.bytes);
    }
    for (auto& [type, share] : shares) {
      info_.parameters += share.elements;
      info_.weight_bytes += share.bytes;
      info_.tensor_types.push_back(std::move(share));
    }
    std::stable_sort(info_.tensor_types.begin(), info_.tensor_types.end(),
                     [](const TensorShare& a, const TensorShare& b) { return a.elements > b.elements; });
    info_.file_bytes = static_cast<std::int64_t>(content_.file_bytes);
    info_.bits_per_weight =
        static_cast<double>(info_.weight_bytes) * 8.0 / static_cast<double>(info_.parameters);
  }

  // What the file calls itself counts only if its matrices do not contradict it.
  void read_file_type() {
    std::map<std::string_view, std::uint64_t> elements;  // of matrices; vectors stay F32 in every file
    info_.float_weights = true;
    for (const Tensor& tensor : content_.tensors) {
      if (tensor.shape.size() < 2) continue;
      elements[tensor.type.name] += tensor.elements;
      if (!is_float(tensor.type.name)) info_.float_weights = false;
    }
    const auto most = std::max_element(elements.begin(), elements.end(),
                                       [](const auto& a, const auto& b) { return a.second < b.second; });
    const std::string_view main_type = most == elements.end() ? "F32" : most->first;
    const auto number = integer_at(content_, "general.file_type");
    const auto stated = number ? file_type(static_cast<std::uint32_t>(*number)) : std::nullopt;
    if (stated && is_float(stated->name) == info_.float_weights &&
        (!info_.float_weights || stated->name == main_type)) {
      info_.file_type = stated->name;
    } else {
      const auto likely = likely_file_type(main_type);
      info_.file_type = likely ? likely->name : main_type;
    }
  }

  void read_shape() {
    const std::string prefix = info_.architecture + ".";
    info_.context_train = integer_at(content_, prefix + "context_length");
    info_.embedding = integer_at(content_, prefix + "embedding_length");
    info_.layers = integer_at(content_, prefix + "block_count");
    info_.heads = integer_at(content_, prefix + "attention.head_count");
    info_.kv_heads = integer_at(content_, prefix + "attention.head_count_kv");
    if (!info_.kv_heads) info_.kv_heads = info_.heads;  // the format's rule
    info_.experts = integer_at(content_, prefix + "expert_count");
  }

  void read_tokenizer() {
    if (!content_.tokens.empty()) info_.vocabulary = static_cast<std::int64_t>(content_.tokens.size());
    info_.tokenizer = text_at(content_, "tokenizer.ggml.model");
    info_.has_chat_template = !text_at(content_, "tokenizer.chat_template").value_or("").empty();
    info_.adds_bos = bool_at(content_, "tokenizer.ggml.add_bos_token");
    info_.bos_id = integer_at(content_, "tokenizer.ggml.bos_token_id");
    info_.eos_id = integer_at(content_, "tokenizer.ggml.eos_token_id");
  }

  const GgufContent& content_;
  std::string name_;
  ModelInfo info_;
};

}  // namespace

base::Result<ModelInfo> inspect(const std::filesystem::path& path) {
  TRY_ASSIGN(const GgufContent content, read_gguf(path));
  return Inspection(content, path).result();
}

base::Json to_json(const ModelInfo& info) {
  base::Json json;
  json["architecture"] = info.architecture;
  base::set_if(json, "name", info.name);
  json["parameters"] = info.parameters;
  json["file_type"] = info.file_type;
  json["float_weights"] = info.float_weights;
  if (info.synthetic) json["synthetic"] = true;
  json["bits_per_weight"] = info.bits_per_weight;
  json["weight_bytes"] = info.weight_bytes;
  json["file_bytes"] = info.file_bytes;
  base::Json& types = json["tensor_types"] = base::Json::object();
  for (const TensorShare& share : info.tensor_types) {
    types[share.type] = {{"tensors", share.tensors}, {"elements", share.elements}, {"bytes", share.bytes}};
  }
  base::set_if(json, "context_train", info.context_train);
  base::set_if(json, "vocabulary", info.vocabulary);
  base::set_if(json, "embedding", info.embedding);
  base::set_if(json, "layers", info.layers);
  base::set_if(json, "heads", info.heads);
  base::set_if(json, "kv_heads", info.kv_heads);
  base::set_if(json, "experts", info.experts);
  base::set_if(json, "tokenizer", info.tokenizer);
  json["has_chat_template"] = info.has_chat_template;
  base::set_if(json, "adds_bos", info.adds_bos);
  base::set_if(json, "bos_id", info.bos_id);
  base::set_if(json, "eos_id", info.eos_id);
  return json;
}

}  // namespace bantam::model
