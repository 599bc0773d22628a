#include "model/gguf_facts.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"

namespace bantam::model {
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

std::optional<std::string> text_at(const GgufContent& content, std::string_view name) {
  const Key* key = content.find_key(name);
  if (key == nullptr || !key->value.is_string()) return std::nullopt;
  return key->value.get<std::string>();
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

AttentionFacts attention_of(const GgufContent& content, const std::string& architecture) {
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

bool is_encoder(const GgufContent& content, const std::string& architecture) {
  if (std::find(kEncoders.begin(), kEncoders.end(), architecture) != kEncoders.end()) return true;
  return bool_at(content, architecture + ".attention.causal") == false;
}

std::optional<std::string> pooling_of(const GgufContent& content, const std::string& architecture) {
  const auto number = integer_at(content, architecture + ".pooling_type");
  if (!number || *number < 0 || *number >= static_cast<std::int64_t>(kPoolings.size())) return std::nullopt;
  return std::string(kPoolings.at(static_cast<std::size_t>(*number)));
}

std::vector<std::string> labels_of(const GgufContent& content, const std::string& architecture) {
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

std::vector<SpecialToken> special_tokens_of(const GgufContent& content) {
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

}  // namespace bantam::model
