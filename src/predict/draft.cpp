#include "predict/draft.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "base/files.hpp"
#include "base/text.hpp"
#include "device/file_pieces.hpp"
#include "run/inputs.hpp"

namespace bantam::predict {
namespace {

using base::Result;

constexpr std::int64_t kMostPadding = 128;  // tokens, as of a run (engine/llama/draft_model.hpp)

}  // namespace

Result<std::unique_ptr<Draft>> Draft::find(const std::string& reference,
                                           const model::LocateOptions& options) {
  TRY_ASSIGN(model::Source source, run::find_draft(reference, options));
  std::unique_ptr<Draft> draft(new Draft(reference, std::move(source)));
  TRY_ASSIGN(draft->parts_, parts_of(draft->source_, draft->heads_));
  return draft;
}

base::Status Draft::check_tokens(const gguf::ModelInfo& model, const std::string& name) const {
  const gguf::ModelInfo& own = source_.info;
  const std::int64_t apart = std::abs(own.vocabulary.value_or(0) - model.vocabulary.value_or(0));
  const bool are_sizes_known = own.vocabulary && model.vocabulary;
  if (own.tokenizer == model.tokenizer && (!are_sizes_known || apart <= kMostPadding)) return {};
  return base::fail(base::ErrorKind::bad_input,
                    fmt::format("--draft {}: the draft model has other tokens than {}",
                                base::printable(reference_), base::printable(name)),
                    "give a smaller model of the same family to --draft, or --draft lookup");
}

Result<engine::Estimate> Draft::beside(const job::EstimateJob& job, const engine::Estimate& of_model,
                                       const Estimator& estimate) {
  const std::int64_t trained = source_.info.context_train.value_or(of_model.context);
  const std::int64_t asked =
      std::max(job.context.value_or(0), of_model.single.prompt_tokens + of_model.single.new_tokens);
  if (asked > trained) {
    return base::fail(base::ErrorKind::usage,
                      fmt::format("--draft {}: requests take a context of {} tokens, the draft model has {}",
                                  base::printable(reference_), asked, trained),
                      "give shorter requests, or another draft model");
  }
  const auto key = std::tuple(of_model.single.prompt_tokens, of_model.context, job.engine.repack);
  if (const auto known = known_.find(key); known != known_.end()) return known->second;
  job::EstimateJob own = job;
  own.parts = parts_;
  own.name = reference_;
  own.shape.clear();
  own.llama_type.clear();  // it is run as its file is
  own.performance.batch_size = 1;
  own.performance.n_prompt = static_cast<int>(of_model.single.prompt_tokens);
  own.performance.max_new_tokens = static_cast<int>(of_model.single.new_tokens);
  own.context = std::min(of_model.context, trained);
  TRY_ASSIGN(const auto cache, base::cache_folder());
  own.file_piece_bytes = device::file_piece_bytes(source_.path.empty() ? cache : source_.path);
  own.is_beside = true;
  TRY_ASSIGN(engine::Estimate needed, estimate(own));
  known_.emplace(key, needed);
  return needed;
}

}  // namespace bantam::predict
