#include "engine/llama/encoder.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include <span>
#include <string_view>
#include "engine/llama/ggml.hpp"
#include "engine/llama/properties.hpp"
#include "engine/llama/session.hpp"
#include "engine/llama/text.hpp"

namespace bantam::engine {
namespace {

using base::ErrorKind;
using base::fail;
using base::Result;
using Sequences = std::span<const std::vector<Token>>;

// Reads the output of a layer out of a computation, and corrects what llama.cpp computes otherwise than the
// published models do.
class EncoderWatch {
 public:
  // `architecture`: general.architecture of the file. `layers`: how many the model has.
  EncoderWatch(std::string_view architecture, int layers);

  // For LlamaSession::watch(), with this as the state.
  static bool watch(ggml_tensor* node, bool ask, void* self);

  // From now on the output of this layer is kept, 1 being the first; 0: of none.
  void read_layer(int layer);
  // From the computation done last: width() values for each token, in the order of the batch. Empty when the
  // layer was not found in it.
  const std::vector<float>& rows() const { return rows_; }
  std::size_t width() const { return width_; }
  // Before a computation.
  void forget() { rows_.clear(); }

 private:
  // BERT's GELU is the exact one, llama.cpp computes its tanh approximation. The head of DistilBERT, which is
  // known by having no token types, has a ReLU, llama.cpp computes BERT's tanh.
  void correct(ggml_tensor& node);
  bool is_wanted(const ggml_tensor& node) const;
  void keep(const ggml_tensor& node);

  bool exact_gelu_ = false;
  bool is_bert_ = false;
  bool has_token_types_ = false;
  int layers_;
  int layer_ = 0;
  std::string norm_;    // start of the names of the norm behind the layer
  std::string output_;  // name of the layer's output where the graph gives it one
  std::vector<float> rows_;
  std::size_t width_ = 0;
};

// Whose feed-forward layers have the exact GELU in the published models.
constexpr std::array<std::string_view, 5> kExactGelu{"bert", "modern-bert", "nomic-bert-moe", "jina-bert-v2",
                                                     "jina-bert-v3"};

bool names(const ggml_tensor* tensor, std::string_view part) {
  return tensor != nullptr && std::string_view(tensor->name).find(part) != std::string_view::npos;
}

EncoderWatch::EncoderWatch(std::string_view architecture, int layers)
    : exact_gelu_(std::find(kExactGelu.begin(), kExactGelu.end(), architecture) != kExactGelu.end()),
      is_bert_(architecture == "bert"),
      layers_(layers) {}

void EncoderWatch::read_layer(int layer) {
  layer_ = layer;
  norm_ = fmt::format("blk.{}.layer_output_norm.", layer - 1);
  output_ = layer == layers_ ? "result_embd" : fmt::format("l_out-{}", layer - 1);
  forget();
}

bool EncoderWatch::watch(ggml_tensor* node, bool ask, void* self) {
  auto& watch = *static_cast<EncoderWatch*>(self);
  if (ask) {
    watch.correct(*node);
    return watch.is_wanted(*node);
  }
  watch.keep(*node);
  return true;
}

// Nodes are shown in the order of the computation, each before it is computed.
void EncoderWatch::correct(ggml_tensor& node) {
  if (names(node.src[1], "token_types.weight")) has_token_types_ = true;
  const auto unary = [&](ggml_unary_op op) {
    return node.op == GGML_OP_UNARY && ggml_get_unary_op(&node) == op;
  };
  const auto become = [&](std::int32_t op) { node.op_params[0] = op; };
  if (exact_gelu_ && unary(GGML_UNARY_OP_GELU)) become(GGML_UNARY_OP_GELU_ERF);
  if (exact_gelu_ && node.op == GGML_OP_GLU && ggml_get_glu_op(&node) == GGML_GLU_OP_GEGLU) {
    become(GGML_GLU_OP_GEGLU_ERF);
  }
  if (is_bert_ && !has_token_types_ && unary(GGML_UNARY_OP_TANH)) become(GGML_UNARY_OP_RELU);
}

// A norm is a product with its weight and then, where it has one, a sum with its bias: the last one stays.
bool EncoderWatch::is_wanted(const ggml_tensor& node) const {
  if (layer_ == 0) return false;
  if (node.name == output_) return true;
  return (node.op == GGML_OP_MUL || node.op == GGML_OP_ADD) && names(node.src[1], norm_);
}

void EncoderWatch::keep(const ggml_tensor& node) {
  if (node.type != GGML_TYPE_F32 || !ggml_is_contiguous(&node)) return;
  width_ = static_cast<std::size_t>(node.ne[0]);
  rows_.resize(static_cast<std::size_t>(ggml_nelements(&node)));
  ggml_backend_tensor_get(&node, rows_.data(), 0, ggml_nbytes(&node));
}

base::Status check(const LlamaSession& session, std::span<const std::vector<Token>> sequences) {
  if (sequences.size() > static_cast<std::size_t>(session.streams())) {
    return fail(ErrorKind::bad_input,
                fmt::format("{} sequences at once are more than {}", sequences.size(), session.streams()));
  }
  for (const auto& sequence : sequences) {
    const auto most = static_cast<std::size_t>(session.request_tokens());
    if (!sequence.empty() && sequence.size() <= most) continue;
    return fail(ErrorKind::bad_input,
                fmt::format("a sequence has {} tokens; the model takes 1 to {}", sequence.size(), most));
  }
  return {};
}

base::Status fill_batch(LlamaSession& session, std::span<const std::vector<Token>> sequences) {
  session.start_batch();
  for (std::size_t i = 0; i < sequences.size(); ++i) {
    const int number = static_cast<int>(i);
    for (std::size_t position = 0; position < sequences[i].size(); ++position) {
      const Token token = sequences[i][position];
      if (!session.add(token, static_cast<int>(position), number, number, true)) {
        return fail(ErrorKind::bad_input, fmt::format("token {} is not in the vocabulary", token));
      }
    }
  }
  return {};
}

// Computes all sequences at once and waits for the end. bad_input when one is empty or longer than
// request_tokens, when one has an unknown token, or when there are more than the capacity's streams.
base::Status compute_sequences(LlamaSession& session, std::span<const std::vector<Token>> sequences) {
  TRY(check(session, sequences));
  TRY(session.use(CacheLayout::encoding));
  TRY(fill_batch(session, sequences));
  TRY(session.compute());
  session.wait();
  return {};
}

// integrity: the session is empty afterwards.
base::Status check_finite(LlamaSession& session, std::span<const float> values, std::size_t sequence) {
  if (!values.empty() &&
      std::all_of(values.begin(), values.end(), [](float x) { return std::isfinite(x); })) {
    return {};
  }
  session.wipe();
  return fail(ErrorKind::integrity, fmt::format("the output of sequence {} is not finite", sequence),
              "the weights or a kernel are broken: check the file's hash, then try without repacking");
}

// What the session then holds for each sequence, in order. integrity when a component is not finite.
base::Result<std::vector<std::vector<float>>> take_vectors(LlamaSession& session, std::size_t count) {
  std::vector<std::vector<float>> vectors;
  for (std::size_t i = 0; i < count; ++i) {
    const auto values = session.embedding(static_cast<int>(i));
    TRY(check_finite(session, values, i));
    vectors.emplace_back(values.begin(), values.end());
  }
  return vectors;
}

std::string_view pooling_name(const LlamaSession& session) {
  switch (llama_pooling_type(session.context())) {
    case LLAMA_POOLING_TYPE_MEAN:
      return "mean";
    case LLAMA_POOLING_TYPE_CLS:
      return "first token";
    case LLAMA_POOLING_TYPE_LAST:
      return "last token";
    case LLAMA_POOLING_TYPE_RANK:
      return "rank";
    case LLAMA_POOLING_TYPE_NONE:
    case LLAMA_POOLING_TYPE_UNSPECIFIED:
      break;
  }
  return "none";
}

Result<std::unique_ptr<EncoderWatch>> watch(LlamaSession& session) {
  auto watch = std::make_unique<EncoderWatch>(session_properties(session).architecture,
                                              llama_model_n_layer(session.model()));
  TRY(session.watch(&EncoderWatch::watch, watch.get()));
  return watch;
}

class LlamaEncoder final : public Encoder {
 public:
  // `watch` may be null.
  LlamaEncoder(std::unique_ptr<LlamaSession> session, std::unique_ptr<EncoderWatch> watch)
      : watch_(std::move(watch)), session_(std::move(session)), properties_(session_properties(*session_)) {
    properties_.details["pooling"] = pooling_name(*session_);
  }

