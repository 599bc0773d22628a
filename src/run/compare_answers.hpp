#pragma once
// The last part of a cell whose task asks for BERTScore or cosines of embeddings: its stored answers are
// compared by the embedding model, in a worker of its own after the one that answered, so that figures of
// memory belong to the model that is measured.

#include "base/result.hpp"
#include "record/record.hpp"
#include "run/cell.hpp"
#include "run/make.hpp"

namespace bantam::run {

// Does nothing where the task asks for none of it or the plan names no embedding model. Interrupted or
// killed, it goes on where it was. Names the embedding model in `record`. Errors are the store's and the task
// files'; what goes wrong in the worker is the Ended's.
base::Result<Ended> compare_answers(const CellRun& run, record::Record& record);

}  // namespace bantam::run
