#include "serve/patience.hpp"

#include <fmt/format.h>

#include <utility>

#include "record/cell_kind.hpp"

namespace bantam::serve {
namespace {

constexpr double kStandstill_s = 120.0;
constexpr double kLongest_s = 300.0;

std::string timed_of(const Seen& seen) {
  std::string all;
  for (const store::OpenAttempt& one : seen.open) {
    if (!record::row(record::cell_kind(one.task)).belongs_to_device) continue;
    all += fmt::format("{}\n{}\n{}\n{}\n{} {}\n", one.model, one.precision, one.task, one.point, one.blocks,
                       one.trials);
  }
  return all;
}

}  // namespace

void Patience::observe(const Seen& seen, double now_s) {
  is_running_ = seen.is_running;
  std::string timed = timed_of(seen);
  if (timed == timed_) return;
  timed_ = std::move(timed);
  moved_s_ = now_s;
}

bool Patience::has_to_wait(double now_s) {
  if (!is_running_ || timed_.empty() || now_s - moved_s_ >= kStandstill_s) return false;
  if (!waiting_since_s_) waiting_since_s_ = now_s;
  return now_s - *waiting_since_s_ < kLongest_s;
}

}  // namespace bantam::serve
