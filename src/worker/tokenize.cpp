#include <utility>

#include "engine/llama/tokenizer.hpp"
#include "worker/bodies.hpp"

namespace bantam::worker {

base::Result<job::TokenizedTexts> work_on(const job::TokenizeJob& job, const Desk&) {
  TRY_ASSIGN(auto tokens, engine::tokenize_with_file(job.gguf, job.texts));
  return job::TokenizedTexts{std::move(tokens)};
}

}  // namespace bantam::worker
