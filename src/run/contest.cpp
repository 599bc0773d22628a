#include "run/contest.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "stats/sequential.hpp"

namespace bantam::run {
namespace {

using base::Json;
using base::Result;
using base::Status;

struct Open {
  std::size_t index = 0;  // among the others
  Entrant* entrant = nullptr;
  Judgement judgement;
  bool is_over = false;  // has its record
};

// What the base's record says of it: it goes as far as the others need it.
Json base_facts(const Contest& contest, std::size_t looks) {
  const std::int64_t used = contest.looks.items_at(looks - 1);
  const auto total = static_cast<std::int64_t>(contest.looks.from.size());
  return {
      {"width", contest.width},
      {"metric", contest.looks.metric},
      {"is_base", true},
      {"n_used", used},
      {"n_total", total},
      {"stopped_because", used == total ? "all items are used" : "nothing more is to be decided against it"}};
}

class Playing {
 public:
  explicit Playing(const Contest& contest) : contest_(contest) {
    for (Entrant* entrant : contest.others) {
      open_.push_back({open_.size(), entrant, {contest.width, {}}, false});
    }
  }

  Result<bool> play() {
    for (std::size_t look = 0; look < stats::kLooks.size() && !open_.empty(); ++look) {
      TRY_ASSIGN(const bool goes_on, advance_base(look));
      if (!goes_on) return interrupted_;
      TRY_ASSIGN(const auto base_items, contest_.base.items());
      for (Open& one : open_) {
        TRY(take(one, look, base_items));
        if (interrupted_) return true;
      }
      std::erase_if(open_, [](const Open& one) { return one.is_over; });
    }
    return end_base();
  }

 private:
  // False when it was interrupted or has failed.
  Result<bool> advance_base(std::size_t look) {
    TRY_ASSIGN(const Ended ended, contest_.base.advance(look));
    interrupted_ = ended.interrupted;
    if (ended.error) TRY(fail_all(ended));
    return !ended.interrupted && !ended.error;
  }

  // A look that an earlier sitting has begun, for precisions that are not asked for now, is completed: no
  // record holds a part of a look. Without any other there is one look.
  Result<bool> end_base() {
    TRY_ASSIGN(const auto items, contest_.base.items());
    const std::size_t looks = std::max<std::size_t>(looks_begun(contest_.looks, items), 1);
    TRY_ASSIGN(const bool goes_on, advance_base(looks - 1));
    if (!goes_on) return interrupted_;
    TRY_ASSIGN(const Ended ended, contest_.base.finish(base_facts(contest_, looks)));
    if (ended.error) TRY(contest_.base.fail(ended));
    return ended.interrupted;
  }

  Status fail_all(const Ended& ended) {
    TRY(contest_.base.fail(ended));
    for (const Open& one : open_) TRY(one.entrant->fail(base_failure(*ended.error)));
    return {};
  }

  Status fail(Open& one, const Ended& ended) {
    one.is_over = true;
    return one.entrant->fail(ended);
  }

  // One look of one precision.
  Status take(Open& one, std::size_t look, const std::vector<record::Item>& base_items) {
    TRY_ASSIGN(Ended ended, one.entrant->advance(look));
    interrupted_ = ended.interrupted;
    if (interrupted_) return {};
    if (ended.error) return fail(one, ended);
    TRY_ASSIGN(const auto items, one.entrant->items());
    auto taken = take_look(contest_.looks, look, base_items, items, contest_.width);
    if (!taken) return fail(one, {false, taken.error(), std::nullopt});
    one.judgement.taken.push_back(*std::move(taken));
    if (contest_.on_look) contest_.on_look(one.index, one.judgement);
    if (!one.judgement.is_over()) return {};
    TRY_ASSIGN(ended, one.entrant->finish(to_json(one.judgement, contest_.looks)));
    interrupted_ = ended.interrupted;
    if (ended.error) return fail(one, ended);
    one.is_over = true;
    return {};
  }

  const Contest& contest_;
  std::vector<Open> open_;
  bool interrupted_ = false;
};

}  // namespace

Ended base_failure(const base::Error& error) {
  return {false,
          base::Error{error.kind,
                      fmt::format("the base precision failed, so there is nothing to decide against: {}",
                                  error.message),
                      "run it again with --retry, or name another --base-precision"},
          std::nullopt};
}

Result<bool> run_contest(const Contest& contest) {
  return Playing(contest).play();
}

}  // namespace bantam::run
