#include "engine/llama/calibrate.hpp"

#include "engine/llama/importance.hpp"

#include <fmt/format.h>
#include <unistd.h>
#include <algorithm>
#include <cmath>
#include <memory>
#include <span>
#include <system_error>
#include <vector>

#include "base/files.hpp"
#include "engine/llama/ggml.hpp"
#include "engine/llama/session.hpp"
#include "engine/llama/text.hpp"
#include "gguf.h"
#include "model/calibration.hpp"

namespace bantam::engine {
namespace {

using base::ErrorKind;

// The tokens of all samples, one behind the other, and where each of them ends.
struct Samples {
  std::vector<Token> tokens;
  std::vector<std::size_t> ends;
};

base::Result<std::vector<Token>> tokens_with_start(const llama_vocab* vocabulary, const std::string& text) {
  TRY_ASSIGN(auto tokens, text_tokens(vocabulary, text, false));
  if (llama_vocab_get_add_bos(vocabulary)) tokens.insert(tokens.begin(), llama_vocab_bos(vocabulary));
  return tokens;
}

// Each row is a sample, cut at the length.
base::Result<Samples> samples_from_rows(const llama_vocab* vocabulary, const model::CalibrationText& text) {
  const auto length = static_cast<std::size_t>(text.max_sequence_length);
  Samples samples;
  for (const std::string& row : text.texts) {
    if (samples.ends.size() == static_cast<std::size_t>(text.num_samples)) break;
    TRY_ASSIGN(const auto tokens, tokens_with_start(vocabulary, row));
    const std::size_t count = std::min(tokens.size(), length);
    if (count < static_cast<std::size_t>(model::kFewestSampleTokens)) continue;
    samples.tokens.insert(samples.tokens.end(), tokens.begin(),
                          tokens.begin() + static_cast<std::ptrdiff_t>(count));
    samples.ends.push_back(samples.tokens.size());
  }
  return samples;
}

// One text in samples of the same length; a BOS takes the place of each one's first token.
base::Result<Samples> samples_from_text(const llama_vocab* vocabulary, const model::CalibrationText& text) {
  const auto length = static_cast<std::size_t>(text.max_sequence_length);
  Samples samples;
  TRY_ASSIGN(samples.tokens, tokens_with_start(vocabulary, text.texts.front()));
  const std::size_t count =
      std::min(samples.tokens.size() / length, static_cast<std::size_t>(text.num_samples));
  samples.tokens.resize(count * length);
  for (std::size_t i = 0; i < count; ++i) {
    if (llama_vocab_get_add_bos(vocabulary)) samples.tokens[i * length] = llama_vocab_bos(vocabulary);
    samples.ends.push_back((i + 1) * length);
  }
  return samples;
}

base::Result<Samples> take_samples(const llama_vocab* vocabulary, const model::CalibrationText& text) {
  if (text.texts.empty()) return base::fail(ErrorKind::bad_input, "the calibration text is empty");
  TRY_ASSIGN(Samples samples,
             text.rows ? samples_from_rows(vocabulary, text) : samples_from_text(vocabulary, text));
  if (!samples.ends.empty()) return samples;
  return base::fail(ErrorKind::bad_input,
                    fmt::format("the calibration text {} has not one sample of {} tokens", text.dataset,
                                text.rows ? model::kFewestSampleTokens : text.max_sequence_length),
                    "give a longer text, or shorter samples with --max-sequence-length");
}

// Computes one sample alone. All its tokens are asked for: else the engine leaves out what the last layer
// does to the others. Long samples go in equal parts, so that the logits stay small and no part is too short
// to count.
base::Status compute_sample(LlamaSession& session, std::span<const Token> tokens) {
  TRY(session.use(CacheLayout::scoring));
  const auto most = static_cast<std::size_t>(
      std::min({session.batch_outputs(), session.batch_tokens(), session.settings().n_ubatch}));
  const std::size_t parts = (tokens.size() + most - 1) / most;
  for (std::size_t part = 0; part < parts; ++part) {
    const std::size_t end = tokens.size() * (part + 1) / parts;
    session.start_batch();
    for (std::size_t i = tokens.size() * part / parts; i < end; ++i) {
      if (!session.add(tokens[i], static_cast<int>(i), 0, 0, true)) {
        return base::fail(ErrorKind::bad_input, fmt::format("token {} cannot be computed", tokens[i]));
      }
    }
    TRY(session.compute());
    session.wait();
  }
  return {};
}

}  // namespace

base::Result<ImportanceGathered> collect_importance(
    const ModelFile& file, const plan::EngineSettings& settings, const model::CalibrationText& text,
    const std::filesystem::path& target, const CalibrationProgress& progress, Heartbeat* heartbeat) {
  TRY_ASSIGN(const auto session,
             LlamaSession::open(file, settings, {text.max_sequence_length, 1}, heartbeat));
  TRY_ASSIGN(const Samples samples, take_samples(session->vocabulary(), text));
  ImportanceSums sums;
  TRY(session->watch(&ImportanceSums::watch, &sums));
  const auto total = static_cast<std::int64_t>(samples.ends.size());
  std::size_t begin = 0;
  for (std::int64_t done = 0; done < total; ++done) {
    const std::size_t end = samples.ends[static_cast<std::size_t>(done)];
    TRY(compute_sample(*session, std::span(samples.tokens).subspan(begin, end - begin)));
    TRY(sums.status());
    begin = end;
    TRY(progress(done + 1, total));
  }
  if (sums.matrices() == 0) {
    return base::fail(ErrorKind::bad_input,
                      fmt::format("{}: no matrix of its layers was used", file.gguf.string()));
  }
  TRY(sums.write(target, text.dataset, total, text.max_sequence_length));
  return ImportanceGathered{total, static_cast<std::int64_t>(samples.tokens.size()), sums.matrices(),
                            sums.unused_experts()};
}

}  // namespace bantam::engine
