#include "served/times.hpp"

#include <cstdint>
#include <utility>

#include "base/clock.hpp"

namespace bantam::served {
namespace {

constexpr const char* kNoOutput = "nothing was said";
constexpr const char* kBrokeOff = "the answer broke off";
constexpr const char* kOneToken = "fewer than 2 output tokens";
constexpr const char* kAtOnce = "all tokens came at one instant: the server does not stream";

Time since_begin(const Answer& answer, const std::optional<std::int64_t>& at_ns, const char* reason) {
  if (!at_ns) return {std::nullopt, reason};
  return {base::seconds(*at_ns - answer.begin_ns), {}};
}

// Why there are no times between tokens; empty where there are.
std::string no_steps_reason(const Answer& answer) {
  if (answer.error) return kBrokeOff;
  if (!answer.output_tokens.value) return answer.output_tokens.reason;
  if (*answer.output_tokens.value < 2) return kOneToken;
  if (!answer.first_output_ns) return kNoOutput;
  return answer.last_output_ns == answer.first_output_ns ? kAtOnce : "";
}

}  // namespace

Time ttft(const Answer& answer) {
  return since_begin(answer, answer.first_output_ns, kNoOutput);
}

Time first_text(const Answer& answer) {
  return since_begin(answer, answer.first_text_ns, "there is no text");
}

Time e2e(const Answer& answer) {
  if (answer.error) return {std::nullopt, kBrokeOff};
  return since_begin(answer, answer.last_output_ns, kNoOutput);
}

Time tpot(const Answer& answer) {
  if (std::string reason = no_steps_reason(answer); !reason.empty()) return {std::nullopt, std::move(reason)};
  const auto steps = static_cast<double>(*answer.output_tokens.value - 1);
  return {base::seconds(*answer.last_output_ns - *answer.first_output_ns) / steps, {}};
}

Gaps itl(const Answer& answer) {
  if (std::string reason = no_steps_reason(answer); !reason.empty()) return {{}, std::move(reason)};
  if (!answer.no_parts_reason.empty()) return {{}, answer.no_parts_reason};
  Gaps gaps;
  std::optional<std::int64_t> before_ns;
  for (const Arrival& one : answer.arrivals) {
    for (std::int64_t i = 0; i < one.tokens.value_or(0); ++i) {
      if (before_ns) gaps.gaps_s.push_back(base::seconds(one.at_ns - *before_ns));
      before_ns = one.at_ns;
    }
  }
  return gaps;
}

}  // namespace bantam::served
