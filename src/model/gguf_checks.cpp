#include "model/gguf_checks.hpp"

#include <fmt/format.h>
#include <string_view>
#include <unordered_map>

#include "base/text.hpp"
#include "model/gguf_facts.hpp"

namespace bantam::model {
namespace {

constexpr const char* kConvertAgain = "convert the model again";
constexpr const char* kGiveTheModel = "give the model it belongs to";

tl::unexpected<base::Error> unusable(const std::string& name, const std::string& cause, std::string hint) {
  return base::fail(base::ErrorKind::bad_input, fmt::format("{}: {}", name, cause), std::move(hint));
}

// Equal tokens make llama.cpp abort. It reads a token up to its first NUL byte, and gives empty ones names of
// their own.
base::Status check_tokens_differ(const GgufContent& content, const std::string& name) {
  std::unordered_map<std::string_view, std::size_t> seen;
  seen.reserve(content.tokens.size());
  for (std::size_t i = 0; i < content.tokens.size(); ++i) {
    const std::string_view token(content.tokens[i].c_str());
    if (token.empty()) continue;
    const auto [first, added] = seen.emplace(token, i);
    if (!added) {
      return unusable(name,
                      fmt::format("tokens {} and {} are equal ('{}')", first->second, i,
                                  base::ellipsize(base::printable(token), 40)),
                      kConvertAgain);
    }
  }
  return {};
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

}  // namespace

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

base::Status check_vocabulary(const GgufContent& content, const std::string& name) {
  if (content.tokens.empty()) return {};
  TRY(check_tokens_differ(content, name));
  TRY(check_tables(content, name));
  return check_embedding(content, name);
}

}  // namespace bantam::model
