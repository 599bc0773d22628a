#pragma once
// Labels that the package evaluate reads as whole numbers, for its metrics accuracy and f1.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace bantam::metric {

// Python's int() of a text: a sign and digits, with white space around them. Absent for other texts and
// beyond 64 bits.
std::optional<std::int64_t> whole_number(std::string_view text);

// Whether the answer is the number of a reference, for which `counts` holds; an answer that is no number is
// none. Absent where no reference is a number.
std::optional<bool> equals_a_number(const std::string& answer, std::span<const std::string_view> references,
                                    bool (*counts)(std::int64_t) = nullptr);

}  // namespace bantam::metric
