#include "model/classifier_head.hpp"

namespace bantam::model {
namespace {

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

}  // namespace bantam::model
