#include "gguf/model_info.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <functional>
#include <iterator>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

#include "base/text.hpp"
#include "gguf/split.hpp"
#include "gguf/types.hpp"

namespace bantam::gguf {
namespace {

constexpr std::int64_t kMostLayers = static_cast<std::int64_t>(kPreview);

// By the number in the file (llama_pooling_type of llama.cpp).
constexpr std::array<std::string_view, 5> kPoolings{"none", "mean", "cls", "last", "rank"};

constexpr std::array<std::string_view, 15> kEncoders{
    "bert",         "modern-bert", "nomic-bert",       "nomic-bert-moe",  "neo-bert",
    "jina-bert-v2", "eurobert",    "jina-bert-v3",     "gemma-embedding", "t5encoder",
    "dream",        "llada",       "wavtokenizer-dec", "llada-moe",       "rnd1"};

std::optional<std::int64_t> as_integer(const base::Json& value) {
  if (!value.is_number_integer()) return std::nullopt;
  if (value.is_number_unsigned() && value.get<std::uint64_t>() > static_cast<std::uint64_t>(INT64_MAX)) {
    return std::nullopt;
  }
  return value.get<std::int64_t>();
}

// One value for all layers, or one for each. Empty when some are missing.
std::vector<std::int64_t> per_layer(const GgufContent& content, std::string_view name, std::int64_t layers) {
  const Key* key = content.find_key(name);
  if (key == nullptr || layers < 1 || layers > kMostLayers) return {};
  const auto count = static_cast<std::size_t>(layers);
  if (!key->count) {
    const auto value = as_integer(key->value);
    return value ? std::vector<std::int64_t>(count, *value) : std::vector<std::int64_t>();
  }
  std::vector<std::int64_t> values;
  for (const base::Json& element : key->value) {
    if (const auto value = as_integer(element); value && values.size() < count) values.push_back(*value);
  }
  return values.size() == count ? values : std::vector<std::int64_t>();
}

std::vector<bool> sliding_layers(const GgufContent& content, const std::string& name) {
  const Key* key = content.find_key(name);
  std::vector<bool> layers;
  if (key == nullptr || !key->count || *key->count > kPreview) return layers;
  for (const base::Json& element : key->value) {
    layers.push_back(element.is_boolean() ? element.get<bool>() : as_integer(element).value_or(0) != 0);
  }
  return layers;
}

std::optional<bool> bool_at(const GgufContent& content, std::string_view name) {
  const Key* key = content.find_key(name);
  if (key == nullptr || !key->value.is_boolean()) return std::nullopt;
  return key->value.get<bool>();
}

std::optional<double> float_at(const GgufContent& content, std::string_view name) {
  const Key* key = content.find_key(name);
  if (key == nullptr || key->count || !key->value.is_number_float()) return std::nullopt;
  return key->value.get<double>();
}

// The value, or the largest one of an array with a value per layer.
std::optional<std::int64_t> integer_at(const GgufContent& content, std::string_view name) {
  const Key* key = content.find_key(name);
  if (key == nullptr) return std::nullopt;
  if (!key->count) return as_integer(key->value);
  std::optional<std::int64_t> largest;
  for (const base::Json& element : key->value) {
    if (const auto value = as_integer(element)) largest = std::max(largest.value_or(*value), *value);
  }
  return largest;
}

AttentionFacts attention_facts(const GgufContent& content, const std::string& architecture) {
  const std::string own = architecture + ".";
  const std::string prefix = own + "attention.";
  AttentionFacts facts;
  const auto heads = integer_at(content, prefix + "head_count");
  const auto width = integer_at(content, own + "embedding_length");
  const auto layers = integer_at(content, own + "block_count").value_or(0);
  // llama.cpp's rule for heads whose size is not given.
  const auto usual = heads && width && *heads > 0 ? std::optional(*width / *heads) : std::nullopt;
  facts.head_size_k = integer_at(content, prefix + "key_length");
  if (!facts.head_size_k) facts.head_size_k = usual;
  facts.head_size_v = integer_at(content, prefix + "value_length");
  if (!facts.head_size_v) facts.head_size_v = usual;
  const bool grouped = content.find_key(prefix + "head_count_kv") != nullptr;
  facts.kv_heads = per_layer(content, prefix + (grouped ? "head_count_kv" : "head_count"), layers);
  facts.sliding_window = integer_at(content, prefix + "sliding_window");
  facts.sliding = sliding_layers(content, prefix + "sliding_window_pattern");
  facts.rope_base = float_at(content, own + "rope.freq_base");
  facts.rope_size = integer_at(content, own + "rope.dimension_count");
  facts.rope_scaling = text_at(content, own + "rope.scaling.type");
  facts.rope_factor = float_at(content, own + "rope.scaling.factor");
  facts.rope_context = integer_at(content, own + "rope.scaling.original_context_length");
  return facts;
}

// Models that compute whole texts at once and have no next token: BERT and its kin, the encoder half of T5,
// text diffusion, and all that say so (attention.causal).
bool is_encoder(const GgufContent& content, const std::string& architecture) {
  if (std::find(kEncoders.begin(), kEncoders.end(), architecture) != kEncoders.end()) return true;
  return bool_at(content, architecture + ".attention.causal") == false;
}

std::optional<std::string> pooling_name(const GgufContent& content, const std::string& architecture) {
  const auto number = integer_at(content, architecture + ".pooling_type");
  if (!number || *number < 0 || *number >= static_cast<std::int64_t>(kPoolings.size())) return std::nullopt;
  return std::string(kPoolings.at(static_cast<std::size_t>(*number)));
}

// What the outputs of a classification head are called; empty when the file has no head or does not name
// them.
std::vector<std::string> class_labels(const GgufContent& content, const std::string& architecture) {
  const auto is_head = [](const Tensor& tensor) { return tensor.name == "cls.output.weight"; };
  if (std::none_of(content.tensors.begin(), content.tensors.end(), is_head)) return {};
  std::vector<std::string> labels;
  for (const Key& key : content.keys) {
    if (key.name != architecture + ".classifier.output_labels" || !key.value.is_array()) continue;
    for (const base::Json& label : key.value) {
      if (label.is_string()) labels.push_back(label.get<std::string>());
    }
  }
  return labels;
}

constexpr const char* kConvertAgain = "convert the model again";
constexpr const char* kGiveTheModel = "give the model it belongs to";

tl::unexpected<base::Error> unusable(const std::string& name, const std::string& cause, std::string hint) {
  return base::fail(base::ErrorKind::bad_input, fmt::format("{}: {}", name, cause), std::move(hint));
}

// Equal tokens make llama.cpp abort. It reads a token up to its first NUL byte, and gives empty ones names of
// their own.
base::Status check_tokens_differ(const GgufContent& content, const std::string& name) {
  using Hashed = std::pair<std::size_t, std::size_t>;  // with the token's number: half a map's memory
  std::vector<Hashed> seen;
  seen.reserve(content.tokens.size());
  for (std::size_t i = 0; i < content.tokens.size(); ++i) {
    const std::string_view token(content.tokens[i].c_str());
    if (!token.empty()) seen.emplace_back(std::hash<std::string_view>()(token), i);
  }
  std::sort(seen.begin(), seen.end());
  const auto text = [&](const Hashed& one) { return std::string_view(content.tokens[one.second].c_str()); };
  const auto twice = std::adjacent_find(seen.begin(), seen.end(), [&](const Hashed& a, const Hashed& b) {
    return a.first == b.first && text(a) == text(b);
  });
  if (twice == seen.end()) return {};
  return unusable(name,
                  fmt::format("tokens {} and {} are equal ('{}')", twice->second, std::next(twice)->second,
                              base::ellipsize(base::printable(text(*twice)), 40)),
                  kConvertAgain);
}

// Tables shorter than the vocabulary make llama.cpp refuse the file.
base::Status check_tables(const GgufContent& content, const std::string& name) {
  for (const char* table : {"tokenizer.ggml.scores", "tokenizer.ggml.token_type"}) {
    const Key* key = content.find_key(table);
    if (key && (!key->count || *key->count < content.tokens.size())) {
      return unusable(name,
                      fmt::format("{} has {} entries for {} tokens", table, key->count.value_or(0),
                                  content.tokens.size()),
                      kConvertAgain);
    }
  }
  return {};
}

base::Status check_embedding(const GgufContent& content, const std::string& name) {
  const Tensor* embedding = content.find_tensor("token_embd.weight");
  if (!embedding) return {};
  const std::uint64_t rows = embedding->shape.size() == 2 ? embedding->shape[1] : 0;
  if (rows == content.tokens.size()) return {};
  return unusable(
      name,
      fmt::format("the vocabulary has {} tokens, but the embedding has {} rows", content.tokens.size(), rows),
      kConvertAgain);
}

// Not an adapter, a projector or a file without weights.
base::Status check_is_model(const GgufContent& content, const std::string& name) {
  const std::string type = text_at(content, "general.type").value_or("model");
  if (type == "adapter") {
    return unusable(name, "this is a LoRA adapter, not a model",
                    "give the model it belongs to, with the adapter behind it: MODEL+lora:" + name);
  }
  if (type == "mmproj" || text_at(content, "general.architecture") == "clip") {
    return unusable(name, "this is a projector for images or sound, not a language model", kGiveTheModel);
  }
  if (type == "imatrix") return unusable(name, "this is an importance matrix, not a model", kGiveTheModel);
  if (content.tensors.empty()) {
    return unusable(name, "the file holds no weights", "give the complete model file");
  }
  return {};
}

// No token twice, tables as long as the vocabulary, an embedding for every token.
base::Status check_vocabulary(const GgufContent& content, const std::string& name) {
  if (content.tokens.empty()) return {};
  TRY(check_tokens_differ(content, name));
  TRY(check_tables(content, name));
  return check_embedding(content, name);
}

// Elements in a block of the types that files of this name are made of; absent for float files.
std::optional<std::uint64_t> wanted_block(std::string_view file_type) {
  const auto same = likely_file_type(file_type);
  if (!same || is_float(file_type)) return std::nullopt;
  const bool is_k = file_type.find("_K") != std::string_view::npos;
  if (is_k || file_type.starts_with("TQ") || (file_type.starts_with("IQ") && file_type != "IQ4_NL"))
    return 256;
  if (file_type == "Q1_0") return 128;
  if (file_type == "Q2_0") return 64;
  return 32;
}

// Numbers between dots become '*'.
std::string place_in_layers(const std::string& tensor) {
  std::vector<std::string> parts = base::split(tensor, '.');
  for (std::string& part : parts) {
    if (!part.empty() && std::all_of(part.begin(), part.end(), [](char c) { return c >= '0' && c <= '9'; })) {
      part = "*";
    }
  }
  return base::join(parts, ".");
}

class Inspection {
 public:
  Inspection(const GgufContent& content, const std::string& name) : content_(content), name_(name) {}

