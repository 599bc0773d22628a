#include "model/gguf.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <map>

#include "base/text.hpp"
#include "model/gguf_checks.hpp"
#include "model/gguf_facts.hpp"
#include "model/split.hpp"

namespace bantam::model {
namespace {

class Inspection {
 public:
  Inspection(const GgufContent& content, const std::string& name) : content_(content), name_(name) {}

  base::Result<ModelInfo> result() {
    TRY(check_is_model(content_, name_));
    TRY(read_architecture());
    TRY(check_vocabulary(content_, name_));
    read_sizes();
    read_file_type();
    info_.fallbacks = fallbacks_of(content_, info_.file_type);
    read_shape();
    read_tokenizer();
    return info_;
  }

 private:
  base::Status read_architecture() {
    const auto architecture = text_at(content_, "general.architecture");
    if (!architecture || architecture->empty()) {
      return base::fail(base::ErrorKind::bad_input,
                        fmt::format("{}: the file names no architecture (general.architecture)", name_),
                        "convert the model again");
    }
    info_.architecture = *architecture;
    info_.name = text_at(content_, "general.name");
    info_.synthetic = content_.find_key(kSyntheticKey) != nullptr;
    return {};
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
    for (const Tensor& tensor : content_.tensors) {
      info_.parts = std::max(info_.parts, static_cast<std::int64_t>(tensor.part) + 1);
    }
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
    info_.experts_used = integer_at(content_, prefix + "expert_used_count");
    info_.feed_forward = integer_at(content_, prefix + "feed_forward_length");
    info_.is_encoder = is_encoder(content_, info_.architecture);
    info_.pooling = pooling_of(content_, info_.architecture);
    info_.labels = labels_of(content_, info_.architecture);
    info_.attention = attention_of(content_, info_.architecture);
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
  const std::string& name_;
  ModelInfo info_;
};

}  // namespace

base::Result<ModelInfo> inspect(const std::filesystem::path& path) {
  TRY_ASSIGN(const GgufContent content, read_model(path));
  return inspect(content, base::printable(path.string()));
}

base::Result<ModelInfo> inspect(const GgufContent& content, const std::string& name) {
  return Inspection(content, name).result();
}

bool embeds(const ModelInfo& info) {
  return info.is_encoder || (info.pooling && *info.pooling != "none" && *info.pooling != "rank");
}

base::Status check_generates(const ModelInfo& info, std::string_view name) {
  if (!embeds(info)) return {};
  return base::fail(base::ErrorKind::bad_input,
                    fmt::format("{}: {} models give embeddings of texts and cannot write any", name,
                                base::printable(info.architecture)),
                    "give a language model here");
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
  if (info.parts > 1) json["parts"] = info.parts;
  base::Json& types = json["tensor_types"] = base::Json::object();
  for (const TensorShare& share : info.tensor_types) {
    types[share.type] = {{"tensors", share.tensors}, {"elements", share.elements}, {"bytes", share.bytes}};
  }
  for (const Fallback& fallback : info.fallbacks) json["fallbacks"].push_back(to_json(fallback));
  base::set_if(json, "context_train", info.context_train);
  base::set_if(json, "vocabulary", info.vocabulary);
  base::set_if(json, "embedding", info.embedding);
  base::set_if(json, "layers", info.layers);
  base::set_if(json, "heads", info.heads);
  base::set_if(json, "kv_heads", info.kv_heads);
  base::set_if(json, "experts", info.experts);
  base::set_if(json, "experts_used", info.experts_used);
  base::set_if(json, "feed_forward", info.feed_forward);
  if (info.is_encoder) json["is_encoder"] = true;
  base::set_if(json, "pooling", info.pooling);
  if (!info.labels.empty()) json["labels"] = info.labels;
  base::set_if(json, "tokenizer", info.tokenizer);
  json["has_chat_template"] = info.has_chat_template;
  base::set_if(json, "adds_bos", info.adds_bos);
  base::set_if(json, "bos_id", info.bos_id);
  base::set_if(json, "eos_id", info.eos_id);
  return json;
}

}  // namespace bantam::model
