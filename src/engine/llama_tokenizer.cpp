#include "engine/llama_tokenizer.hpp"

#include <fmt/format.h>
#include <exception>

#include "engine/llama_log.hpp"
#include "engine/llama_properties.hpp"
#include "engine/llama_session.hpp"
#include "engine/llama_text.hpp"
#include "llama.h"

namespace bantam::engine {
namespace {

base::Result<std::unique_ptr<llama_model, FreeModel>> open_vocabulary(const std::filesystem::path& gguf) {
  const LlamaLog log;
  std::string reason;
  try {
    llama_backend_init();
    llama_model_params params = llama_model_default_params();
    params.vocab_only = true;
    std::unique_ptr<llama_model, FreeModel> model(llama_model_load_from_file(gguf.c_str(), params));
    if (model) return model;
    reason = log.reason();
  } catch (const std::exception& error) {
    reason = error.what();
  }
  return base::fail(base::ErrorKind::bad_input,
                    fmt::format("{}: the engine cannot load its tokenizer: {}", gguf.string(), reason));
}

}  // namespace

base::Result<std::vector<std::vector<Token>>> tokenize_with_file(const std::filesystem::path& gguf,
                                                                 std::span<const std::string> texts) {
  TRY_ASSIGN(const auto model, open_vocabulary(gguf));
  const llama_vocab* vocabulary = llama_model_get_vocab(model.get());
  std::vector<std::vector<Token>> all;
  for (const std::string& text : texts) {
    TRY_ASSIGN(auto tokens, tokens_of(vocabulary, text, false));
    all.push_back(std::move(tokens));
  }
  return all;
}

base::Result<Properties> conversation_facts(const std::filesystem::path& gguf) {
  TRY_ASSIGN(const auto model, open_vocabulary(gguf));
  Properties properties;
  add_conversation_facts(model.get(), properties);
  return properties;
}

}  // namespace bantam::engine
