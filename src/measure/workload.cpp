#include "measure/workload.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <algorithm>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "base/hash.hpp"
#include "measure/open_loop.hpp"
#include "measure/sustained.hpp"
#include "measure/without_draft.hpp"

namespace bantam::measure {

std::vector<engine::Token> of_length(std::vector<engine::Token> prompt, std::size_t count, std::size_t kept) {
  const std::size_t repeated = prompt.size() - kept;
  while (prompt.size() < count) prompt.push_back(prompt[prompt.size() - repeated]);
  prompt.resize(count);
  return prompt;
}

record::Stream stream_from(const engine::Generation& generation) {
  record::Stream stream;
  stream.prompt_tokens = static_cast<std::int64_t>(generation.prompt_tokens.size());
  stream.cached_tokens = generation.cached_tokens;
  stream.prefill_ns = generation.prefill_done_ns - generation.submitted_ns;
  stream.token_ns.reserve(generation.token_ns.size());
  for (const std::int64_t stamp : generation.token_ns)
    stream.token_ns.push_back(stamp - generation.submitted_ns);
  stream.output_sha256 = base::sha256(fmt::format("{}", fmt::join(generation.tokens, ",")));
  stream.finish = generation.finish;
  stream.drafted_tokens = generation.drafted_tokens;
  stream.accepted_tokens = generation.accepted_tokens;
  return stream;
}

std::optional<double> wall_seconds(const std::vector<engine::Generation>& generations) {
  std::optional<std::int64_t> first;
  std::optional<std::int64_t> last;
  for (const auto& generation : generations) {
    first = std::min(first.value_or(generation.submitted_ns), generation.submitted_ns);
    if (generation.token_ns.empty()) continue;
    last = std::max(last.value_or(generation.token_ns.back()), generation.token_ns.back());
  }
  if (!first || !last) return std::nullopt;
  return base::seconds(*last - *first);
}

namespace {

base::Result<record::Trial> generation_trial(engine::Engine& engine,
                                             const plan::PerformanceSettings& settings,
                                             const std::vector<engine::GenerateRequest>& requests,
                                             const base::Clock& clock) {
  engine::GenerateOptions options;
  options.max_new_tokens = settings.max_new_tokens;
  options.ignore_eos = settings.ignore_eos;
  const std::int64_t begin_ns = clock.now_ns();
  TRY_ASSIGN(const auto generations, engine.generate(requests, options));
  const std::int64_t end_ns = clock.now_ns();
  record::Trial trial;
  trial.wall_s = wall_seconds(generations).value_or(base::seconds(end_ns - begin_ns));
  for (const auto& generation : generations) trial.streams.push_back(stream_from(generation));
  return trial;
}

// The request that is repeated: the prompt as text or, where its length is asked for, as so many tokens of
// it.
base::Result<engine::GenerateRequest> request_of(engine::Engine& engine,
                                                 const plan::PerformanceSettings& settings) {
  engine::GenerateRequest request;
  if (!settings.prompt_tokens) {
    request.prompt = settings.prompt;
    return request;
  }
  TRY_ASSIGN(const auto tokens, engine.tokenize(settings.prompt, false));
  if (tokens.empty()) return base::fail(base::ErrorKind::usage, "the prompt has no tokens with this model");
  const engine::Properties& properties = engine.properties();
  if (properties.adds_bos && properties.bos) request.tokens.push_back(*properties.bos);
  const std::size_t special = request.tokens.size();
  request.tokens.insert(request.tokens.end(), tokens.begin(), tokens.end());
  request.tokens =
      of_length(std::move(request.tokens), static_cast<std::size_t>(*settings.prompt_tokens), special);
  return request;
}

Repetition requests_at_once(engine::Engine& engine, const plan::PerformanceSettings& settings,
                            const engine::GenerateRequest& request, int count, const base::Clock& clock) {
  const std::vector<engine::GenerateRequest> requests(static_cast<std::size_t>(count), request);
  return
      [&engine, &settings, &clock, requests] { return generation_trial(engine, settings, requests, clock); };
}

Repetition token_test(std::function<base::Result<std::int64_t>(int)> test, int tokens) {
  return [test = std::move(test), tokens]() -> base::Result<record::Trial> {
    TRY_ASSIGN(const std::int64_t duration_ns, test(tokens));
    record::Trial trial;
    trial.wall_s = base::seconds(duration_ns);
    trial.tokens = tokens;
    return trial;
  };
}

}  // namespace

base::Status measure_performance(engine::Engine& engine, const plan::PerformanceSettings& settings,
                                 const base::Clock& clock, TrialSink& sink,
                                 std::optional<std::int64_t> worker_start_ns, std::int64_t round) {
  const std::int64_t origin_ns = worker_start_ns.value_or(clock.now_ns());
  const auto run = [&](const char* scenario, const Repetition& repetition) {
    return run_scenario(scenario, repetition, settings, clock, origin_ns, sink);
  };
  TRY_ASSIGN(const auto request, request_of(engine, settings));
  TRY(request_without_draft(engine, settings, request, clock, origin_ns, sink));
  const int depth = settings.n_depth.value_or(0);
  for (const std::string_view scenario : plan::scenarios_of(settings)) {
    if (scenario == kSingleStream) {
      TRY(run(kSingleStream, requests_at_once(engine, settings, request, 1, clock)));
    } else if (scenario == kOffline) {
      TRY(run(kOffline, requests_at_once(engine, settings, request, settings.batch_size, clock)));
    } else if (scenario == kPrompt) {
      TRY(run(kPrompt, token_test([&](int tokens) { return engine.time_prompt(tokens, depth); },
                                  settings.n_prompt.value_or(0))));
    } else if (scenario == kGeneration) {
      TRY(run(kGeneration, token_test([&](int tokens) { return engine.time_generation(tokens, depth); },
                                      settings.n_gen.value_or(0))));
    } else if (scenario == kPoisson) {
      TRY(measure_poisson(engine, settings, request, round, clock, origin_ns, sink));
    } else if (scenario == kSustained) {
      TRY(measure_sustained(engine, settings, request, clock, origin_ns, sink));
    }
  }
  return {};
}

engine::Capacity capacity_for(const plan::PerformanceSettings& settings, int prompt_tokens) {
  engine::Capacity capacity;
  const auto asked = plan::scenarios_of(settings);
  const auto is_asked = [&asked](std::string_view scenario) {
    return std::ranges::find(asked, scenario) != asked.end();
  };
  const int depth = settings.n_depth.value_or(0);
  int most = settings.prompt_tokens.value_or(prompt_tokens) + settings.max_new_tokens;
  if (is_asked(kPrompt)) most = std::max(most, depth + settings.n_prompt.value_or(0));
  if (is_asked(kGeneration)) most = std::max(most, depth + settings.n_gen.value_or(0));
  capacity.tokens_per_stream = most;
  capacity.streams = std::max(1, plan::most_streams(settings));
  return capacity;
}

namespace {

using engine::Token;

std::string vector_sha256(const engine::Embedding& embedding) {
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
      stream.output_sha256 = vector_sha256(embedding);
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
  if (plan::most_streams(settings) > 1) TRY(run(kOffline, settings.batch_size));
  return {};
}

}  // namespace bantam::measure
