#include "engine/llama_encoder.hpp"

#include <fmt/format.h>

#include <utility>

#include "engine/llama_encoder_watch.hpp"
#include "engine/llama_properties.hpp"
#include "engine/llama_sequences.hpp"
#include "engine/llama_session.hpp"
#include "engine/llama_text.hpp"

namespace bantam::engine {
namespace {

using base::ErrorKind;
using base::Result;
using Sequences = std::span<const std::vector<Token>>;

std::string_view pooling_of(const LlamaSession& session) {
  switch (llama_pooling_type(session.context())) {
    case LLAMA_POOLING_TYPE_MEAN:
      return "mean";
    case LLAMA_POOLING_TYPE_CLS:
      return "first token";
    default:
      return "last token";
  }
}

Result<std::unique_ptr<EncoderWatch>> watch(LlamaSession& session) {
  auto watch = std::make_unique<EncoderWatch>(properties_of(session).architecture,
                                              llama_model_n_layer(session.model()));
  TRY(session.watch(&EncoderWatch::watch, watch.get()));
  return watch;
}

class LlamaEncoder final : public Encoder {
 public:
  // `watch` may be null.
  LlamaEncoder(std::unique_ptr<LlamaSession> session, std::unique_ptr<EncoderWatch> watch)
      : watch_(std::move(watch)), session_(std::move(session)), properties_(properties_of(*session_)) {
    properties_.details["pooling"] = pooling_of(*session_);
  }

  const Properties& properties() const override { return properties_; }

  Result<std::vector<Token>> tokenize(std::string_view text) override {
    return tokens_of(session_->vocabulary(), text, false, true);
  }

  Result<std::vector<Embedding>> encode(Sequences sequences) override {
    TRY(compute_sequences(*session_, sequences));
    return take_vectors(*session_, sequences.size());
  }

  MemoryUse memory() const override { return memory_of(*session_); }

 private:
  std::unique_ptr<EncoderWatch> watch_;  // outlives the session
  std::unique_ptr<LlamaSession> session_;
  Properties properties_;
};

class LlamaTokenEncoder final : public TokenEncoder {
 public:
  LlamaTokenEncoder(std::unique_ptr<LlamaSession> session, std::unique_ptr<EncoderWatch> watch)
      : watch_(std::move(watch)), session_(std::move(session)), properties_(properties_of(*session_)) {}

  const Properties& properties() const override { return properties_; }
  int layers() const override { return llama_model_n_layer(session_->model()); }

  Result<std::vector<Token>> tokenize(std::string_view text) override {
    return tokens_of(session_->vocabulary(), text, false, true);
  }

  Result<std::vector<TokenEmbeddings>> encode(Sequences sequences, int layer) override {
    if (layer < 1 || layer > layers()) {
      return base::fail(ErrorKind::bad_input, fmt::format("the model has no layer {}", layer),
                        fmt::format("give 1 to {}", layers()));
    }
    watch_->read_layer(layer);
    TRY(compute_sequences(*session_, sequences));
    return rows_of(sequences, layer);
  }

 private:
  Result<std::vector<TokenEmbeddings>> rows_of(Sequences sequences, int layer) {
    std::span<const float> rest(watch_->rows());
    std::vector<TokenEmbeddings> all;
    for (std::size_t i = 0; i < sequences.size(); ++i) {
      const std::size_t count = sequences[i].size() * watch_->width();
      if (rest.empty() || rest.size() < count) {
        return base::fail(
            ErrorKind::bad_input,
            fmt::format("{}: the output of layer {} cannot be read from models of architecture {}",
                        session_->file().gguf.string(), layer, properties_.architecture),
            fmt::format("take the last layer, {}", layers()));
      }
      const auto own = rest.first(count);
      TRY(check_finite(*session_, own, i));
      all.push_back({{own.begin(), own.end()}, watch_->width()});
      rest = rest.subspan(count);
    }
    return all;
  }

  std::unique_ptr<EncoderWatch> watch_;  // outlives the session
  std::unique_ptr<LlamaSession> session_;
  Properties properties_;
};

class LlamaClassifier final : public Classifier {
 public:
  LlamaClassifier(std::unique_ptr<LlamaSession> session, std::unique_ptr<EncoderWatch> watch)
      : watch_(std::move(watch)), session_(std::move(session)), properties_(properties_of(*session_)) {
    for (std::uint32_t i = 0; i < llama_model_n_cls_out(session_->model()); ++i) {
      const char* label = llama_model_cls_label(session_->model(), i);
      labels_.emplace_back(label == nullptr ? "" : label);
    }
    properties_.details["labels"] = labels_;
  }

  const Properties& properties() const override { return properties_; }
  const std::vector<std::string>& labels() const override { return labels_; }

  Result<std::vector<Token>> tokenize(std::string_view text) override {
    return tokens_of(session_->vocabulary(), text, false, true);
  }

  Result<std::vector<std::vector<float>>> classify(Sequences sequences) override {
    TRY(compute_sequences(*session_, sequences));
    return take_vectors(*session_, sequences.size());
  }

 private:
  std::unique_ptr<EncoderWatch> watch_;  // outlives the session
  std::unique_ptr<LlamaSession> session_;
  Properties properties_;
  std::vector<std::string> labels_;
};

}  // namespace

Result<std::unique_ptr<Encoder>> open_llama_encoder(const ModelFile& file,
                                                    const plan::EngineSettings& settings, Capacity capacity,
                                                    Heartbeat* heartbeat, Activations activations) {
  TRY_ASSIGN(auto session, LlamaSession::open_encoder(file, settings, capacity, heartbeat));
  std::unique_ptr<EncoderWatch> watching;
  if (activations == Activations::as_trained) {
    TRY_ASSIGN(watching, watch(*session));
  }
  return std::make_unique<LlamaEncoder>(std::move(session), std::move(watching));
}

Result<std::unique_ptr<TokenEncoder>> open_llama_token_encoder(const ModelFile& file,
                                                               const plan::EngineSettings& settings,
                                                               Capacity capacity, Heartbeat* heartbeat) {
  TRY_ASSIGN(auto session, LlamaSession::open_encoder(file, settings, capacity, heartbeat));
  TRY_ASSIGN(auto watching, watch(*session));
  return std::make_unique<LlamaTokenEncoder>(std::move(session), std::move(watching));
}

Result<std::unique_ptr<Classifier>> open_llama_classifier(const ModelFile& file,
                                                          const plan::EngineSettings& settings,
                                                          Capacity capacity, Heartbeat* heartbeat) {
  TRY_ASSIGN(auto session, LlamaSession::open_classifier(file, settings, capacity, heartbeat));
  TRY_ASSIGN(auto watching, watch(*session));
  return std::make_unique<LlamaClassifier>(std::move(session), std::move(watching));
}

}  // namespace bantam::engine
