#include "engine/llama/draft_model.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <cstdlib>
#include <string_view>
#include <utility>

#include "base/text.hpp"
#include "engine/logits.hpp"

namespace bantam::engine {

using base::ErrorKind;
using base::fail;
using base::Status;

Status check_cache_can_be_cut(const LlamaSession& session) {
  if (!llama_model_is_recurrent(session.model()) && !llama_model_is_hybrid(session.model())) return {};
  return fail(ErrorKind::bad_input,
              fmt::format("{}: a recurrent model cannot take back proposed tokens",
                          base::printable(session.file().gguf.string())),
              "leave --draft out, or give a model whose layers are all attention");
}

bool have_same_tokens(const llama_vocab* one, const llama_vocab* other) {
  constexpr int kMostPadding = 128;
  const int tokens_of_one = llama_vocab_n_tokens(one);
  const int tokens_of_other = llama_vocab_n_tokens(other);
  if (llama_vocab_type(one) != llama_vocab_type(other)) return false;
  if (std::abs(tokens_of_one - tokens_of_other) > kMostPadding) return false;
  for (llama_token token = 0; token < std::min(tokens_of_one, tokens_of_other); ++token) {
    if (std::string_view(llama_vocab_get_text(one, token)) != llama_vocab_get_text(other, token))
      return false;
  }
  return llama_vocab_bos(one) == llama_vocab_bos(other) && llama_vocab_eos(one) == llama_vocab_eos(other);
}

base::Result<std::unique_ptr<DraftModel>> DraftModel::open(const ModelFile& file, LlamaSession& target,
                                                           Capacity capacity, Heartbeat* heartbeat) {
  TRY_ASSIGN(auto session, LlamaSession::open(file, target.settings(), capacity, heartbeat));
  TRY(check_cache_can_be_cut(*session));
  if (!have_same_tokens(target.vocabulary(), session->vocabulary())) {
    return fail(
        ErrorKind::bad_input,
        fmt::format("{}: the draft model has other tokens than {}", base::printable(file.gguf.string()),
                    base::printable(target.file().gguf.string())),
        "give a smaller model of the same family to --draft, or --draft lookup");
  }
  session->share_threads(target);
  return std::unique_ptr<DraftModel>(
      new DraftModel(std::move(session), llama_vocab_n_tokens(target.vocabulary())));
}

Status DraftModel::forget() {
  cached_.clear();
  cached_.reserve(static_cast<std::size_t>(session_->request_tokens()));
  return session_->use(CacheLayout::apart);
}

// Cells stay as far as `text` goes on as they do; its last token is computed anew, for its logits.
Status DraftModel::keep_common(std::span<const Token> text) {
  const auto same = std::ranges::mismatch(cached_, text).in1 - cached_.begin();
  const auto kept = std::min(static_cast<std::size_t>(same), text.size() - 1);
  if (kept == cached_.size()) return {};
  cached_.resize(kept);
  if (llama_memory_seq_rm(session_->cache(), 0, static_cast<llama_pos>(kept), -1)) return {};
  return fail(ErrorKind::environment, "the engine cannot remove cells from the draft model's cache");
}

// The last one's row is wanted.
Status DraftModel::compute(std::span<const Token> tokens) {
  const auto most = static_cast<std::size_t>(session_->batch_tokens());
  while (!tokens.empty()) {
    const auto now = tokens.first(std::min(most, tokens.size()));
    tokens = tokens.subspan(now.size());
    session_->start_batch();
    for (std::size_t i = 0; i < now.size(); ++i) {
      const bool last = tokens.empty() && i + 1 == now.size();
      if (!session_->add(now[i], static_cast<int>(cached_.size()), 0, 0, last))
        return fail(ErrorKind::bad_input, fmt::format("token {} is not in the draft's vocabulary", now[i]));
      cached_.push_back(now[i]);
      if (last) last_row_ = static_cast<int>(i);
    }
    TRY(session_->compute());
  }
  return {};
}

Status DraftModel::propose(std::span<const Token> text, std::size_t most, std::vector<Token>& draft) {
  const auto context = static_cast<std::size_t>(session_->request_tokens());
  if (text.size() > context) return {};
  TRY(keep_common(text));
  TRY(compute(text.subspan(cached_.size())));
  while (true) {
    const TopTwo top = top_two(session_->logits(last_row_));
    const auto token = static_cast<Token>(top.index);
    if (!top.finite || token >= tokens_of_target_) return {};  // it has no guess
    draft.push_back(token);
    const bool ends = llama_vocab_is_eog(session_->vocabulary(), token);
    if (draft.size() == most || ends || cached_.size() == context) return {};
    TRY(compute(std::span(&draft.back(), 1)));
  }
}

}  // namespace bantam::engine
