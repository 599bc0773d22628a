#pragma once
// Hands finished items to the parent, which commits them before the worker goes on.

#include <optional>
#include <string>
#include <vector>

#include "evaluate/ask.hpp"
#include "job/channel.hpp"

namespace bantam::worker {

class SendItems final : public evaluate::Sink {
 public:
  // `done`: items that the parent has already; both must outlive this.
  SendItems(job::Channel& channel, const evaluate::Done& done) : channel_(channel), done_(done) {}

  base::Status on_plan(const std::string& task, std::int64_t items) override;
  base::Status on_items(std::vector<record::Item> items) override;
  void on_scoring(const evaluate::ScoringFacts& facts) override { scoring_ = facts; }

  // What the worker's last message says of the evaluation: {"scoring": {...}} where continuations were
  // scored.
  base::Json result() const;

 private:
  job::Channel& channel_;
  const evaluate::Done& done_;
  std::optional<evaluate::ScoringFacts> scoring_;
};

}  // namespace bantam::worker
