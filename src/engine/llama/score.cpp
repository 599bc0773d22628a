#include "engine/llama/score.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <utility>

#include "engine/llama/kernels.hpp"
#include "engine/logits.hpp"
#include "engine/score_rounds.hpp"

namespace bantam::engine {
namespace {

using base::ErrorKind;
using base::fail;

base::Status check(const LlamaSession& session, const ScoreRequest& request) {
  if (request.context.empty() || request.continuation.empty()) {
    return fail(ErrorKind::bad_input, "a score request needs a token of context and a token of continuation");
  }
  if (score_inputs(request) > static_cast<std::size_t>(session.request_tokens())) {
    return fail(ErrorKind::bad_input,
                fmt::format("a request of {} + {} tokens is longer than the context of {} tokens",
                            request.context.size(), request.continuation.size(), session.request_tokens()),
                "shorten the context, or raise max_model_len");
  }
  const int vocabulary = llama_vocab_n_tokens(session.vocabulary());
  for (const Token token : request.continuation) {
    if (token < 0 || token >= vocabulary) {
      return fail(ErrorKind::bad_input, fmt::format("token {} is not in the vocabulary", token));
    }
  }
  return {};
}

class Scoring {
 public:
  Scoring(LlamaSession& session, std::size_t requests, bool shares, int held_sequence, ScoreWork& work)
      : session_(session),
        shares_(shares),
        held_sequence_(held_sequence),
        work_(work),
        scores_(requests, Score{0.0, true}) {}

  base::Status compute(const ScoreRound& round) {
    prepare_cache(round);
    std::span<const ScoreTarget> unread = round.targets;
    std::size_t first_row = 0;
    while (first_row < round.rows.size()) {
      TRY_ASSIGN(const std::size_t end, fill_batch(round.rows, first_row));
      TRY(session_.compute());
      work_.computed_tokens += static_cast<std::int64_t>(end - first_row);
      while (!unread.empty() && unread.front().row < end) {
        const std::size_t row = unread.front().row;
        const auto next = std::find_if(unread.begin(), unread.end(),
                                       [row](const ScoreTarget& target) { return target.row != row; });
        const auto count = static_cast<std::size_t>(next - unread.begin());
        TRY(read_row(unread.first(count), first_row));
        unread = unread.subspan(count);
      }
      first_row = end;
    }
    branches_ = static_cast<int>(round.kept_by_branch.size());
    return {};
  }

  std::vector<Score> take() { return std::move(scores_); }

 private:
  // Where branches share, sequence 0 holds the kept prefix.
  int sequence_number(int branch) const { return shares_ ? branch + 1 : 0; }

  void prepare_cache(const ScoreRound& round) {
    llama_memory_t cache = session_.cache();
    if (round.kept == 0) {
      llama_memory_clear(cache, false);
      return;
    }
    llama_memory_seq_rm(cache, 0, -1, -1);
    const int source = branches_ > 0 ? sequence_number(branches_ - 1) : held_sequence_;
    llama_memory_seq_cp(cache, source, 0, 0, round.kept);
    for (int branch = 0; branch < branches_; ++branch)
      llama_memory_seq_rm(cache, sequence_number(branch), -1, -1);
    for (std::size_t branch = 0; branch < round.kept_by_branch.size(); ++branch) {
      const int kept = round.kept_by_branch[branch];
      if (kept > 0) llama_memory_seq_cp(cache, 0, sequence_number(static_cast<int>(branch)), 0, kept);
    }
  }

  // Rows from `first` on, as many as one batch takes. Returns the row after the last one.
  base::Result<std::size_t> fill_batch(const std::vector<ScoreRow>& rows, std::size_t first) {
    session_.start_batch();
    const std::size_t end = std::min(rows.size(), first + static_cast<std::size_t>(session_.batch_tokens()));
    int outputs = 0;
    for (std::size_t i = first; i < end; ++i) {
      const ScoreRow& row = rows[i];
      if (row.logits && outputs == session_.batch_outputs()) return i;
      outputs += row.logits ? 1 : 0;
      if (!session_.add(row.token, row.position, sequence_number(row.first_branch),
                        sequence_number(row.last_branch), row.logits)) {
        return fail(ErrorKind::bad_input, fmt::format("token {} is not in the vocabulary", row.token));
      }
    }
    return end;
  }

