#include "measure/workload_encoder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "base/hash.hpp"
#include "measure/workload.hpp"

namespace bantam::measure {
namespace {

using engine::Token;

std::string hash_of(const engine::Embedding& embedding) {
  // Its bytes as they lie in memory: compared within one worker only.
  return base::sha256({reinterpret_cast<const char*>(embedding.data()), embedding.size() * sizeof(float)});
}

Repetition sequences_at_once(engine::Encoder& encoder, const std::vector<Token>& sequence, int count,
                             const base::Clock& clock) {
  std::vector<std::vector<Token>> sequences(static_cast<std::size_t>(count), sequence);
  return [&encoder, &clock, sequences = std::move(sequences)]() -> base::Result<record::Trial> {
    const std::int64_t begin_ns = clock.now_ns();
    TRY_ASSIGN(const auto embeddings, encoder.encode(sequences));
    const std::int64_t duration_ns = clock.now_ns() - begin_ns;
    record::Trial trial;
    trial.wall_s = base::seconds(duration_ns);
    for (const engine::Embedding& embedding : embeddings) {
      record::Stream stream;
      stream.prompt_tokens = static_cast<std::int64_t>(sequences.front().size());
      stream.prefill_ns = duration_ns;
      stream.output_sha256 = hash_of(embedding);
      trial.streams.push_back(std::move(stream));
    }
    return trial;
  };
}

}  // namespace

base::Result<std::vector<Token>> encoder_sequence(const std::vector<Token>& prompt,
                                                  const plan::PerformanceSettings& settings, int most) {
  const auto limit = static_cast<std::size_t>(most);
  const std::size_t wanted =
      settings.n_prompt ? static_cast<std::size_t>(*settings.n_prompt) : std::min(prompt.size(), limit);
  if (wanted > limit || wanted == 0 || prompt.empty()) {
    return base::fail(base::ErrorKind::bad_input,
                      fmt::format("a sequence of {} tokens; the encoder takes 1 to {}", wanted, limit),
                      fmt::format("give a --prompt with text, and at most --n-prompt {}", limit));
  }
  // [CLS] and [SEP], where there are any, stay at the ends.
  const std::size_t inner = prompt.size() > 2 ? prompt.size() - 2 : 0;
  std::vector<Token> sequence(wanted, prompt.front());
  for (std::size_t i = 1; inner > 0 && i + 1 < wanted; ++i) sequence[i] = prompt[1 + (i - 1) % inner];
  if (wanted > 1) sequence.back() = prompt.back();
  return sequence;
}

base::Status measure_encoder(engine::Encoder& encoder, const std::vector<Token>& sequence,
                             const plan::PerformanceSettings& settings, const base::Clock& clock,
                             TrialSink& sink, std::int64_t worker_start_ns) {
  const auto run = [&](const char* scenario, int count) {
    return run_scenario(scenario, sequences_at_once(encoder, sequence, count, clock), settings, clock,
                        worker_start_ns, sink);
  };
  TRY(run(kSingleStream, 1));
  if (settings.batch_size > 1) TRY(run(kOffline, settings.batch_size));
  return {};
}

}  // namespace bantam::measure
