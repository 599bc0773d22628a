#pragma once
// All precisions of one model on one task, stage by stage on the same items, until each is decided against
// the base precision. Knows nothing of workers, stores or progress lines; what is done next follows from the
// items alone, so that a run that was interrupted anywhere comes to the same judgements.

#include <functional>
#include <vector>

#include "base/result.hpp"
#include "record/record.hpp"
#include "run/looks.hpp"
#include "run/make.hpp"

namespace bantam::run {

// One cell of a contest. Errors are the store's and end the run.
class Entrant {
 public:
  virtual ~Entrant() = default;
  // Brings the items of all looks up to this one; those that are there already are not computed again.
  virtual base::Result<Ended> advance(std::size_t look) = 0;
  // All that are there, of later looks too.
  virtual base::Result<std::vector<record::Item>> items() = 0;
  // Each entrant ends with one of these, or with none of them when the contest is interrupted.
  virtual base::Result<Ended> finish(const base::Json& adaptive) = 0;
  virtual base::Status fail(const Ended& ended) = 0;
};

struct Contest {
  const Looks& looks;
  double width = 0.0;  // as a share
  Entrant& base;
  std::vector<Entrant*> others;
  // After each look of one of the others, by its index.
  std::function<void(std::size_t other, const Judgement&)> on_look = {};
};

// How cells end that can no longer be decided, because their base has failed.
Ended base_failure(const base::Error& base_error);

// True when it was interrupted. A failure of the base fails the others that are not decided yet.
base::Result<bool> run_contest(const Contest& contest);

}  // namespace bantam::run
