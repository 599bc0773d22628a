// pair_scores().

#include <string>
#include <tuple>

#include "analyze/impact.hpp"

namespace bantam::analyze {
namespace {

// One side: its score at hand, and how many were passed.
class Side {
 public:
  explicit Side(const NextScore& next) : next_(next) {}

  base::Status step() {
    TRY_ASSIGN(score_, next_());
    return {};
  }
  bool is_at_end() const { return !score_; }
  const ItemScore& score() const { return *score_; }
  auto item() const { return std::tie(score_->task, score_->doc_id); }
  // The rest, counted.
  base::Result<std::int64_t> count_rest() {
    std::int64_t count = 0;
    for (; score_; ++count) TRY(step());
    return count;
  }

 private:
  const NextScore& next_;
  std::optional<ItemScore> score_;
};

class Pairer {
 public:
  Pairer(const NextScore& baseline, const NextScore& other) : baseline_(baseline), other_(other) {}

  base::Result<Pairing> run() {
    TRY(baseline_.step());
    TRY(other_.step());
    while (!baseline_.is_at_end() && !other_.is_at_end()) TRY(match());
    TRY_ASSIGN(const std::int64_t only_base, baseline_.count_rest());
    TRY_ASSIGN(const std::int64_t only_other, other_.count_rest());
    pairing_.only_base += only_base;
    pairing_.only_other += only_other;
    return std::move(pairing_);
  }

 private:
  base::Status match() {
    if (baseline_.item() < other_.item()) {
      ++pairing_.only_base;
      return baseline_.step();
    }
    if (other_.item() < baseline_.item()) {
      ++pairing_.only_other;
      return other_.step();
    }
    count(baseline_.score(), other_.score());
    TRY(baseline_.step());
    return other_.step();
  }

  void count(const ItemScore& baseline, const ItemScore& other) {
    const auto is_binary = [](double value) { return value == 0.0 || value == 1.0; };
    if (!is_binary(baseline.value) || !is_binary(other.value)) pairing_.right_or_wrong = false;
    ++pairing_.common;
    if (baseline.value == 1.0) {
      ++(other.value == 1.0 ? pairing_.both : pairing_.lost);
    } else {
      ++(other.value == 1.0 ? pairing_.gained : pairing_.neither);
    }
    if (pairing_.differences.empty() || baseline.task != task_) {
      pairing_.differences.emplace_back();
      task_ = baseline.task;
    }
    pairing_.differences.back().sum += other.value - baseline.value;
    ++pairing_.differences.back().n;
  }

  Side baseline_;
  Side other_;
  Pairing pairing_;
  std::string task_;  // of the last pair
};

}  // namespace

base::Result<Pairing> pair_scores(const NextScore& baseline, const NextScore& other) {
  return Pairer(baseline, other).run();
}

}  // namespace bantam::analyze
