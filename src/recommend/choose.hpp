#pragma once
// One answer: limits, then objectives, one after the other (the rule stands in recommend.hpp).

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "recommend/objective.hpp"
#include "recommend/recommend.hpp"

namespace bantam::recommend {

class Chooser {
 public:
  // All outlive it. `objectives`: at least one.
  Chooser(const Facts& facts, const Wishes& wishes, const std::vector<analyze::ScoreColumn>& columns,
          const std::vector<std::string>& objectives, Pairs& pairs)
      : facts_(facts), wishes_(wishes), columns_(columns), objectives_(objectives), pairs_(pairs) {}

  base::Result<Answer> choose(std::optional<double> memory_bytes);

 private:
  // Why it is out before anything is compared; nothing where it is not.
  std::optional<Place> obstacle(std::size_t index, std::optional<double> memory_bytes) const;
  std::optional<Place> limit_obstacle(std::size_t index, std::optional<double> memory_bytes) const;
  base::Status apply(const std::string& objective);
  std::size_t best(const std::string& objective, const std::vector<std::size_t>& among) const;
  std::size_t pick() const;
  const char* known_as(std::size_t index) const;
  base::Status find_rivals();
  base::Status name_dominated();
  base::Result<std::optional<std::string>> may_be_better(std::size_t index) const;
  void find_runner_up();
  bool is_choice_predicted() const;
  base::Status tell_certainty();

  const Facts& facts_;
  const Wishes& wishes_;
  const std::vector<analyze::ScoreColumn>& columns_;
  const std::vector<std::string>& objectives_;
  Pairs& pairs_;
  Answer answer_;
  std::map<std::string, std::int64_t> comparisons_;  // of the step of each objective
  std::vector<std::size_t> left_;                    // that nothing has put out
  std::vector<std::int64_t> steps_kept_;  // objectives that a configuration has passed; -1: none was tried
};

}  // namespace bantam::recommend
