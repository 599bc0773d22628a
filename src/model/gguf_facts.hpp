#pragma once
// What keys of a GGUF file mean: single values by name, and groups of them as facts of the model. Reads what
// is there; checks nothing.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/gguf.hpp"
#include "model/gguf_reader.hpp"

namespace bantam::model {

// Absent when there is no such key, or one of another type.
std::optional<std::string> text_at(const GgufContent& content, std::string_view name);
std::optional<bool> bool_at(const GgufContent& content, std::string_view name);
std::optional<double> float_at(const GgufContent& content, std::string_view name);
// The value, or the largest one of an array with a value per layer.
std::optional<std::int64_t> integer_at(const GgufContent& content, std::string_view name);

AttentionFacts attention_of(const GgufContent& content, const std::string& architecture);

// Models that compute whole texts at once and have no next token: BERT and its kin, the encoder half of T5,
// text diffusion, and all that say so (attention.causal).
bool is_encoder(const GgufContent& content, const std::string& architecture);
std::optional<std::string> pooling_of(const GgufContent& content, const std::string& architecture);
// What the outputs of a classification head are called; empty when the file has no head or does not name them.
std::vector<std::string> labels_of(const GgufContent& content, const std::string& architecture);

// A token with a duty of its own.
struct SpecialToken {
  std::string duty;  // "bos", "eos", "padding"
  std::int64_t id = 0;
  std::optional<std::string> text;  // absent when the vocabulary has no such id
};
std::vector<SpecialToken> special_tokens_of(const GgufContent& content);

// Who may speak by a chat template (Jinja), as far as it compares roles with names: "system", "user". In the
// order in which they appear; empty when none is named.
std::vector<std::string> roles_in(std::string_view chat_template);

}  // namespace bantam::model
