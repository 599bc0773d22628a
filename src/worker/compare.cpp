// Stored answers compared with their references by an encoder, one kind of comparison at a time.
#include <fmt/format.h>
#include <algorithm>
#include <limits>
#include <memory>
#include <utility>

#include "engine/llama/encoder.hpp"
#include "evaluate/encoder_metrics.hpp"
#include "worker/bodies.hpp"

namespace bantam::worker {
namespace {

using base::Status;

// Computed at once, as far as sequences are short: enough for matrices to be used well.
constexpr int kTokensAtOnce = 2048;
constexpr int kSequencesAtOnce = 8;

engine::Capacity capacity_for(std::int64_t most_tokens) {
  const int tokens =
      static_cast<int>(std::min<std::int64_t>(most_tokens, std::numeric_limits<int>::max() / 2));
  return {tokens, std::clamp(kTokensAtOnce / std::max(tokens, 1), 1, kSequencesAtOnce)};
}

// Opens what its sets need, one at a time.
class CompareWork {
 public:
  CompareWork(const job::CompareJob& job, const Desk& desk)
      : job_(job), desk_(desk), settings_(job.engine), capacity_(capacity_for(job.answers.most_tokens)) {
    settings_.max_model_len.reset();  // the answering model's
  }

  Status run() {
    const auto send = [this](std::vector<record::Item> items) { return send_additions(items); };
    TRY(cap_to_model());
    for (const evaluate::AnswerSet& set : job_.answers.sets) {
      if (set.is_bert_score()) {
        encoder_.reset();
        TRY(open_token_encoder());
        TRY(evaluate::add_bert_scores(*token_encoder_, set, capacity_.streams, send));
      } else {
        token_encoder_.reset();
        TRY(open_encoder());
        TRY(evaluate::add_cosines(*encoder_, set, send));
      }
    }
    return {};
  }

 private:
  // A long text must not leave one stream only when the model cuts it anyway.
  Status cap_to_model() {
    TRY_ASSIGN(const auto probe,
               engine::open_llama_encoder(job_.embedding_model, settings_, {16, 1}, desk_.heartbeat));
    if (const auto trained = probe->properties().context_train) {
      capacity_ = capacity_for(std::min<std::int64_t>(job_.answers.most_tokens, *trained));
    }
    return {};
  }

  Status open_token_encoder() {
    if (token_encoder_) return {};
    TRY_ASSIGN(token_encoder_,
               engine::open_llama_token_encoder(job_.embedding_model, settings_, capacity_, desk_.heartbeat));
    return {};
  }

  Status open_encoder() {
    if (encoder_) return {};
    TRY_ASSIGN(encoder_, engine::open_llama_encoder(job_.embedding_model, settings_, capacity_,
                                                    desk_.heartbeat, engine::Activations::as_trained));
    return {};
  }

  Status send_additions(const std::vector<record::Item>& items) {
    drill(fmt::format("compare/{}", sent_++));
    return desk_.channel.send_and_wait(job::ItemsExtended{items});
  }

  const job::CompareJob& job_;
  const Desk& desk_;
  plan::EngineSettings settings_;
  engine::Capacity capacity_;
  int sent_ = 0;  // batches
  std::unique_ptr<engine::TokenEncoder> token_encoder_;
  std::unique_ptr<engine::Encoder> encoder_;
};

}  // namespace

base::Result<job::Nothing> work_on(const job::CompareJob& job, const Desk& desk) {
  TRY(CompareWork(job, desk).run());
  return job::Nothing{};
}

}  // namespace bantam::worker
