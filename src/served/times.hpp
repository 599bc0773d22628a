#pragma once
// Times of an answer, seen from outside the server: seconds from the request's being handed over, the
// connection included. With the definitions of docs/metrics.md; a time that cannot be told is absent with the
// reason.

#include <optional>
#include <string>
#include <vector>

#include "served/answer.hpp"

namespace bantam::served {

struct Time {
  std::optional<double> value_s;
  std::string reason;  // why there is none
};

// Until the first text, reasoning or call.
Time ttft(const Answer& answer);
// Until the first text; the same where the server sends no reasoning.
Time first_text(const Answer& answer);
// Until the last token.
Time e2e(const Answer& answer);
// (e2e - ttft) / (output tokens - 1). Absent below 2 tokens, of an answer that broke off, and where all came
// at one instant: such a server does not stream.
Time tpot(const Answer& answer);

struct Gaps {
  std::vector<double> gaps_s;  // output tokens - 1 of them; between tokens of one arrival 0
  std::string reason;          // why there are none
};
// Between one token and the next. Absent as tpot(), and where the number of tokens in each arrival is not
// known.
Gaps itl(const Answer& answer);

}  // namespace bantam::served
