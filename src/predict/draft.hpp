#pragma once
// The draft model of speculative decoding, beside the models that it would propose tokens to: found once, and
// planned for each. Knows nothing of how often its proposals are right, which only a run tells.

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "base/result.hpp"
#include "engine/llama/estimate.hpp"
#include "job/jobs.hpp"
#include "model/locate.hpp"
#include "predict/fitting.hpp"
#include "predict/heads.hpp"

namespace bantam::predict {

class Draft {
 public:
  // The errors of run::find_draft().
  static base::Result<std::unique_ptr<Draft>> find(const std::string& reference,
                                                   const model::LocateOptions& options);

  // bad_input when its tokens are not those of the model `name`, as far as their heads tell; a run compares
  // every one.
  base::Status check_tokens(const gguf::ModelInfo& model, const std::string& name) const;

  // What it takes beside a model that was planned as `job` asks and takes `of_model`: one request's cache,
  // and of the program what is added. usage when its context is shorter than the requests; errors of
  // `estimate`.
  base::Result<engine::Estimate> beside(const job::EstimateJob& job, const engine::Estimate& of_model,
                                        const Estimator& estimate);

  const std::string& reference() const { return reference_; }
  // What is not on this machine yet.
  std::int64_t download_bytes() const { return static_cast<std::int64_t>(source_.fetch_bytes); }

 private:
  Draft(std::string reference, model::Source source)
      : reference_(std::move(reference)), source_(std::move(source)) {}

  std::string reference_;
  model::Source source_;
  HeadFiles heads_;
  std::vector<engine::ModelHead> parts_;
  // By prompt, cells of a stream, and whether weights are rearranged: the models' rows mostly have the same.
  std::map<std::tuple<std::int64_t, std::int64_t, bool>, engine::Estimate> known_;
};

}  // namespace bantam::predict
