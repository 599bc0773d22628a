#include "evaluate/fidelity.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <span>

#include "score/divergence.hpp"

namespace bantam::evaluate {
namespace {

using base::ErrorKind;
using base::fail;
using base::Result;
using base::Status;
using engine::Token;

constexpr int kShortestChunk = 4;

tl::unexpected<base::Error> not_finite(std::int64_t chunk) {
  return fail(ErrorKind::integrity, fmt::format("chunk {}: logits are not finite", chunk),
              "the weights or a kernel are broken: check the file's hash, then try without repacking");
}

// Sums over the scored positions of one chunk.
struct ChunkSums {
  double nll = 0.0, nll_squares = 0.0, nll_base = 0.0, p_change_squares = 0.0;
  std::int64_t same_top = 0;
  std::vector<double> kld;  // position by position
};

record::Item item_of(std::int64_t chunk, std::size_t positions, const ChunkSums& sums, bool has_base) {
  const auto count = static_cast<double>(positions);
  record::Item item;
  item.task = kFidelityItems;
  item.doc_id = chunk;
  item.content = {{"positions", positions}, {"nll_squares", sums.nll_squares}};
  item.metrics["nll"] = sums.nll / count;
  if (!has_base) return item;
  item.content["p_change_squares"] = sums.p_change_squares;
  item.content["kld"] = sums.kld;
  item.metrics["nll_base"] = sums.nll_base / count;
  double kld = 0.0;
  for (const double value : sums.kld) kld += value;
  item.metrics["kld"] = kld / count;
  item.metrics["same_top"] = static_cast<double>(sums.same_top) / count;
  return item;
}

// Walks both models through one chunk after the other.
class LockStep {
 public:
  LockStep(engine::Engine* base, engine::Engine& candidate)
      : base_(base),
        candidate_(candidate),
        vocabulary_(static_cast<std::size_t>(candidate.properties().vocabulary)),
        rows_(engine::kMostRows * vocabulary_),
        base_rows_(base ? rows_.size() : 0) {}

  Result<record::Item> chunk(std::int64_t number, std::span<const Token> tokens) {
    const std::size_t first = tokens.size() / 2;
    TRY(extend(tokens.first(first), true, 0));
    ChunkSums sums;
    const std::size_t last = tokens.size() - 1;  // predicts nothing within the chunk
    for (std::size_t begin = first; begin < last; begin += engine::kMostRows) {
      const std::size_t count = std::min(engine::kMostRows, last - begin);
      TRY(extend(tokens.subspan(begin, count), false, count));
      for (std::size_t i = 0; i < count; ++i) {
        const auto target = static_cast<std::size_t>(tokens[begin + i + 1]);
        if (!add(sums, i, target)) return not_finite(number);
      }
    }
    return item_of(number, last - first, sums, base_ != nullptr);
  }

 private:
  Status extend(std::span<const Token> tokens, bool restart, std::size_t rows) {
    if (base_) TRY(base_->extend(tokens, restart, std::span(base_rows_).first(rows * vocabulary_)));
    return candidate_.extend(tokens, restart, std::span(rows_).first(rows * vocabulary_));
  }

  bool add(ChunkSums& sums, std::size_t row, std::size_t target) const {
    const auto logits = std::span(rows_).subspan(row * vocabulary_, vocabulary_);
    double nll = 0.0;
    if (base_) {
      const auto base_logits = std::span(base_rows_).subspan(row * vocabulary_, vocabulary_);
      const score::Divergence step = score::divergence(base_logits, logits, target);
      if (!step.finite) return false;
      nll = step.nll_candidate;
      sums.nll_base += step.nll_base;
      sums.kld.push_back(step.kld);
      sums.same_top += step.same_top ? 1 : 0;
      sums.p_change_squares += step.p_change * step.p_change;
    } else {
      nll = score::negative_log_likelihood(logits, target);
    }
    sums.nll += nll;
    sums.nll_squares += nll * nll;
    return std::isfinite(nll);
  }

  engine::Engine* base_;
  engine::Engine& candidate_;
  std::size_t vocabulary_;
  std::vector<float> rows_, base_rows_;
};

Status check_same_vocabulary(engine::Engine& base, engine::Engine& candidate) {
  const int of_base = base.properties().vocabulary;
  const int of_candidate = candidate.properties().vocabulary;
  if (of_base == of_candidate) return {};
  return fail(
      ErrorKind::bad_input,
      fmt::format("the base has a vocabulary of {} tokens, the candidate one of {}", of_base, of_candidate),
      "compare precisions of one model");
}

}  // namespace

Result<std::vector<std::vector<Token>>> fidelity_chunks(engine::Engine& engine, const FidelityText& text) {
  if (text.context < kShortestChunk) {
    return fail(ErrorKind::usage, fmt::format("a chunk of {} tokens is too short", text.context),
                fmt::format("take at least {}", kShortestChunk));
  }
  const engine::Properties& properties = engine.properties();
  std::vector<Token> all;
  const bool begins = properties.adds_bos && properties.bos;
  if (begins) all.push_back(*properties.bos);
  TRY_ASSIGN(const std::vector<Token> tokens, engine.tokenize(text.text, false));
  all.insert(all.end(), tokens.begin(), tokens.end());

  const auto size = static_cast<std::size_t>(text.context);
  std::size_t count = all.size() / size;
  if (text.chunks) count = std::min(count, static_cast<std::size_t>(std::max(0, *text.chunks)));
  if (count == 0) {
    return fail(ErrorKind::bad_input,
                fmt::format("the text has {} tokens, which do not fill one chunk of {}", all.size(), size),
                "give a longer text, or a shorter --fidelity-context");
  }
  std::vector<std::vector<Token>> chunks;
  for (std::size_t i = 0; i < count; ++i) {
    const auto begin = all.begin() + static_cast<std::ptrdiff_t>(i * size);
    chunks.emplace_back(begin, begin + static_cast<std::ptrdiff_t>(size));
    if (begins) chunks.back().front() = *properties.bos;
  }
  return chunks;
}

Status measure_fidelity(engine::Engine* base, engine::Engine& candidate, const FidelityText& text,
                        const Done& done, Sink& sink) {
  TRY_ASSIGN(const auto chunks, fidelity_chunks(candidate, text));
  if (base) {
    TRY(check_same_vocabulary(*base, candidate));
    TRY_ASSIGN(const auto of_base, fidelity_chunks(*base, text));
    if (of_base != chunks) {
      return fail(ErrorKind::bad_input, "base and candidate give the text different tokens",
                  "compare precisions of one model");
    }
  }
  TRY(sink.on_plan(std::string(kFidelityItems), static_cast<std::int64_t>(chunks.size())));
  LockStep walk(base, candidate);
  for (std::size_t i = 0; i < chunks.size(); ++i) {
    const auto number = static_cast<std::int64_t>(i);
    if (done.contains({std::string(kFidelityItems), number})) continue;
    TRY_ASSIGN(record::Item item, walk.chunk(number, chunks[i]));
    TRY(sink.on_items({std::move(item)}));
  }
  return {};
}

}  // namespace bantam::evaluate
