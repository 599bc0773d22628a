#include "tune/damage.hpp"

#include <variant>

#include "damage/fidelity.hpp"
#include "job/process.hpp"

namespace bantam::tune {

base::Result<Damage> measure_damage(const engine::ModelFile& file,
                                    const std::optional<std::string>& embedded_model, const plan::Plan& plan,
                                    const plan::EngineSettings& settings,
                                    const plan::EngineSettings& baseline, job::Interrupts& interrupts) {
  constexpr int kChunks = 8;
  job::FidelityJob job{.model = file,
                       .baseline = file,
                       .engine = settings,
                       .fidelity = plan.fidelity_settings,
                       .embedded_model = embedded_model,
                       .done = {},
                       .baseline_engine = baseline};
  if (!job.fidelity.chunks) job.fidelity.chunks = kChunks;
  job::WorkerOptions options;
  options.hang_timeout_s = plan.hang_timeout_s;
  options.kill_on_interrupt = true;
  std::vector<record::Item> items;
  TRY(job::run_worker(job, options, &interrupts, [&items](const job::Message& message) -> base::Status {
    if (const auto* done = std::get_if<job::ItemsDone>(&message))
      items.insert(items.end(), done->items.begin(), done->items.end());
    return {};
  }));
  const auto summary = damage::summarize_fidelity(items);
  const auto kld = summary.metrics.find("kld_mean");
  if (kld == summary.metrics.end())
    return base::fail(base::ErrorKind::worker,
                      "the damage could not be measured: no chunk of text was compared");
  Damage damage{.kld_mean = kld->second.value, .top_token_agreement = {}};
  if (const auto same = summary.metrics.find("top_token_agreement"); same != summary.metrics.end())
    damage.top_token_agreement = same->second.value;
  return damage;
}

}  // namespace bantam::tune
