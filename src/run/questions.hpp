#pragma once
// What the parent asks of a worker beside the cells: how texts are cut into tokens, and whether a model's
// chat template can be rendered.

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "job/interrupts.hpp"
#include "job/jobs.hpp"
#include "plan/plan.hpp"
#include "task/library.hpp"

namespace bantam::run {

// The job that asks these tasks as the plan says; without model and engine.
job::AccuracyJob questions_of(const plan::Plan& plan, const task::Selection& selection);

// Token ids of each text by the file's own tokenizer. `interrupts` may be null.
base::Result<job::TokenLists> tokens_in_worker(const std::filesystem::path& gguf,
                                               const std::vector<std::string>& texts,
                                               job::Interrupts* interrupts);

// Token ids of an item as a run hands them to a model.
base::Result<job::EncodedItem> encode_in_worker(const job::EncodeJob& job, job::Interrupts* interrupts);

// `accuracy`: its template's name and variables. bad_input when the model has no such template, when it does
// not parse, refuses a lone question, or needs more than 5 s or 1 GiB for it. A template that refuses a
// system message passes.
base::Status check_chat_template(const std::filesystem::path& gguf, const plan::AccuracySettings& accuracy,
                                 job::Interrupts* interrupts);

}  // namespace bantam::run
