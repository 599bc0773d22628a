#pragma once
// What the bodies of the jobs (one file per job in this room) have in common: how they are called, and pieces
// that several of them use.

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "engine/engine.hpp"
#include "engine/llama/head.hpp"
#include "evaluate/ask.hpp"
#include "job/channel.hpp"
#include "job/jobs.hpp"
#include "plan/plan.hpp"

namespace bantam::worker {

// What a body has at hand.
struct Desk {
  job::Channel& channel;
  engine::Heartbeat* heartbeat = nullptr;  // counts up as the work gets on; may be null
};

// The bodies, each in the file of its name.
base::Result<job::SelfTestJob::Answer> work_on(const job::SelfTestJob& job, const Desk& desk);
base::Result<job::QuantizeJob::Answer> work_on(const job::QuantizeJob& job, const Desk& desk);
base::Result<job::PerformanceJob::Answer> work_on(const job::PerformanceJob& job, const Desk& desk);
base::Result<job::ServedPerformanceJob::Answer> work_on(const job::ServedPerformanceJob& job,
                                                        const Desk& desk);
base::Result<job::AccuracyJob::Answer> work_on(const job::AccuracyJob& job, const Desk& desk);
base::Result<job::FidelityJob::Answer> work_on(const job::FidelityJob& job, const Desk& desk);
base::Result<job::SimilarityJob::Answer> work_on(const job::SimilarityJob& job, const Desk& desk);
base::Result<job::CompareJob::Answer> work_on(const job::CompareJob& job, const Desk& desk);
base::Result<job::EstimateJob::Answer> work_on(const job::EstimateJob& job, const Desk& desk);
base::Result<job::CacheJob::Answer> work_on(const job::CacheJob& job, const Desk& desk);
base::Result<job::PeaksJob::Answer> work_on(const job::PeaksJob& job, const Desk& desk);
base::Result<job::TokenizeJob::Answer> work_on(const job::TokenizeJob& job, const Desk& desk);
base::Result<job::EncodeJob::Answer> work_on(const job::EncodeJob& job, const Desk& desk);
base::Result<job::TemplateJob::Answer> work_on(const job::TemplateJob& job, const Desk& desk);
base::Result<job::AuditJob::Answer> work_on(const job::AuditJob& job, const Desk& desk);

// Failure drills: lets a test see what becomes of a worker that dies at a given place. Raises a signal when
// the environment variable BANTAM_DRILL asks for it, as "PLACE=SIGNAL", e.g. "self_test/q8_0/fast=SIGILL".
void drill(std::string_view place);
// The number that BANTAM_DRILL sets a figure to, as "FIGURE=NUMBER", e.g. "others=0.3" for one that is
// measured or "idle_us/b.gguf=8" for what each batch of a model takes longer; absent: none.
std::optional<double> drilled_number(std::string_view figure);

// Enough to ask a model for its properties and to tokenize with.
inline constexpr engine::Capacity kSmallestCapacity{16, 1};

// Whether there is memory for the KV cache that is about to be made: told from the model's head before
// anything is loaded, since the system would rather kill the process than refuse. environment, with the
// estimate and what is free, when the cache alone takes more than is free here. Passes where either is
// unknown, where an accelerator may hold the cache, and where a program of its own does.
base::Status check_cache_fits(const engine::ModelFile& model, const plan::EngineSettings& settings,
                              engine::Capacity capacity);

// Where a program of its own has the model: what it takes is counted with the worker's, and the parent is
// told of it.
base::Status watch_program(const engine::Engine& engine, const Desk& desk);

// The file that a shape would be written to, without its weights.
base::Result<engine::HollowFile> hollow_synthetic(const std::string& name, const std::string& llama_type);

// Hands finished items to the parent, which commits them before the worker goes on.
class SendItems final : public evaluate::Sink {
 public:
  // `done`: items that the parent has already; both must outlive this.
  SendItems(job::Channel& channel, const record::DoneItems& done) : channel_(channel), done_(done) {}

  base::Status on_plan(const std::string& task, std::int64_t items) override;
  base::Status on_items(std::vector<record::Item> items) override;
  void on_scoring(const evaluate::ScoringFacts& facts) override { scoring_ = facts; }

  // With `scoring` where continuations were scored.
  job::ItemsAnswer answer() const;

 private:
  job::Channel& channel_;
  const record::DoneItems& done_;
  std::optional<evaluate::ScoringFacts> scoring_;
};

}  // namespace bantam::worker
