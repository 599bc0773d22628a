#include "engine/llama_encoder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "engine/llama_properties.hpp"
#include "engine/llama_session.hpp"
#include "engine/llama_text.hpp"

namespace bantam::engine {
namespace {

using base::ErrorKind;
using base::fail;

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

class LlamaEncoder final : public Encoder {
 public:
  explicit LlamaEncoder(std::unique_ptr<LlamaSession> session)
      : session_(std::move(session)), properties_(properties_of(*session_)) {
    properties_.details["pooling"] = pooling_of(*session_);
  }

  const Properties& properties() const override { return properties_; }

  base::Result<std::vector<Token>> tokenize(std::string_view text) override {
    return tokens_of(session_->vocabulary(), text, false, true);
  }

  base::Result<std::vector<Embedding>> encode(std::span<const std::vector<Token>> sequences) override {
    TRY(check(sequences));
    TRY(session_->use(Shape::encoding));
    TRY(fill_batch(sequences));
    TRY(session_->compute());
    return take_embeddings(sequences.size());
  }

  MemoryUse memory() const override { return memory_of(*session_); }

 private:
  base::Status check(std::span<const std::vector<Token>> sequences) const {
    if (sequences.size() > static_cast<std::size_t>(session_->streams())) {
      return fail(ErrorKind::bad_input, fmt::format("{} sequences at once are more than {}", sequences.size(),
                                                    session_->streams()));
    }
    for (const auto& sequence : sequences) {
      const auto most = static_cast<std::size_t>(session_->request_tokens());
      if (!sequence.empty() && sequence.size() <= most) continue;
      return fail(ErrorKind::bad_input,
                  fmt::format("a sequence has {} tokens; the model takes 1 to {}", sequence.size(), most));
    }
    return {};
  }

  base::Status fill_batch(std::span<const std::vector<Token>> sequences) {
    session_->start_batch();
    for (std::size_t i = 0; i < sequences.size(); ++i) {
      const int number = static_cast<int>(i);
      for (std::size_t position = 0; position < sequences[i].size(); ++position) {
        const Token token = sequences[i][position];
        if (!session_->add(token, static_cast<int>(position), number, number, true)) {
          return fail(ErrorKind::bad_input, fmt::format("token {} is not in the vocabulary", token));
        }
      }
    }
    return {};
  }

  base::Result<std::vector<Embedding>> take_embeddings(std::size_t count) {
    session_->wait();
    std::vector<Embedding> embeddings;
    for (std::size_t i = 0; i < count; ++i) {
      const auto values = session_->embedding(static_cast<int>(i));
      if (values.empty() ||
          !std::all_of(values.begin(), values.end(), [](float x) { return std::isfinite(x); })) {
        session_->wipe();
        return fail(ErrorKind::integrity, fmt::format("the embedding of sequence {} is not finite", i),
                    "the weights or a kernel are broken: check the file's hash, then try without repacking");
      }
      embeddings.emplace_back(values.begin(), values.end());
    }
    return embeddings;
  }

  std::unique_ptr<LlamaSession> session_;
  Properties properties_;
};

}  // namespace

base::Result<std::unique_ptr<Encoder>> open_llama_encoder(const ModelFile& file,
                                                          const plan::EngineSettings& settings,
                                                          Capacity capacity, Heartbeat* heartbeat) {
  TRY_ASSIGN(auto session, LlamaSession::open_encoder(file, settings, capacity, heartbeat));
  return std::make_unique<LlamaEncoder>(std::move(session));
}

}  // namespace bantam::engine