  // Reads the scores off one row, which has all of `targets`.
  base::Status read_row(std::span<const ScoreTarget> targets, std::size_t first_row) {
    const std::span<const float> logits = session_.logits(static_cast<int>(targets.front().row - first_row));
    ++work_.output_rows;
    const TopTwo top = top_two(logits);
    if (!top.finite) {
      session_.wipe();
      return fail(ErrorKind::integrity,
                  fmt::format("logits of request {} are not finite", targets.front().request),
                  "the weights or a kernel are broken: check the file's hash, then try without repacking");
    }
    const double normalizer = log_sum_exp(logits, top.best);
    for (const ScoreTarget& target : targets) {
      const auto token = static_cast<std::size_t>(target.token);
      Score& score = scores_[target.request];
      score.log_likelihood += static_cast<double>(logits[token]) - normalizer;
      score.is_greedy = score.is_greedy && top.index == token;
    }
    return {};
  }

  LlamaSession& session_;
  bool shares_;
  int held_sequence_;
  ScoreWork& work_;
  int branches_ = 0;  // of the round before
  std::vector<Score> scores_;
};

bool all_begin_with(std::span<const ScoreRequest> requests, std::span<const Token> prefix) {
  return std::all_of(requests.begin(), requests.end(), [&](const ScoreRequest& request) {
    return request.context.size() > prefix.size() &&
           std::equal(prefix.begin(), prefix.end(), request.context.begin());
  });
}

// The last sequence keeps the held prefix.
int held_sequence(const LlamaSession& session) {
  return session.scoring_sequences() - 1;
}

}  // namespace

bool LlamaScorer::set_sharing(const LlamaSession& session, bool wanted) {
  wanted_ = wanted;
  if (!wanted) held_.clear();
  return shares(session);
}

std::string LlamaScorer::use_own_kernels(bool wanted) {
  if (wanted != own_kernels_) held_since_ = 0;  // a held prefix was computed by the other ones
  own_kernels_ = wanted;
  return wanted ? std::string(kernel_library()) : std::string();
}

base::Status LlamaScorer::hold(LlamaSession& session, std::span<const Token> prefix) {
  held_.clear();
  held_since_ = 0;
  if (!shares(session)) return {};
  if (prefix.size() >= static_cast<std::size_t>(session.request_tokens())) {
    return fail(ErrorKind::bad_input,
                fmt::format("a prefix of {} tokens is longer than the context of {} tokens", prefix.size(),
                            session.request_tokens()));
  }
  held_.assign(prefix.begin(), prefix.end());
  return {};
}

base::Status LlamaScorer::restore(LlamaSession& session) {
  const int sequence = held_sequence(session);
  if (held_since_ != 0 && held_since_ == session.times_emptied()) {
    for (int other = 0; other < sequence; ++other) llama_memory_seq_rm(session.cache(), other, -1, -1);
    return {};
  }
  held_since_ = 0;
  TRY(session.use(CacheLayout::scoring));
  const std::size_t most = llama_n_ubatch(session.context());
  for (std::size_t done = 0; done < held_.size(); done += most) {
    const std::size_t end = std::min(held_.size(), done + most);
    session.start_batch();
    for (std::size_t at = done; at < end; ++at) {
      if (!session.add(held_[at], static_cast<int>(at), sequence, sequence, false)) {
        return fail(ErrorKind::bad_input, fmt::format("token {} is not in the vocabulary", held_[at]));
      }
    }
    TRY(session.compute());
    work_.computed_tokens += static_cast<std::int64_t>(end - done);
  }
  held_since_ = session.times_emptied();
  return {};
}

base::Result<std::vector<Score>> LlamaScorer::score(LlamaSession& session,
                                                    std::span<const ScoreRequest> requests) {
  const KernelGuard kernels(own_kernels_);
  for (const ScoreRequest& request : requests) TRY(check(session, request));
  const bool from_held = !held_.empty() && all_begin_with(requests, held_);
  if (from_held) {
    TRY(restore(session));
  } else {
    TRY(session.use(CacheLayout::scoring));
  }
  ScoreLimits limits;
  limits.share = shares(session);
  limits.rows = llama_n_ubatch(session.context());
  limits.cells = llama_n_ctx(session.context());
  limits.outputs = static_cast<std::size_t>(session.batch_outputs());
  // One sequence is left for the prefix that is kept from round to round, one for the held one.
  limits.branches = limits.share ? static_cast<std::size_t>(session.scoring_sequences()) - 2 : 1;
  const std::span<const Token> held = from_held ? std::span<const Token>(held_) : std::span<const Token>();
  Scoring scoring(session, requests.size(), limits.share, held_sequence(session), work_);
  for (const ScoreRound& round : plan_score_rounds(requests, limits, held)) TRY(scoring.compute(round));
  return scoring.take();
}

}  // namespace bantam::engine
