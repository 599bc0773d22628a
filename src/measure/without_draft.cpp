#include "measure/without_draft.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "engine/speculation.hpp"
#include "measure/workload.hpp"

namespace bantam::measure {

base::Status request_without_draft(engine::Engine& engine, const plan::PerformanceSettings& settings,
                                   const engine::GenerateRequest& request, const base::Clock& clock,
                                   std::int64_t origin_ns, TrialSink& sink) {
  auto* const speculator = dynamic_cast<engine::Speculator*>(&engine);
  const auto runs_alone = [&settings](std::string_view scenario) {
    return scenario == record::kSingleStream || scenario == record::kSustained ||
           (scenario == record::kOffline && settings.batch_size == 1);
  };
  if (speculator == nullptr || std::ranges::none_of(plan::scenarios_of(settings), runs_alone)) return {};
  engine::GenerateOptions options;
  options.max_new_tokens = settings.max_new_tokens;
  options.ignore_eos = settings.ignore_eos;
  record::Trial trial;
  trial.scenario = kWithoutDraft;
  trial.warmup = true;
  trial.start_s = base::seconds(clock.now_ns() - origin_ns);
  TRY(sink.on_warm_up(kWithoutDraft));
  TRY_ASSIGN(const engine::PlainRun run, speculator->generate_without_draft(request, options));
  const auto& stamps = run.generation.token_ns;
  if (!stamps.empty()) trial.wall_s = base::seconds(stamps.back() - run.generation.submitted_ns);
  trial.streams.push_back(stream_from(run.generation));
  trial.counters = {{kGapDifferenceKey, run.difference.largest},
                    {kGapToleranceKey, run.difference.tolerance()}};
  return sink.on_trial(trial);
}

void judge_drafts(Validity& validity, const Trials& trials) {
  std::optional<std::string_view> wanted;
  for (const auto* trial : trials) {
    if (trial->scenario == kWithoutDraft && !trial->streams.empty())
      wanted = trial->streams.front().output_sha256;
  }
  if (!wanted) return;
  int requests = 0;
  int others = 0;
  for (const auto* trial : trials) {
    for (const record::Stream& stream : trial->streams) {
      if (!stream.drafted_tokens && trial->scenario != kWithoutDraft) continue;
      ++requests;
      others += stream.output_sha256 == *wanted ? 0 : 1;
    }
  }
  if (others == 0) return;
  validity.reasons.push_back(
      fmt::format("speculative decoding gave other tokens than decoding without a draft: {} of {} requests",
                  others, requests));
}

}  // namespace bantam::measure
