#include "predict/fitting.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/units.hpp"

namespace bantam::predict {
namespace {

using base::ErrorKind;
using base::Result;
using engine::Estimate;
using job::EstimateJob;

// Each takes the engine some tenths of a second.
constexpr int kMostTries = 16;

// One option with one value.
struct Step {
  std::string options;
  std::string cost;
  std::int64_t saves_bytes = 0;  // at most
  std::function<void(EstimateJob&)> apply;
};
// The values of one option, the mildest first.
using Steps = std::vector<Step>;

std::int64_t share_of(std::int64_t bytes, std::int64_t left, std::int64_t all) {
  return all <= 0 ? 0
                  : static_cast<std::int64_t>(static_cast<double>(bytes) * static_cast<double>(all - left) /
                                              static_cast<double>(all));
}

// The weights are read from the mapped file then, whose pages must stay.
Steps without_repacking(const EstimateJob& job, const Estimate& estimate) {
  const std::int64_t saves = estimate.memory.rearranged - (estimate.file_bytes - estimate.memory.file);
  if (!job.engine.repack || estimate.memory.rearranged == 0 || saves <= 0) return {};
  return {{"--no-repack", "weights are read as they are stored, mostly by slower kernels", saves,
           [](EstimateJob& changed) { changed.engine.repack = false; }}};
}

Steps smaller_batches(const EstimateJob& job, const Estimate& estimate) {
  const int streams = job.performance.batch_size;
  const auto& memory = estimate.memory;
  Steps steps;
  for (int fewer = streams / 2; fewer >= 1; fewer /= 2) {
    steps.push_back({fmt::format("--batch-size {}", fewer),
                     fewer == 1 ? std::string("one request at a time")
                                : fmt::format("at most {} requests at once", fewer),
                     share_of(memory.kv + memory.compute + memory.outputs, fewer, streams),
                     [fewer](EstimateJob& changed) { changed.performance.batch_size = fewer; }});
  }
  return steps;
}

Steps smaller_parts(const EstimateJob& job, const Estimate& estimate) {
  const std::int64_t streams = std::max(1, job.performance.batch_size);
  const std::int64_t tokens =
      std::min<std::int64_t>(job.engine.n_ubatch, estimate.single.prompt_tokens * streams);
  Steps steps;
  for (int fewer = 256; fewer >= 16; fewer /= 2) {
    if (fewer >= tokens || fewer < streams) continue;
    steps.push_back({fmt::format("--n-ubatch {}", fewer), "prompts are computed in smaller parts",
                     estimate.memory.compute,
                     [fewer](EstimateJob& changed) { changed.engine.n_ubatch = fewer; }});
  }
  return steps;
}

Steps smaller_cache_types(const Estimate& estimate) {
  std::vector<engine::CacheBytes> types = estimate.cache;
  std::ranges::sort(types, std::ranges::greater{}, &engine::CacheBytes::bytes);
  Steps steps;
  for (const engine::CacheBytes& cache : types) {
    if (cache.bytes >= estimate.memory.kv) continue;
    steps.push_back({fmt::format("--cache-type-k {0} --cache-type-v {0}", cache.type),
                     "answers may change; the task fidelity with the same options tells by how much",
                     estimate.memory.kv - cache.bytes, [type = cache.type](EstimateJob& changed) {
                       changed.engine.cache_type_k = changed.engine.cache_type_v = type;
                     }});
  }
  return steps;
}

// Shorter, down to what the requests need; without a context that was asked for, shorter answers.
Steps shorter_contexts(const EstimateJob& job, const Estimate& estimate) {
  const std::int64_t needed = estimate.single.prompt_tokens + estimate.single.new_tokens + 1;
  Steps steps;
  if (job.context) {
    for (std::int64_t less = *job.context / 2; less >= needed; less /= 2) {
      steps.push_back({fmt::format("--context {}", less),
                       fmt::format("a prompt and its answer have at most {} tokens together", less),
                       share_of(estimate.memory.kv + estimate.memory.compute, less, estimate.context),
                       [less](EstimateJob& changed) { changed.context = less; }});
    }
    return steps;
  }
  for (int fewer = job.performance.max_new_tokens / 2; fewer >= 16; fewer /= 2) {
    const std::int64_t cells = estimate.single.prompt_tokens + fewer;
    steps.push_back({fmt::format("--max-new-tokens {}", fewer),
                     fmt::format("answers have at most {} tokens", fewer),
                     share_of(estimate.memory.kv + estimate.memory.compute, cells, estimate.context),
                     [fewer](EstimateJob& changed) { changed.performance.max_new_tokens = fewer; }});
  }
  return steps;
}

class Search {
 public:
  Search(const EstimateJob& job, const Estimate& as_asked, std::int64_t budget_bytes,
         const Estimator& estimate)
      : job_(job), as_asked_(as_asked), budget_bytes_(budget_bytes), estimate_(estimate) {
    for (Steps steps :
         {without_repacking(job, as_asked), smaller_batches(job, as_asked), smaller_parts(job, as_asked),
          smaller_cache_types(as_asked), shorter_contexts(job, as_asked)}) {
      if (!steps.empty()) kinds_.push_back(std::move(steps));
    }
  }

