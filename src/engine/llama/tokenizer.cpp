#include "engine/llama/tokenizer.hpp"

#include <fmt/format.h>
#include <exception>

#include "engine/llama/log.hpp"
#include "engine/llama/properties.hpp"
#include "engine/llama/session.hpp"
#include "engine/llama/text.hpp"
#include "llama.h"

namespace bantam::engine {
namespace {

base::Result<std::unique_ptr<llama_model, FreeModel>> load_vocabulary(const std::filesystem::path& gguf) {
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

tl::unexpected<base::Error> without_weights() {
  return base::fail(base::ErrorKind::usage, "only the tokenizer of this model was opened");
}

class VocabularyEngine final : public Engine {
 public:
  explicit VocabularyEngine(std::unique_ptr<llama_model, FreeModel> model) : model_(std::move(model)) {
    properties_.engine = "llama";
    properties_.vocabulary = llama_vocab_n_tokens(vocabulary());
    add_conversation_facts(model_.get(), properties_);
  }

  const Properties& properties() const override { return properties_; }
  base::Result<std::vector<Token>> tokenize(std::string_view text, bool parse_special) override {
    return text_tokens(vocabulary(), text, parse_special);
  }
  std::string detokenize(std::span<const Token> tokens) override { return token_text(vocabulary(), tokens); }

  base::Result<std::vector<Score>> score(std::span<const ScoreRequest>) override { return without_weights(); }
  base::Result<std::vector<Generation>> generate(std::span<const GenerateRequest>,
                                                 const GenerateOptions&) override {
    return without_weights();
  }
  base::Status extend(std::span<const Token>, bool, std::span<float>) override { return without_weights(); }
  base::Result<std::int64_t> time_prompt(int, int) override { return without_weights(); }
  base::Result<std::int64_t> time_generation(int, int) override { return without_weights(); }
  MemoryUse memory() const override { return {}; }

 private:
  const llama_vocab* vocabulary() const { return llama_model_get_vocab(model_.get()); }

  std::unique_ptr<llama_model, FreeModel> model_;
  Properties properties_;
};

}  // namespace

base::Result<std::unique_ptr<Engine>> open_vocabulary(const std::filesystem::path& gguf) {
  TRY_ASSIGN(auto model, load_vocabulary(gguf));
  return std::unique_ptr<Engine>(std::make_unique<VocabularyEngine>(std::move(model)));
}

base::Result<std::vector<std::vector<Token>>> tokenize_with_file(const std::filesystem::path& gguf,
                                                                 std::span<const std::string> texts) {
  TRY_ASSIGN(const auto model, load_vocabulary(gguf));
  const llama_vocab* vocabulary = llama_model_get_vocab(model.get());
  std::vector<std::vector<Token>> all;
  for (const std::string& text : texts) {
    TRY_ASSIGN(auto tokens, text_tokens(vocabulary, text, false));
    all.push_back(std::move(tokens));
  }
  return all;
}

base::Result<Properties> conversation_facts(const std::filesystem::path& gguf) {
  TRY_ASSIGN(const auto model, load_vocabulary(gguf));
  Properties properties;
  add_conversation_facts(model.get(), properties);
  return properties;
}

}  // namespace bantam::engine