  const Properties& properties() const override { return properties_; }

  Result<std::vector<Token>> tokenize(std::string_view text) override {
    return text_tokens(session_->vocabulary(), text, false, true);
  }

  Result<std::vector<Embedding>> encode(Sequences sequences) override {
    TRY(compute_sequences(*session_, sequences));
    return take_vectors(*session_, sequences.size());
  }

  MemoryUse memory() const override { return session_memory(*session_); }

 private:
  std::unique_ptr<EncoderWatch> watch_;  // outlives the session
  std::unique_ptr<LlamaSession> session_;
  Properties properties_;
};

class LlamaTokenEncoder final : public TokenEncoder {
 public:
  LlamaTokenEncoder(std::unique_ptr<LlamaSession> session, std::unique_ptr<EncoderWatch> watch)
      : watch_(std::move(watch)), session_(std::move(session)), properties_(session_properties(*session_)) {}

  const Properties& properties() const override { return properties_; }
  int layers() const override { return llama_model_n_layer(session_->model()); }

  Result<std::vector<Token>> tokenize(std::string_view text) override {
    return text_tokens(session_->vocabulary(), text, false, true);
  }

  Result<std::vector<TokenEmbeddings>> encode(Sequences sequences, int layer) override {
    if (layer < 1 || layer > layers()) {
      return base::fail(ErrorKind::bad_input, fmt::format("the model has no layer {}", layer),
                        fmt::format("give 1 to {}", layers()));
    }
    watch_->read_layer(layer);
    TRY(compute_sequences(*session_, sequences));
    return token_rows(sequences, layer);
  }

 private:
  Result<std::vector<TokenEmbeddings>> token_rows(Sequences sequences, int layer) {
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
      : watch_(std::move(watch)), session_(std::move(session)), properties_(session_properties(*session_)) {
    for (std::uint32_t i = 0; i < llama_model_n_cls_out(session_->model()); ++i) {
      const char* label = llama_model_cls_label(session_->model(), i);
      labels_.emplace_back(label == nullptr ? "" : label);
    }
    properties_.details["labels"] = labels_;
  }

  const Properties& properties() const override { return properties_; }
  const std::vector<std::string>& labels() const override { return labels_; }

  Result<std::vector<Token>> tokenize(std::string_view text) override {
    return text_tokens(session_->vocabulary(), text, false, true);
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