  Result<Ways> run() {
    TRY(try_singles());
    if (result_.ways.empty()) TRY(try_pairs());
    if (result_.ways.empty()) result_.none = why_none();
    return std::move(result_);
  }

 private:
  static std::int64_t need(const Estimate& estimate) {
    return estimate.memory.total() + memory_margin(estimate.memory);
  }

  // What is saved is saved of the margin, too.
  bool may_be_enough(std::int64_t saves_bytes) const {
    engine::MemoryParts less = as_asked_.memory;
    less.file -= std::min(saves_bytes, less.total());  // which part does not matter
    return less.total() + memory_margin(less) <= budget_bytes_;
  }

  // Whether it fits; then it is among the ways.
  Result<bool> fits(const std::vector<const Step*>& steps) {
    ++tries_;
    EstimateJob changed = job_;
    Way way;
    for (const Step* step : steps) {
      step->apply(changed);
      if (!way.options.empty()) {
        way.options += " ";
        way.cost += "; ";
      }
      way.options += step->options;
      way.cost += step->cost;
    }
    auto estimate = estimate_(changed);
    if (!estimate) {
      const ErrorKind kind = estimate.error().kind;
      if (kind == ErrorKind::usage || kind == ErrorKind::bad_input) return false;
      return tl::unexpected(std::move(estimate).error());
    }
    if (need(*estimate) > budget_bytes_) return false;
    way.margin_bytes = memory_margin(estimate->memory);
    way.estimate = *std::move(estimate);
    result_.ways.push_back(std::move(way));
    return true;
  }

  base::Status try_singles() {
    for (const Steps& steps : kinds_) {
      for (const Step& step : steps) {
        if (tries_ >= kMostTries) return {};
        if (!may_be_enough(step.saves_bytes)) continue;
        TRY_ASSIGN(const bool found, fits({&step}));
        if (found) break;
      }
    }
    return {};
  }

  base::Status try_pairs() {
    std::size_t strongest = 0;
    for (const Steps& steps : kinds_) strongest = std::max(strongest, steps.size());
    for (std::size_t strength = 0; strength < 2 * strongest; ++strength) {
      for (std::size_t first = 0; first < kinds_.size(); ++first) {
        for (std::size_t second = first + 1; second < kinds_.size(); ++second) {
          TRY_ASSIGN(const bool found, try_pairs_of(kinds_[first], kinds_[second], strength));
          if (found) return {};
        }
      }
    }
    return {};
  }

  Result<bool> try_pairs_of(const Steps& firsts, const Steps& seconds, std::size_t strength) {
    for (std::size_t i = 0; i <= strength; ++i) {
      if (i >= firsts.size() || strength - i >= seconds.size()) continue;
      const Step& first = firsts[i];
      const Step& second = seconds[strength - i];
      if (tries_ >= 2 * kMostTries || !may_be_enough(first.saves_bytes + second.saves_bytes)) continue;
      TRY_ASSIGN(const bool found, fits({&first, &second}));
      if (found) return true;
    }
    return false;
  }

  std::string why_none() const {
    const std::int64_t weights =
        std::min(as_asked_.file_bytes, as_asked_.memory.file + as_asked_.memory.rearranged);
    if (weights > budget_bytes_) {
      return fmt::format("the weights alone take {}: it needs a smaller precision or a smaller model",
                         base::format_bytes(static_cast<double>(weights)));
    }
    return "no option, and no pair of options, saves enough: it needs a smaller precision or a smaller model";
  }

  const EstimateJob& job_;
  const Estimate& as_asked_;
  std::int64_t budget_bytes_;
  const Estimator& estimate_;
  std::vector<Steps> kinds_;
  int tries_ = 0;
  Ways result_;
};

}  // namespace

Result<Ways> find_ways(const EstimateJob& job, const Estimate& as_asked, std::int64_t budget_bytes,
                       const Estimator& estimate) {
  return Search(job, as_asked, budget_bytes, estimate).run();
}

}  // namespace bantam::predict