  base::Result<ModelInfo> result() {
    TRY(check_is_model(content_, name_));
    TRY(read_architecture());
    TRY(check_vocabulary(content_, name_));
    TRY(check_context());
    read_sizes();
    read_file_type();
    info_.fallbacks = find_fallbacks(content_, info_.file_type);
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

  // llama.cpp keeps it in 32 bits with a sign.
  base::Status check_context() const {
    const auto context = integer_at(content_, info_.architecture + ".context_length");
    if (!context || (*context >= 0 && *context <= INT32_MAX)) return {};
    return unusable(
        name_,
        fmt::format("its context of {} tokens is longer than the engine can count ({})", *context, INT32_MAX),
        kConvertAgain);
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
    info_.pooling = pooling_name(content_, info_.architecture);
    info_.labels = class_labels(content_, info_.architecture);
    info_.attention = attention_facts(content_, info_.architecture);
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

std::vector<Fallback> find_fallbacks(const GgufContent& content, std::string_view file_type) {
  std::vector<Fallback> all;
  const auto block = wanted_block(file_type);
  if (!block) return all;
  for (const Tensor& tensor : content.tensors) {
    if (tensor.shape.size() < 2 || tensor.shape[0] % *block == 0) continue;
    // F16 is the only float type that is a fallback, for rows that fit no block at all; others were never
    // quantized.
    if (is_float(tensor.type.name) && (tensor.type.name != "F16" || tensor.shape[0] % 32 == 0)) continue;
    const std::string place = place_in_layers(tensor.name);
    const auto found = std::find_if(all.begin(), all.end(), [&](const Fallback& one) {
      return one.tensors == place && one.type == tensor.type.name;
    });
    Fallback& fallback = found != all.end()
                             ? *found
                             : all.emplace_back(Fallback{place, std::string(tensor.type.name),
                                                         static_cast<std::int64_t>(tensor.shape[0]), 0});
    ++fallback.count;
  }
  return all;
}

base::Json to_json(const Fallback& fallback) {
  return {{"tensors", fallback.tensors},
          {"type", fallback.type},
          {"row", fallback.row},
          {"count", fallback.count}};
}

std::optional<std::string> text_at(const GgufContent& content, std::string_view name) {
  const Key* key = content.find_key(name);
  if (key == nullptr || !key->value.is_string()) return std::nullopt;
  return key->value.get<std::string>();
}

std::vector<SpecialToken> special_tokens(const GgufContent& content) {
  constexpr std::string_view kPrefix = "tokenizer.ggml.";
  constexpr std::string_view kEnding = "_token_id";
  std::vector<SpecialToken> tokens;
  for (const Key& key : content.keys) {
    const std::string_view name = key.name;
    if (!name.starts_with(kPrefix) || !name.ends_with(kEnding)) continue;
    if (name.size() <= kPrefix.size() + kEnding.size()) continue;
    const auto id = key.count ? std::nullopt : as_integer(key.value);
    if (!id) continue;
    SpecialToken token;
    token.duty = name.substr(kPrefix.size(), name.size() - kPrefix.size() - kEnding.size());
    if (token.duty == "seperator") token.duty = "separator";  // as the format spells it
    token.id = *id;
    if (*id >= 0 && static_cast<std::size_t>(*id) < content.tokens.size()) {
      token.text = content.tokens[static_cast<std::size_t>(*id)];
    }
    tokens.push_back(std::move(token));
  }
  return tokens;
}

namespace {

// The quoted name after a comparison of a role, if `rest` starts with one: == "user", in ['a', ...
std::string_view name_compared(std::string_view rest) {
  const auto skip = [&rest](std::string_view characters) {
    rest.remove_prefix(std::min(rest.find_first_not_of(characters), rest.size()));
  };
  skip("'\"] \t");
  if (!rest.starts_with("==") && !rest.starts_with("!=") && !rest.starts_with("in ")) return {};
  rest.remove_prefix(2);
  skip("([ \t");
  if (rest.empty() || (rest.front() != '\'' && rest.front() != '"')) return {};
  const char quote = rest.front();
  rest.remove_prefix(1);
  const auto end = rest.find(quote);
  return end == std::string_view::npos || end > 40 ? std::string_view() : rest.substr(0, end);
}

}  // namespace

std::vector<std::string> roles_in(std::string_view chat_template) {
  constexpr std::string_view kRole = "role";
  std::vector<std::string> roles;
  for (auto at = chat_template.find(kRole); at != std::string_view::npos;
       at = chat_template.find(kRole, at + 1)) {
    const std::string role(name_compared(chat_template.substr(at + kRole.size())));
    if (!role.empty() && std::find(roles.begin(), roles.end(), role) == roles.end()) roles.push_back(role);
  }
  return roles;
}

namespace {

// DistilBERT has no token types.
bool is_distilled(const GgufContent& content, std::string_view architecture) {
  return architecture == "bert" && content.find_tensor("token_types.weight") == nullptr;
}

}  // namespace

std::string_view classifier_head(const GgufContent& content, std::string_view architecture) {
  if (content.find_tensor("cls.weight") == nullptr) return "linear";
  if (architecture == "modern-bert") return "gelu";
  return is_distilled(content, architecture) ? "relu" : "tanh";
}

bool lacks_pooler(const GgufContent& content, std::string_view architecture) {
  return architecture == "bert" && classifier_head(content, architecture) == "linear";
}

}  // namespace bantam::gguf
