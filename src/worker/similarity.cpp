// Answers to prompts, compared with those of the base precision; each model is open by itself.
#include <fmt/format.h>
#include <unistd.h>
#include <algorithm>
#include <functional>
#include <limits>

#include "damage/similarity.hpp"
#include "engine/llama/encoder.hpp"
#include "engine/llama/open.hpp"
#include "measure/memory.hpp"
#include "worker/bodies.hpp"

namespace bantam::worker {
namespace {

using base::Result;
using base::Status;
using damage::Answer;

// Prompts between two commits; all models are opened anew for each batch.
constexpr std::size_t kPromptsAtOnce = 16;
// Longer answers are cut before they are embedded, at the latest where the embedding model ends.
constexpr int kEmbeddedTokens = 512;

class SimilarityWork {
 public:
  SimilarityWork(const job::SimilarityJob& job, const Desk& desk)
      : job_(job), desk_(desk), sink_(desk.channel, job.done) {}

  Status run() {
    const auto& prompts = job_.similarity.prompts;
    TRY(sink_.on_plan(std::string(damage::kSimilarityItems), static_cast<std::int64_t>(prompts.size())));
    for (std::size_t begin = 0; begin < prompts.size(); begin += kPromptsAtOnce) {
      const std::size_t count = std::min(kPromptsAtOnce, prompts.size() - begin);
      if (!is_done(begin, count)) TRY(compare(begin, std::span(prompts).subspan(begin, count)));
    }
    return {};
  }

 private:
  bool is_done(std::size_t begin, std::size_t count) const {
    for (std::size_t i = begin; i < begin + count; ++i) {
      const std::pair name(std::string(damage::kSimilarityItems), static_cast<std::int64_t>(i));
      if (!job_.done.contains(name)) return false;
    }
    return true;
  }

  // The model itself first: its memory is then its own.
  Status compare(std::size_t begin, std::span<const std::string> prompts) {
    measure::PrivateMemorySampler sampler;
    const auto sample = [&sampler](pid_t pid) {
      static_cast<void>(sampler.start(pid));  // without samples the peak is absent
    };
    sample(::getpid());
    TRY_ASSIGN(const auto answers, answers_from(job_.model, job_.engine, prompts, sample));
    const measure::PrivateMemory memory = sampler.stop();
    std::vector<Answer> baseline_answers;
    if (job_.baseline) {
      TRY_ASSIGN(baseline_answers,
                 answers_from(*job_.baseline, job_.baseline_engine.value_or(job_.engine), prompts, {}));
    }
    std::vector<std::optional<double>> cosines(prompts.size());
    if (job_.baseline && job_.embedding_model) {
      TRY_ASSIGN(cosines, cosines_between(answers, baseline_answers));
    }
    std::vector<record::Item> items;
    for (std::size_t i = 0; i < prompts.size(); ++i) {
      damage::Comparison comparison{prompts[i], answers[i], {}, cosines[i], memory.peak_bytes};
      if (job_.baseline) comparison.base = baseline_answers[i];
      items.push_back(damage::similarity_item(static_cast<std::int64_t>(begin + i), comparison));
    }
    return sink_.on_items(std::move(items));
  }

  // `sample`: empty for the base; else it is told the process that has the model, if that is another one.
  Result<std::vector<Answer>> answers_from(const engine::ModelFile& file,
                                           const plan::EngineSettings& settings,
                                           std::span<const std::string> prompts,
                                           const std::function<void(pid_t)>& sample) {
    TRY_ASSIGN(const int longest, longest_prompt(file, settings, prompts));
    const engine::Capacity capacity{longest + new_tokens_, 1};
    TRY(check_cache_fits(file, settings, capacity));
    TRY_ASSIGN(const auto engine, engine::open(file, settings, capacity, desk_.heartbeat));
    if (sample) {
      TRY(desk_.channel.send(job::engine_opened(engine->properties())));
      if (const auto pid = engine->other_process()) sample(*pid);
    }
    TRY(desk_.channel.send_and_wait(job::PhaseBegun{.name = "answering", .timed = true}));
    return damage::answers_to(*engine, prompts, new_tokens_);
  }

  // In tokens. Sets new_tokens_ to what fits beside it; the same for both models, which have one tokenizer.
  Result<int> longest_prompt(const engine::ModelFile& file, const plan::EngineSettings& settings,
                             std::span<const std::string> prompts) {
    TRY_ASSIGN(const auto engine, engine::open(file, settings, kSmallestCapacity, desk_.heartbeat));
    const engine::Properties& properties = engine->properties();
    std::size_t longest = 0;
    for (const std::string& prompt : prompts) {
      TRY_ASSIGN(const auto tokens, engine->tokenize(prompt, false));
      if (tokens.empty()) {
        return base::fail(base::ErrorKind::usage,
                          "a similarity prompt has no tokens with this model's tokenizer",
                          "give --similarity-prompts with text");
      }
      longest = std::max(longest, tokens.size() + (properties.adds_bos ? 1 : 0));
    }
    const int trained = properties.context_train.value_or(std::numeric_limits<int>::max());
    const int context = std::min(trained, job_.engine.max_model_len.value_or(trained));
    const int room = context - static_cast<int>(longest);
    if (room < 1) {
      return base::fail(base::ErrorKind::bad_input,
                        fmt::format("a similarity prompt has {} tokens, the context {}", longest, context),
                        "give shorter --similarity-prompts");
    }
    // What one of them has room for is asked of the other, which has the same tokenizer.
    new_tokens_ = std::min(new_tokens_ > 0 ? new_tokens_ : job_.similarity.max_new_tokens, room);
    if (new_tokens_ < job_.similarity.max_new_tokens && !warned_) {
      warned_ = true;
      TRY(desk_.channel.send(
          job::Warning{fmt::format("answers have at most {} tokens instead of {}: the context is {} "
                                   "tokens, the longest prompt {}",
                                   new_tokens_, job_.similarity.max_new_tokens, context, longest)}));
    }
    return static_cast<int>(longest);
  }

  Result<std::vector<std::optional<double>>> cosines_between(const std::vector<Answer>& answers,
                                                             const std::vector<Answer>& baseline_answers) {
    plan::EngineSettings settings = job_.engine;
    settings.max_model_len.reset();  // the answering model's
    TRY_ASSIGN(const auto encoder,
               engine::open_llama_encoder(*job_.embedding_model, settings, {kEmbeddedTokens, 1},
                                          desk_.heartbeat, engine::Activations::as_trained));
    std::vector<std::optional<double>> cosines;
    for (std::size_t i = 0; i < answers.size(); ++i) {
      TRY_ASSIGN(const auto cosine,
                 damage::answer_cosine(*encoder, answers[i].text, baseline_answers[i].text));
      cosines.push_back(cosine);
    }
    return cosines;
  }

  const job::SimilarityJob& job_;
  const Desk& desk_;
  SendItems sink_;
  int new_tokens_ = 0;
  bool warned_ = false;
};

}  // namespace

Result<job::Nothing> work_on(const job::SimilarityJob& job, const Desk& desk) {
  TRY(SimilarityWork(job, desk).run());
  return job::Nothing{};
}

}  // namespace bantam::worker
