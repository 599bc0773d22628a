#include "run/schedule.hpp"

namespace bantam::run {

base::Result<std::optional<Step>> OnePart::next() {
  switch (state_) {
    case State::to_measure:
      state_ = State::to_close;
      return MeasurePart{};
    case State::to_close:
      state_ = State::over;
      return CloseCell{};
    case State::over:
      break;
  }
  return std::nullopt;
}

void OnePart::on_failed(std::size_t, const base::Error&) {
  state_ = State::over;
}

}  // namespace bantam::run
